import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { resolveSnapshot } from '../../runtime/src/archive/resolve-snapshot.ts';
import { framesOf, type PartitionFrames } from '../../runtime/src/archive/snapshot-frames.ts';
import type { Record } from '../../runtime/src/batch/records.ts';
import { describeCluster } from '../../runtime/src/kafka/describe-cluster.ts';
import { createKafkaClient } from '../../runtime/src/kafka/kafkajs-client.ts';
import { readBack } from '../../runtime/src/restore/check/read-back.ts';
import { differenceOf } from '../../runtime/src/restore/read/compare-records.ts';
import type { TopicWork } from '../../runtime/src/restore/write/open-topics.ts';
import type { PartitionTask } from '../../runtime/src/restore/write/partition-task.ts';
import { PartitionWriter } from '../../runtime/src/restore/write/partition-writer.ts';
import type { SpreadTask } from '../../runtime/src/restore/write/restore-spread.ts';
import { openStore } from '../../runtime/src/storage/open-store.ts';
import { type KafkaCluster, startKafka } from '../support/kafka/cluster.ts';
import { type JavaClient, javaClient, type RecordToSend } from '../support/kafka/java-client.ts';
import { backUp, context, endpointOf } from './harness.ts';

let kafka: KafkaCluster;
let client: JavaClient;
beforeAll(async () => {
  kafka = await startKafka();
  client = javaClient(kafka);
}, 120_000);
afterAll(() => kafka.stop());

/** What reading back says of a topic with `found`, when the archive holds `expected`. */
const compare = (name: string, expected: RecordToSend[], found: RecordToSend[]) =>
  compareTopics(name, expected, { partitions: 1, records: found }, (frames) => {
    const writer = new PartitionWriter(`${name}-again`, 0, 1, 0);
    writer.ledger.map.add({ source: 0, target: 0, length: found.length });
    return { tasks: [{ writer, frames, prepare: {} } as PartitionTask], spreads: [] };
  });

/** The same of a topic that was repartitioned into two. */
const compareSpread = (name: string, expected: RecordToSend[], found: RecordToSend[]) =>
  compareTopics(name, expected, { partitions: 2, records: found }, (frames, ends) => {
    const writers = ends.map((end, partition) => {
      const writer = new PartitionWriter(`${name}-again`, partition, 1, 0, { keepsMap: false });
      if (end > 0) writer.ledger.map.add({ source: 0, target: 0, length: end });
      return writer;
    });
    return { tasks: [], spreads: [{ writers, frames, prepare: {} } as SpreadTask] };
  });

async function compareTopics(
  name: string,
  expected: RecordToSend[],
  found: { partitions: number; records: RecordToSend[] },
  workOf: (frames: PartitionFrames, ends: number[]) => Pick<TopicWork, 'tasks' | 'spreads'>,
) {
  const producer = await client.producer();
  await client.createTopic(name);
  await client.createTopic(`${name}-again`, { partitions: found.partitions });
  await producer.send(name, expected);
  await producer.send(`${name}-again`, found.records);
  const store = await openStore(await backUp(kafka, [name]));
  const [topic] = await framesOf(store, await resolveSnapshot(store, 'latest'));
  const ends = (await client.offsets(`${name}-again`)).map(({ end }) => end);
  const kafkaClient = createKafkaClient(endpointOf(kafka));
  await kafkaClient.connect();
  try {
    const work = [workOf(topic!.partitions[0]!, ends)];
    return await readBack(work, kafkaClient, await describeCluster(kafkaClient), store, context().run);
  } finally {
    await kafkaClient.close();
  }
}

const numbered = (count: number): RecordToSend[] =>
  Array.from({ length: count }, (_, n) => ({ key: `${n}`, value: `secret ${n}`, timestamp: 1_790_000_000_000 + n }));

test('every kind of difference is told with both offsets, and nothing of what is in the records', async () => {
  const found = numbered(5);
  found[1] = { ...found[1], value: 'other' };
  found[3] = { ...found[3], timestamp: 1_790_000_000_777, headers: [['x', 'y']] };
  const { records, differences } = await compare('differs', numbered(5), found);
  expect(records).toBe(5);
  expect(differences).toEqual([
    'differs-again[0] offset 1 (source offset 1): differs in value',
    'differs-again[0] offset 3 (source offset 3): differs in headers and timestamp (1790000000777, not 1790000000003)',
  ]);
});

test('a topic that is too short or too long is told', async () => {
  expect((await compare('short', numbered(4), numbered(3))).differences).toEqual([
    'short-again[0] ends before source offset 3',
  ]);
  expect((await compare('long', numbered(3), numbered(4))).differences).toEqual([
    'long-again[0] has more from offset 3',
  ]);
});

test('differences are listed up to twenty', async () => {
  const found = numbered(50).map((record) => ({ ...record, key: 'same' }));
  expect((await compare('many', numbered(50), found)).differences).toHaveLength(20);
});

describe('of a topic that was repartitioned', () => {
  test('what belongs into each partition is compared, in whatever order it lies', async () => {
    const records = numbered(40);
    const { records: read, differences } = await compareSpread('spread', records, records.toReversed());
    expect({ read, differences }).toEqual({ read: 40, differences: [] });
  });

  test('a record that is another, missing, double or in the wrong partition is told', async () => {
    const records = numbered(40);
    const differing = async (name: string, found: RecordToSend[]) =>
      (await compareSpread(name, records, found)).differences.map((line) => line.replace(`${name}-again`, 'it'));
    const other = expect.stringMatching(
      /^it\[\d\] holds \d+ records, but some differ in key, value, headers or timestamp/,
    );
    for (const [name, change] of Object.entries({
      value: { value: 'other' },
      timestamp: { timestamp: 1_790_000_000_777 },
      headers: { headers: [['x', null]] as [string, null][] },
    })) {
      const found = records.map((record, n) => (n === 7 ? { ...record, ...change } : record));
      expect(await differing(`spread-${name}`, found)).toEqual([other]);
    }
    const count = expect.stringMatching(/^it\[\d\] holds \d+ records, not the \d+ that the archive has for it$/);
    expect(await differing('spread-missing', records.slice(1))).toEqual([count]);
    expect(await differing('spread-double', [...records, records[3]!])).toEqual([count]);
    const [here] = await (await client.producer()).send('spread-again', [records[5]!]);
    const moved = records.map((record, n) => (n === 5 ? { ...record, partition: 1 - here!.partition } : record));
    expect(await differing('spread-moved', moved)).toEqual([count, count]);
  });
});

test('null and empty differ, and so does the order of headers', () => {
  const bytes = (text: string) => Buffer.from(text);
  const record: Record = { offset: 0, timestamp: 0, key: null, value: null, headers: [] };
  expect(differenceOf(record, { ...record, offset: 9 })).toBeUndefined();
  expect(differenceOf(record, { ...record, key: bytes('') })).toBe('differs in key');
  const headers: Record['headers'] = [
    [bytes('a'), null],
    [bytes('b'), bytes('')],
  ];
  expect(differenceOf({ ...record, headers }, { ...record, headers: headers.toReversed() })).toBe('differs in headers');
});
