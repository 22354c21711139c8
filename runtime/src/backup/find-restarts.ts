import type { Snapshot, SnapshotPartition, SnapshotTopic } from '../archive/snapshot.ts';
import type { KafkaClient } from '../kafka/client.ts';
import type { ClusterDescription } from '../kafka/describe-cluster.ts';
import { endOfLeaderEpochs } from '../kafka/leader-epochs.ts';
import type { Cut, CutTopic } from './cut.ts';
import type { Restart } from './plan-partition.ts';

/**
 * Finds the partitions whose copy cannot just be continued: asked for in full, topic recreated, log truncated, or a
 * compacted topic whose tombstones may have come and gone since the newest snapshot.
 * @returns per topic name, per partition
 */
export async function findRestarts(
  client: KafkaClient,
  cluster: ClusterDescription,
  cut: Cut,
  parent: Snapshot,
  full: boolean,
  now: Date,
): Promise<Map<string, Map<number, Restart>>> {
  const restarts = new Map<string, Map<number, Restart>>();
  const toCheck: { topic: string; partition: number; leaderEpoch: number; known: SnapshotPartition }[] = [];
  for (const topic of cut.topics) {
    const known = parent.topics.find(({ name }) => name === topic.name);
    if (known === undefined) continue;
    const whole = restartOfTopic(topic, known, parent, full, now);
    const ofTopic = new Map<number, Restart>();
    restarts.set(topic.name, ofTopic);
    for (const at of topic.partitions) {
      const before = known.partitions.find(({ partition }) => partition === at.partition);
      if (before === undefined) continue;
      const again = whole ?? restartOfFailed(topic, before);
      if (again !== undefined) ofTopic.set(at.partition, again);
      else if (at.highWatermark < before.reached)
        ofTopic.set(at.partition, { kind: 'truncated', at: at.highWatermark });
      else if (before.leaderEpoch >= 0) {
        toCheck.push({
          topic: topic.name,
          partition: at.partition,
          leaderEpoch: before.leaderEpoch,
          known: before,
        });
      }
    }
  }
  const ends = await endOfLeaderEpochs(client, cluster, toCheck);
  toCheck.forEach(({ topic, partition, known }, i) => {
    const endOffset = ends[i]?.endOffset;
    // -1: the broker no longer knows the epoch, because retention has removed all of it.
    if (endOffset !== undefined && endOffset >= 0 && endOffset < (known.lastBatchEnd ?? known.reached)) {
      restarts.get(topic)!.set(partition, { kind: 'truncated', at: endOffset });
    }
  });
  return restarts;
}

function restartOfTopic(
  topic: CutTopic,
  known: SnapshotTopic,
  parent: Snapshot,
  full: boolean,
  now: Date,
): Restart | undefined {
  if (topic.topicId !== known.topicId) return { kind: 'recreated' };
  if (full) return { kind: 'full', why: 'a full copy was asked for' };
  if (topic.compacted) {
    const ageMs = now.getTime() - Date.parse(known.asOf?.cutTime ?? parent.cut.time);
    if (ageMs > topic.deleteRetentionMs / 2) {
      return {
        kind: 'full',
        why: 'the topic is compacted and the newest snapshot is older than half of delete.retention.ms',
      };
    }
  }
  return undefined;
}

/**
 * A partition that failed is older than its snapshot: nobody knows how long ago it was last copied up to a cut, so
 * tombstones may have come and gone since.
 */
function restartOfFailed(topic: CutTopic, known: SnapshotPartition): Restart | undefined {
  if (!topic.compacted || known.failed === undefined) return undefined;
  return {
    kind: 'full',
    why: 'the topic is compacted and the newest snapshot could not copy the partition up to its cut',
  };
}
