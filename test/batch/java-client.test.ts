/** Batches made, read and judged by Kafka's own client and broker. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dropUncommitted } from '../../runtime/src/batch/committed.ts';
import { crc32c } from '../../runtime/src/batch/crc32c.ts';
import type { BatchHeader } from '../../runtime/src/batch/header.ts';
import { needsRebuild, type ProduceOptions, patchForProduce } from '../../runtime/src/batch/produce-form.ts';
import { rebuildBatches } from '../../runtime/src/batch/rebuild.ts';
import { decodeRecords } from '../../runtime/src/batch/records.ts';
import { walkBatches } from '../../runtime/src/batch/walk.ts';
import type { KafkaClient } from '../../runtime/src/kafka/client.ts';
import { initProducerId } from '../../runtime/src/kafka/init-producer-id.ts';
import { createKafkaClient } from '../../runtime/src/kafka/kafkajs-client.ts';
import { fetchRequest } from '../../runtime/src/kafka/protocol/fetch.ts';
import { produceRequest } from '../../runtime/src/kafka/protocol/produce.ts';
import { endpointOf } from '../kafka/support.ts';
import { type KafkaCluster, startKafka } from '../support/kafka/cluster.ts';
import { type JavaClient, javaClient, type ReadRecord, type RecordToSend } from '../support/kafka/java-client.ts';
import { CODECS } from './arbitrary.ts';

let kafka: KafkaCluster;
let java: JavaClient;
let client: KafkaClient;
beforeAll(async () => {
  kafka = await startKafka();
  java = javaClient(kafka);
  client = createKafkaClient(endpointOf(kafka));
  await client.connect();
});
afterAll(async () => {
  await client?.close();
  await kafka?.stop();
});

const NOW = 1_700_000_000_000;
/** Old records stay, and those of the future are taken. */
const ANY_TIME = { 'retention.ms': '-1', 'message.timestamp.after.max.ms': '9223372036854775807' };

async function fetchFrom(topic: string, fetchOffset: number, maxBytes = 8_000_000) {
  const request = fetchRequest({
    isolationLevel: 'read_committed',
    maxWaitMs: 0,
    minBytes: 0,
    maxBytes,
    partitions: [{ topic, partition: 0, fetchOffset, maxBytes }],
  });
  const { partitions } = await client.send(kafka.brokers[0]!.nodeId, request, 'fetch');
  const fetched = partitions[0]!;
  expect(fetched.errorCode).toBe(0);
  const { batches } = walkBatches(fetched.records, { topic, partition: 0 });
  return { ...fetched, batches };
}

/** All of it: an answer ends at the end of a log segment, and times far apart begin a new one. */
async function fetchAll(topic: string) {
  const pieces: Buffer[] = [];
  for (let position = 0, end = 1; position < end; ) {
    const { records, batches, highWatermark } = await fetchFrom(topic, position);
    const last = batches.at(-1)!;
    pieces.push(records.subarray(0, last.end));
    position = last.lastOffset + 1;
    end = highWatermark;
  }
  const records = Buffer.concat(pieces);
  return { records, batches: walkBatches(records, { topic, partition: 0 }).batches };
}

const NOT_LEADER_OR_FOLLOWER = 6;

async function produce(topic: string, bytes: Buffer): Promise<{ errorCode: number; errorMessage: string | null }> {
  const topics = [{ topic, partitions: [{ partition: 0, records: [bytes] }] }];
  // The broker may not know yet that it leads a topic that was made a moment ago.
  for (let attempt = 0; ; attempt++) {
    const request = produceRequest({ acks: -1, timeoutMs: 10_000, topics });
    const { partitions } = await client.send(kafka.brokers[0]!.nodeId, request);
    if (partitions[0]!.errorCode !== NOT_LEADER_OR_FOLLOWER || attempt === 100) return partitions[0]!;
    await sleep(100);
  }
}

/** As lines, of records from either side. */
function lines(records: Pick<ReadRecord, 'offset' | 'timestamp' | 'key' | 'value' | 'headers'>[]): string[] {
  // Long ones by their CRC, so that a difference can be read.
  const hex = (bytes: Buffer | null) =>
    bytes === null ? 'null' : bytes.length > 20 ? `${bytes.length}:${crc32c(bytes)}` : `"${bytes.toString('hex')}"`;
  return records.map(({ offset, timestamp, key, value, headers }) =>
    [offset, timestamp, hex(key), hex(value), ...headers.map(([name, bytes]) => `${name}=${hex(bytes)}`)].join(' '),
  );
}

