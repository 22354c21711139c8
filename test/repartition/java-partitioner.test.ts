/** Kafka's own Java producer decides where records go, and its broker takes what was made here. */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { patchForProduce } from '../../runtime/src/batch/produce-form.ts';
import { walkBatches } from '../../runtime/src/batch/walk.ts';
import type { KafkaClient } from '../../runtime/src/kafka/client.ts';
import { createKafkaClient } from '../../runtime/src/kafka/kafkajs-client.ts';
import { fetchRequest } from '../../runtime/src/kafka/protocol/fetch.ts';
import { produceRequest } from '../../runtime/src/kafka/protocol/produce.ts';
import { partitionFor, partitionWithoutKey } from '../../runtime/src/repartition/partitioner.ts';
import { repartitionBatches } from '../../runtime/src/repartition/repartition-batches.ts';
import { endpointOf } from '../kafka/support.ts';
import { type KafkaCluster, startKafka } from '../support/kafka/cluster.ts';
import { type JavaClient, javaClient, type ReadRecord, type RecordToSend } from '../support/kafka/java-client.ts';

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

const PARTITIONS = 7;
const ANY_TIME = { 'retention.ms': '-1' };
const NOW = 1_700_000_000_000;

test.each([1, 3, 7, 64])(
  'keys of all lengths land in the partitions that Java chooses among %d',
  async (partitions) => {
    const topic = `keys-${partitions}`;
    await java.createTopic(topic, { partitions });
    const keys = Array.from({ length: 300 }, (_, n) => randomBytes(n % 50));
    keys.push(...['', 'a', 'ü', 'order-1', '\u{1F600}'].map((key) => Buffer.from(key)));
    const producer = await java.producer();
    const sent = await producer.send(
      topic,
      keys.map((key) => ({ key, value: 'v' })),
    );
    expect(keys.map((key) => partitionFor(key, partitions))).toEqual(sent.map(({ partition }) => partition));
  },
);

async function fetchPartition(topic: string, partition: number) {
  const request = fetchRequest({
    isolationLevel: 'read_committed',
    maxWaitMs: 0,
    minBytes: 0,
    maxBytes: 8_000_000,
    partitions: [{ topic, partition, fetchOffset: 0, maxBytes: 8_000_000 }],
  });
  const { partitions } = await client.send(kafka.brokers[0]!.nodeId, request, 'fetch');
  const { records: buffer, errorCode } = partitions[0]!;
  expect(errorCode).toBe(0);
  return walkBatches(buffer, { topic, partition }).batches.map((header) => ({ buffer, header }));
}

async function produce(topic: string, partition: number, bytes: Buffer): Promise<void> {
  patchForProduce(bytes, { producerId: -1, producerEpoch: -1, baseSequence: -1 });
  const topics = [{ topic, partitions: [{ partition, records: [bytes] }] }];
  const request = produceRequest({ acks: -1, timeoutMs: 10_000, topics });
  const { partitions } = await client.send(kafka.brokers[0]!.nodeId, request);
  expect(partitions[0]).toMatchObject({ errorCode: 0, errorMessage: null });
}

/** Without offset and partition, which differ. */
function content({ timestamp, key, value, headers }: ReadRecord): string {
  const hex = (bytes: Buffer | null) => bytes?.toString('hex') ?? 'null';
  return [timestamp, hex(key), hex(value), ...headers.map(([name, bytes]) => `${name}=${hex(bytes)}`)].join(' ');
}

test.each(['none', 'lz4', 'zstd'])('a topic of three partitions in seven, %s', async (codec) => {
  const records = (from: number, count: number): RecordToSend[] =>
    Array.from({ length: count }, (_, n) => ({
      key: (from + n) % 5 === 0 ? null : `customer ${(from + n) % 40}`,
      value: `order ${from + n} ${'x'.repeat((from + n) % 90)}`,
      timestamp: NOW + ((from + n) % 13) * 1000,
      headers: n % 2 === 0 ? [] : ([['trace', `${n}`]] as [string, string][]),
    }));
  const [source, target, byJava] = ['three', 'seven', 'java'].map((name) => `${name}-${codec}`) as [
    string,
    string,
    string,
  ];
  await java.createTopic(source, { partitions: 3, config: ANY_TIME });
  await java.createTopic(target, { partitions: PARTITIONS, config: ANY_TIME });
  await java.createTopic(byJava, { partitions: PARTITIONS, config: ANY_TIME });
  const producer = await java.producer({ 'compression.type': codec });
  for (let from = 0, count = 1; from < 1200; from += count, count = (count * 3) % 101) {
    await producer.send(source, records(from, count));
    await producer.send(
      byJava,
      records(from, count).filter(({ key }) => key !== null),
    );
  }

  for (let partition = 0; partition < 3; partition++) {
    const stored = await fetchPartition(source, partition);
    // In twos, so that there are batches of more than one stored one.
    for (let n = 0; n < stored.length; n += 2) {
      const repartitioning = { sourcePartition: partition, partitions: PARTITIONS };
      const made = await repartitionBatches(stored.slice(n, n + 2), repartitioning, {});
      for (const [to, batches] of made) for (const { bytes } of batches) await produce(target, to, bytes);
    }
  }

  const there = await java.readAll(source);
  const found = await java.readAll(target);
  expect(found.map(content).sort()).toEqual(there.map(content).sort());

  // Each key's records are in the partition that Java chose for it, in the order of the source.
  const byKey = (list: ReadRecord[]) =>
    Object.entries(Object.groupBy(list, ({ key }) => key!.toString('hex')))
      .map(([key, group]) => [key, group!.map((record) => `${record.partition} ${content(record)}`)])
      .sort();
  const keyed = (list: ReadRecord[]) => list.filter(({ key }) => key !== null);
  expect(byKey(keyed(found))).toEqual(byKey(await java.readAll(byJava)));

  // Those without a key stay together and in order, by the batch that they were in.
  const places = new Map(found.filter(({ key }) => key === null).map((record) => [content(record), record]));
  let without = 0;
  for (let partition = 0; partition < 3; partition++) {
    for (const { header } of await fetchPartition(source, partition)) {
      const group = there.filter(
        ({ partition: of, offset, key }) =>
          of === partition && offset >= header.baseOffset && offset <= header.lastOffset && key === null,
      );
      const at = group.map((record) => places.get(content(record))!);
      const expected = partitionWithoutKey(partition, header.baseOffset, PARTITIONS);
      expect(at.map((record) => record.partition)).toEqual(group.map(() => expected));
      expect(at.map(({ offset }) => offset)).toEqual(at.map(({ offset }) => offset).sort((a, b) => a - b));
      without += group.length;
    }
  }
  expect(without).toBeGreaterThan(100);
});
