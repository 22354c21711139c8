/**
 * The point of it all: a consumer reads as a Lambda event source mapping does, its cluster is lost half way, and a consumer of
 * the same group goes on at another cluster: every record of the archive is processed once, in the order of its partition.
 *
 * What was read and written after the cut is lost with the cluster. So a record that was read between the cut and the loss is
 * read again: the archive cannot know. In its view, which is the one tried here, nothing comes twice.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { StorageLocation } from '../../runtime/src/config/job.ts';
import { type KafkaCluster, startKafka } from '../support/kafka/cluster.ts';
import { type JavaClient, javaClient, type ReadRecord, type ScenarioConsumer } from '../support/kafka/java-client.ts';
import { backUp, restore } from './harness.ts';

const GROUPS = {
  orders: 'amazon.lambda.0f8fad5b-d9cb-469f-a165-70867728950e',
  changes: 'amazon.lambda.7c9e6679-7425-40de-944b-e07fc1f90ae7',
};
const TOPICS = ['orders', 'changes'] as const;
type Topic = (typeof TOPICS)[number];

/** Records of an invocation of the function. */
const BATCH = 40;
const CONSUMER = { 'max.poll.records': `${BATCH}` };

interface Seen {
  partition: number;
  offset: number;
  value: string;
}

describe.each(['4', '3.9'])('a consumer group carries on at another cluster, Kafka %s', (version) => {
  let source: KafkaCluster;
  let target: KafkaCluster;
  let directory: string;
  let storage: StorageLocation;
  /** What the functions had processed when the backup was taken. */
  const before: Record<Topic, Seen[]> = { orders: [], changes: [] };
  /** What Kafka's consumer read at the source then, committed records only. */
  const all: Record<Topic, ReadRecord[]> = { orders: [], changes: [] };

  beforeAll(async () => {
    [source, target] = await Promise.all([startKafka({ version }), startKafka({ version })]);
    const client = javaClient(source);
    await writeOrders(client);
    await writeChanges(client);
    const consumers: Partial<Record<Topic, ScenarioConsumer>> = {};
    for (const topic of TOPICS) {
      // Small fetches, so that the partitions take turns.
      const small = { ...CONSUMER, 'max.partition.fetch.bytes': '1000' };
      consumers[topic] = await client.consumer(GROUPS[topic], topic, small);
      const half = Math.floor((await client.readAll(topic)).length / 2);
      before[topic] = await process(consumers[topic], half);
    }
    await compact(client);
    for (const topic of TOPICS) all[topic] = await client.readAll(topic);
    directory = await mkdtemp(join(tmpdir(), 'msk-backup-carry-on-'));
    storage = { backend: 'filesystem', path: join(directory, 'archive'), prefix: '' };
    await backUp(source, [...TOPICS], storage);
    // Lost: the function goes on, and so does the shop, until the cluster is gone.
    await process(consumers.orders!, 2 * BATCH);
    await (await client.producer()).send('orders', [{ key: 'late', value: 'after the cut' }]);
    await source.stop();
  }, 180_000);
  afterAll(async () => {
    await Promise.all([source?.stop(), target?.stop()]);
    if (directory !== undefined) await rm(directory, { recursive: true, force: true });
  });

  test.each(['exact', 'translate'] as const)(
    'after a restore with offsets: %s every record is processed once',
    async (offsets) => {
      const client = javaClient(target);
      const names = Object.fromEntries(TOPICS.map((topic) => [topic, `${topic}-${offsets}`])) as Record<Topic, string>;
      const report = await restore(target, storage, {
        offsets,
        topicMapping: names,
        consumerGroups: ['amazon.lambda.*'],
      });
      expect(report.groups!.groups.map(({ groupId }) => groupId).sort()).toEqual(Object.values(GROUPS).sort());

      for (const topic of TOPICS) {
        const consumer = await client.consumer(GROUPS[topic], names[topic], CONSUMER);
        const left = remaining(all[topic], before[topic]);
        const after = await process(consumer, left.length);
        // In the order of each partition, and at the same offsets where that was promised.
        const shown = offsets === 'exact' ? brief : withoutOffsets;
        expect(shown(after)).toEqual(shown(left));
        expect(withoutOffsets([...stillThere(before[topic], all[topic]), ...after])).toEqual(
          withoutOffsets(all[topic].map(seen)),
        );

        // What is written from now on comes next.
        await (await client.producer()).send(names[topic], [{ partition: 1, key: 'new', value: 'new' }]);
        expect((await consumer.take(1)).map(({ value }) => `${value}`)).toEqual(['new']);
        await consumer.commit();
        await consumer.leave();
      }
    },
    120_000,
  );

  test('it stopped half way, and there are holes before and behind', () => {
    const orders = remaining(all.orders, before.orders);
    const begun = new Set(before.orders.map(({ partition }) => partition));
    expect(orders.some(({ partition }) => begun.has(partition))).toBe(true);
    // Every committed order was processed before or is still to be processed; of the changes some are compacted since.
    expect(before.orders.length + orders.length).toBe(all.orders.length);
    expect(stillThere(before.changes, all.changes).length).toBeLessThan(before.changes.length);
    expect(holes(all.orders)).toBeGreaterThan(40);
    expect(holes(all.changes)).toBeGreaterThan(10);
  });
});

