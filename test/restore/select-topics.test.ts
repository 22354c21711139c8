import { expect, test } from 'vitest';
import type { Snapshot, SnapshotTopic } from '../../runtime/src/archive/snapshot.ts';
import type { RestoreJob } from '../../runtime/src/config/job.ts';
import { selectTopics } from '../../runtime/src/restore/plan/select-topics.ts';

function topic(name: string, partitionCount = 2): SnapshotTopic {
  const partitions = Array.from({ length: partitionCount }, (_, partition) => ({ partition }));
  return { name, topicId: name, partitionCount, replicationFactor: 1, config: {}, partitions } as never;
}
const snapshot = {
  backupId: 'monday',
  topics: ['payments', 'orders', 'orders-dlq', '__consumer_offsets'].map((name) => topic(name)),
} as Snapshot;
const job = (over: Partial<RestoreJob> = {}) =>
  ({ topics: { include: [], exclude: [] }, topicMapping: {}, repartitioning: {}, ...over }) as RestoreJob;
const include = (...patterns: string[]) => ({ topics: { include: patterns, exclude: [] } });

test('everything comes back under its own name, in the order of the names, but not what the cluster keeps itself', () => {
  const { topics, remarks } = selectTopics(snapshot, job());
  expect(topics.map(({ target }) => target)).toEqual(['orders', 'orders-dlq', 'payments']);
  expect(remarks).toEqual([expect.stringContaining('__consumer_offsets is left out')]);
});

test('patterns and expressions match the names at the source, and mappings name the target', () => {
  const wanted = job({ topics: { include: ['~^ord'], exclude: ['*-dlq'] }, topicMapping: { orders: 'restored' } });
  expect(selectTopics(snapshot, wanted).topics.map(({ source, target }) => [source.name, target])).toEqual([
    ['orders', 'restored'],
  ]);
});

test('a literal name that the snapshot does not have is refused, with the snapshot', () => {
  expect(() => selectTopics(snapshot, job(include('orders', 'order')))).toThrow(/monday has no topic order;/);
});

test('patterns that match nothing are refused', () => {
  expect(() => selectTopics(snapshot, job(include('invoices*')))).toThrow(/none of the 4 topics/);
});

test('two sources cannot share a target', () => {
  const shared = job({ ...include('orders*'), topicMapping: { 'orders-dlq': 'orders' } });
  expect(() => selectTopics(snapshot, shared)).toThrow(/topics orders, orders-dlq would all be restored into orders/);
});

test('the cluster’s own topics can be had under another name only', () => {
  const wanted = include('__consumer_offsets');
  expect(() => selectTopics(snapshot, job(wanted))).toThrow(/map it to another name/);
  const mapped = job({ ...wanted, topicMapping: { __consumer_offsets: 'old-offsets' } });
  expect(selectTopics(snapshot, mapped).topics.map(({ target }) => target)).toEqual(['old-offsets']);
});

test('partitions are chosen by number, and one that is not there is told', () => {
  const { topics, remarks } = selectTopics(snapshot, job({ ...include('orders'), sourcePartitions: [1, 5] }));
  expect(topics[0]!.partitions.map(({ partition }) => partition)).toEqual([1]);
  expect(remarks).toEqual(['topic orders has no partition 5 (it has 2)']);
});

test('a mapping without effect is told', () => {
  const { remarks } = selectTopics(snapshot, job({ ...include('orders'), topicMapping: { order: 'restored' } }));
  expect(remarks).toEqual([expect.stringContaining('order is not among the topics')]);
});

test('a topic to repartition that nothing is restored into is told', () => {
  const repartitioning = { orders: { strategy: 'murmur2' as const, partitions: 7 } };
  const remarks = (over: Partial<RestoreJob>) =>
    selectTopics(snapshot, job({ ...include('orders'), repartitioning, ...over })).remarks;
  expect(remarks({})).toEqual([]);
  expect(remarks({ topicMapping: { orders: 'restored' } })).toEqual([
    expect.stringContaining('no topic is restored into orders: without effect'),
  ]);
});