async function decode(buffer: Buffer, batches: BatchHeader[]) {
  const decoded = await Promise.all(batches.map((header) => decodeRecords(buffer, header)));
  return decoded.flat().map(({ headers, ...record }) => ({
    ...record,
    headers: headers.map(([name, value]): [string, Buffer | null] => [name.toString(), value]),
  }));
}

/** Records with nulls, nothing, duplicates, and times that jump by more than 2^31 ms both ways. */
function oddRecords(count: number): RecordToSend[] {
  return Array.from({ length: count }, (_, n) => ({
    key: [null, '', `key ${n}`][n % 3],
    value: [null, '', 'x'.repeat(n * 40), `{"n":${n}}`][n % 4],
    timestamp: [NOW + n, NOW - 2 ** 32 - n, NOW + 2 ** 34, 0][n % 4],
    headers: [
      [],
      [
        ['a', '1'],
        ['a', null],
        ['ü', ''],
      ] as [string, string | null][],
      [['a', '2']] as [string, string][],
    ][n % 3],
  }));
}

/** Puts batches into a new topic: as they are where that is possible, else rebuilt. */
async function restoreInto(
  topic: string,
  buffer: Buffer,
  batches: BatchHeader[],
  options: ProduceOptions & { merge?: boolean } = {},
) {
  await java.createTopic(topic, { config: ANY_TIME });
  const identity = await initProducerId(client);
  const groups = options.merge ? [batches] : batches.map((header) => [header]);
  let baseSequence = 0;
  for (const group of groups) {
    const [first] = group;
    const asIs = group.length === 1 && needsRebuild(first!, options) === undefined;
    const made = asIs
      ? [{ bytes: Buffer.from(buffer.subarray(first!.start, first!.end)), records: first!.recordCount }]
      : await rebuildBatches(
          group.map((header) => ({ buffer, header })),
          options,
        );
    for (const { bytes, records } of made) {
      patchForProduce(bytes, { ...identity, baseSequence });
      expect(await produce(topic, bytes)).toMatchObject({ errorCode: 0, errorMessage: null });
      baseSequence += records;
    }
  }
  return java.readAll(topic);
}

describe.each(CODECS)('%s', (codec) => {
  let source: ReadRecord[];
  let buffer: Buffer;
  let batches: BatchHeader[];
  const topic = `codec-${codec}`;

  beforeAll(async () => {
    await java.createTopic(topic, { config: ANY_TIME });
    const producer = await java.producer({ 'compression.type': codec, 'batch.size': '200000' });
    for (const count of [1, 40, 3, 200]) await producer.send(topic, oddRecords(count));
    source = await java.readAll(topic);
    const fetched = await fetchAll(topic);
    buffer = fetched.records;
    batches = fetched.batches;
  });

  test('what the Java producer wrote is decoded', async () => {
    expect(source).toHaveLength(244);
    expect(batches.map((batch) => batch.codec)).toContain(codec);
    expect(lines(await decode(buffer, batches))).toEqual(lines(source));
  });

  test('produced as it was', async () => {
    expect(lines(await restoreInto(`${topic}-as-is`, buffer, batches))).toEqual(lines(source));
  });

  test('rebuilt with headers', async () => {
    const addHeaders = { partition: 7, cluster: 'Büro' };
    const restored = await restoreInto(`${topic}-headers`, buffer, batches, { addHeaders });
    const expected = source.map((record): ReadRecord => {
      const number = (value: number, bytes: number) => {
        const encoded = Buffer.alloc(8);
        encoded.writeBigInt64LE(BigInt(value));
        return encoded.subarray(0, bytes);
      };
      const added: [string, Buffer][] = [
        ['x-original-offset', number(record.offset, 8)],
        ['x-original-timestamp', number(record.timestamp, 8)],
        ['x-source-partition', number(7, 4)],
        ['x-source-cluster', Buffer.from('Büro')],
      ];
      return { ...record, headers: [...record.headers, ...added] };
    });
    expect(lines(restored)).toEqual(lines(expected));
  });

  test('merged into one batch, and split into small ones', async () => {
    const merged = await restoreInto(`${topic}-merged`, buffer, batches, { merge: true });
    expect(lines(merged)).toEqual(lines(source));
    expect((await fetchAll(`${topic}-merged`)).batches).toHaveLength(1);
    const split = await restoreInto(`${topic}-split`, buffer, batches, { maxBytes: 3000 });
    expect(lines(split)).toEqual(lines(source));
  });
});

