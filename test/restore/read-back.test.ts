import { afterAll, beforeAll, expect, test } from 'vitest';
import { resolveSnapshot } from '../../runtime/src/archive/resolve-snapshot.ts';
import { framesOf } from '../../runtime/src/archive/snapshot-frames.ts';
import type { Record } from '../../runtime/src/batch/records.ts';
import { describeCluster } from '../../runtime/src/kafka/describe-cluster.ts';
import { createKafkaClient } from '../../runtime/src/kafka/kafkajs-client.ts';
import { differenceOf } from '../../runtime/src/restore/compare-records.ts';
import type { PartitionTask } from '../../runtime/src/restore/partition-task.ts';
import { PartitionWriter } from '../../runtime/src/restore/partition-writer.ts';
import { readBack } from '../../runtime/src/restore/read-back.ts';
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
async function compare(name: string, expected: RecordToSend[], found: RecordToSend[]) {
  const producer = await client.producer();
  for (const [topic, records] of [[name, expected] as const, [`${name}-again`, found] as const]) {
    await client.createTopic(topic);
    await producer.send(topic, records);
  }
  const store = await openStore(await backUp(kafka, [name]));
  const [topic] = await framesOf(store, await resolveSnapshot(store, 'latest'));
  const kafkaClient = createKafkaClient(endpointOf(kafka));
  await kafkaClient.connect();
  try {
    const writer = new PartitionWriter(`${name}-again`, 0, 1, 0);
    writer.ledger.map.add({ source: 0, target: 0, length: found.length });
    const task = { writer, frames: topic!.partitions[0]!, prepare: {} } as PartitionTask;
    return await readBack([task], kafkaClient, await describeCluster(kafkaClient), store, context().run);
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