/** In transactions, every third aborted, of which the last one; a partition's first records are deleted. */
async function writeOrders(client: JavaClient): Promise<void> {
  await client.createTopic('orders', { partitions: 3 });
  const producer = await client.producer({ 'transactional.id': 'shop', 'compression.type': 'zstd' });
  for (let round = 0; round < 30; round++) {
    await producer.begin();
    await producer.send(
      'orders',
      Array.from({ length: 24 }, (_, n) => ({
        partition: n % 3,
        key: `customer-${n}`,
        value: `order ${24 * round + n} `.padEnd(60, '.'),
      })),
    );
    await (round % 3 === 2 ? producer.abort() : producer.commit());
  }
  await producer.close();
  await client.deleteRecords('orders', { 1: 20 });
}

/** Few keys, written again and again. */
async function writeChanges(client: JavaClient): Promise<void> {
  await client.createTopic('changes', {
    partitions: 2,
    config: { 'cleanup.policy': 'compact', 'segment.ms': '100', 'min.cleanable.dirty.ratio': '1' },
  });
  const producer = await client.producer();
  for (let round = 0; round < 20; round++) {
    const records = Array.from({ length: 6 }, (_, n) => ({ key: n < 3 ? `${n}` : `${n}-${round}` }));
    for (const partition of [0, 1])
      await producer.send(
        'changes',
        records.map(({ key }) => ({ partition, key, value: `${key} in round ${round}` })),
      );
    if (round % 5 === 4) await sleep(150);
  }
  await producer.close();
}

/** Compacts the changes once, and no more from then on: what is there must not change while it is compared. */
async function compact(client: JavaClient): Promise<void> {
  const written = (await client.readAll('changes')).length;
  await client.alterTopic('changes', { 'min.cleanable.dirty.ratio': '0.01' });
  const partitions = [0, 1];
  for (;;) {
    const records = await client.readAll('changes');
    if (partitions.every((one) => records.filter(({ partition }) => partition === one).length < written / 2)) break;
    await sleep(200);
  }
  await client.alterTopic('changes', { 'min.cleanable.dirty.ratio': '1' });
  // A round of the cleaner that had begun.
  let last = -1;
  for (;;) {
    const { length } = await client.readAll('changes');
    if (length === last) return;
    last = length;
    await sleep(1000);
  }
}

/** Batch by batch, each committed when it is processed. */
async function process(consumer: ScenarioConsumer, count: number): Promise<Seen[]> {
  const processed: Seen[] = [];
  while (processed.length < count) {
    const batch = await consumer.take(Math.min(BATCH, count - processed.length));
    if (batch.length === 0) throw new Error(`${consumer.name} got ${processed.length} records of ${count}`);
    processed.push(...batch.map(seen));
    await consumer.commit();
  }
  return processed;
}

/** What the archive's view leaves to be processed: of each partition what lies behind the last record processed. */
function remaining(records: ReadRecord[], processed: Seen[]): Seen[] {
  const last = new Map(processed.map(({ partition, offset }) => [partition, offset]));
  return records.map(seen).filter(({ partition, offset }) => offset > (last.get(partition) ?? -1));
}

/** Without those that compaction has removed since they were processed. */
function stillThere(processed: Seen[], records: ReadRecord[]): Seen[] {
  const there = new Set(records.map(({ partition, offset }) => `${partition}/${offset}`));
  return processed.filter(({ partition, offset }) => there.has(`${partition}/${offset}`));
}

function holes(records: ReadRecord[]): number {
  return records.filter(
    ({ partition, offset }, index) =>
      records[index - 1]?.partition === partition && records[index - 1]!.offset < offset - 1,
  ).length;
}

function seen({ partition, offset, value }: Pick<ReadRecord, 'partition' | 'offset' | 'value'>): Seen {
  return { partition, offset, value: `${value}` };
}

/** Partition after partition, each in the order of processing. */
function brief(records: Seen[]): string[] {
  return byPartition(records).map(({ partition, offset, value }) => `${partition}/${offset}: ${value}`);
}

function withoutOffsets(records: Seen[]): string[] {
  return byPartition(records).map(({ partition, value }) => `${partition}: ${value}`);
}

function byPartition(records: Seen[]): Seen[] {
  return [...records].sort((a, b) => a.partition - b.partition);
}
