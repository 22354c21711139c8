import type { SnapshotPartition, SnapshotTopic } from '../archive/snapshot.ts';
import type { Cut } from './cut.ts';
import type { PartitionCopy } from './partition-copy.ts';

/**
 * The topics of a snapshot from the cut and what became of each partition's copy. Pure.
 * @param failed why a partition did not reach its cut, in one line
 * @param withoutCut partitions that no broker led: they stand as in the newest snapshot, or empty
 */
export function snapshotTopics(
  cut: Cut,
  copies: PartitionCopy[],
  failed: Map<PartitionCopy, string>,
  withoutCut: { topic: string; partition: number; known?: SnapshotPartition; reason: string }[],
): SnapshotTopic[] {
  const byTopic = new Map<string, SnapshotPartition[]>(cut.topics.map(({ name }) => [name, []]));
  for (const copy of copies) byTopic.get(copy.plan.topic)!.push(snapshotPartition(copy, failed.get(copy)));
  for (const { topic, partition, known, reason } of withoutCut) {
    const empty: SnapshotPartition = {
      partition,
      logStart: 0,
      cut: 0,
      highWatermark: 0,
      reached: 0,
      leaderEpoch: -1,
      generations: [],
      lost: [],
      aborted: { batches: 0, records: 0 },
    };
    byTopic.get(topic)!.push({ ...(known ?? empty), failed: reason });
  }
  return cut.topics.map(({ name, topicId, partitionCount, replicationFactor, config }) => ({
    name,
    topicId,
    partitionCount,
    replicationFactor,
    config,
    partitions: byTopic.get(name)!.sort((a, b) => a.partition - b.partition),
  }));
}

function snapshotPartition(copy: PartitionCopy, failed: string | undefined): SnapshotPartition {
  const { plan } = copy;
  const reached = Math.min(copy.position, plan.cut);
  return {
    partition: plan.partition,
    logStart: plan.logStart,
    cut: plan.cut,
    highWatermark: Math.max(plan.highWatermark, plan.cut),
    reached,
    leaderEpoch: copy.leaderEpoch,
    ...(copy.lastBatchEnd < reached ? { lastBatchEnd: copy.lastBatchEnd } : {}),
    generations: plan.generations,
    lost: copy.lost,
    aborted: copy.aborted,
    ...(failed === undefined ? {} : { failed }),
  };
}