test('LogAppendTime: every record gets the time it had, as CreateTime', async () => {
  await java.createTopic('append-time', { config: { 'message.timestamp.type': 'LogAppendTime' } });
  const producer = await java.producer({ 'compression.type': 'lz4' });
  await producer.send('append-time', oddRecords(20));
  const source = await java.readAll('append-time');
  const { records, batches } = await fetchFrom('append-time', 0);
  expect(needsRebuild(batches[0]!)).toBe('log-append-time');
  expect(lines(await decode(records, batches))).toEqual(lines(source));
  const restored = await restoreInto('append-time-again', records, batches);
  expect(lines(restored)).toEqual(lines(source));
  expect(new Set(restored.map(({ timestampType }) => timestampType))).toEqual(new Set(['CreateTime']));
});

test('a delete horizon: times are right, and the target does not inherit it', async () => {
  const config = { 'cleanup.policy': 'compact', 'segment.ms': '100', 'min.cleanable.dirty.ratio': '0.01' };
  await java.createTopic('horizon', { config: { ...config, 'delete.retention.ms': '100000000' } });
  const producer = await java.producer();
  const records = [1, 2, 3].map((n) => ({ key: `k${n}`, value: n === 2 ? null : 'v', timestamp: NOW - n }));
  await producer.send('horizon', records);
  let fetched = await fetchFrom('horizon', 0);
  for (let round = 0; !fetched.batches[0]?.hasDeleteHorizon; round++) {
    if (round === 200) throw new Error('the broker has not compacted the topic');
    // A new segment, so that the older ones can be cleaned.
    await producer.send('horizon', [{ key: 'other', value: `${round}` }]);
    await sleep(200);
    fetched = await fetchFrom('horizon', 0);
  }
  const [first] = fetched.batches;
  expect(first!.baseTimestamp).toBeGreaterThan(NOW + 100_000_000);
  expect(needsRebuild(first!)).toBeUndefined();
  const expected = records.map(({ timestamp }) => timestamp);
  expect((await decode(fetched.records, [first!])).map(({ timestamp }) => timestamp)).toEqual(expected);
  const restored = await restoreInto('horizon-again', fetched.records, [first!]);
  expect(restored.map(({ timestamp }) => timestamp)).toEqual(expected);
  expect((await fetchFrom('horizon-again', 0)).batches[0]).toMatchObject({ hasDeleteHorizon: false });
});

test('aborted transactions do not leak, wherever a fetch begins and however little it brings', async () => {
  await java.createTopic('aborts');
  const transactional = (id: string) => java.producer({ 'transactional.id': id });
  const [a, b] = [await transactional('a'), await transactional('b')];
  const plain = await java.producer();
  let n = 0;
  const send = (producer: typeof a, count = 2) =>
    producer.send(
      'aborts',
      Array.from({ length: count }, () => ({ value: `${n++}` })),
    );
  await send(plain);
  // One producer aborts twice in a row, then commits, while another's transaction is open over all of it.
  await b.begin();
  await send(b);
  for (const end of ['abort', 'abort', 'commit', 'abort'] as const) {
    await a.begin();
    await send(a);
    await send(plain);
    await send(a, 3);
    await send(b);
    await a[end]();
  }
  await b.abort();
  await b.begin();
  await send(b);
  await b.commit();
  await send(plain);

  const committed = await java.readAll('aborts');
  const [{ end } = { end: 0 }] = await java.offsets('aborts');
  expect(committed.length).toBeLessThan(end - 25);
  for (let start = 0; start < end; start++) {
    for (const maxBytes of [1, 400, 1_000_000]) {
      const kept: string[] = [];
      for (let position = start; position < end; ) {
        const { records, batches, abortedTransactions } = await fetchFrom('aborts', position, maxBytes);
        const { kept: headers } = dropUncommitted(records, batches, abortedTransactions);
        for (const { offset, value } of await decode(records, headers)) {
          if (offset >= start) kept.push(`${offset} ${value}`);
        }
        position = batches.at(-1)!.lastOffset + 1;
      }
      const expected = committed
        .filter(({ offset }) => offset >= start)
        .map(({ offset, value }) => `${offset} ${value}`);
      expect(kept).toEqual(expected);
    }
  }
});
