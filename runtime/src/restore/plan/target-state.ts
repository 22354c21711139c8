import { MskBackupError } from '../../errors.ts';
import type { KafkaClient } from '../../kafka/client.ts';
import { describeCluster } from '../../kafka/describe-cluster.ts';
import { listOffsets } from '../../kafka/list-offsets.ts';

/** A topic of the target as it is before the restore. */
export interface TargetTopic {
  name: string;
  topicId: string;
  partitionCount: number;
  /** Log start and end by partition. */
  offsets: Map<number, { start: number; end: number }>;
}

/**
 * Asks the target which of the topics it has and what they hold.
 * @throws MskBackupError kind `connection` when the cluster or the leader of a partition cannot be reached
 */
export async function describeTargets(
  client: KafkaClient,
  names: string[],
  signal: AbortSignal,
): Promise<{ clusterId: string | null; brokers: number; existing: Map<string, TargetTopic> }> {
  // All topics: asking for one that does not exist would be an error, and may create it on old brokers.
  const cluster = await describeCluster(client, undefined, signal);
  const wanted = new Set(names);
  const topics = cluster.topics.filter(({ name }) => wanted.has(name));
  const questions = topics.flatMap(({ name, partitions }) =>
    partitions.flatMap(({ partition }) => [
      { topic: name, partition, at: 'earliest' as const },
      { topic: name, partition, at: 'latest' as const },
    ]),
  );
  const answers = await listOffsets(client, cluster, questions, signal);
  const existing = new Map<string, TargetTopic>(
    topics.map(({ name, topicId, partitions }) => [
      name,
      { name, topicId, partitionCount: partitions.length, offsets: new Map() },
    ]),
  );
  questions.forEach(({ topic, partition, at }, index) => {
    const { errorCode, offset } = answers[index]!;
    if (errorCode !== 0) throw noLeader(topic, partition);
    const offsets = existing.get(topic)!.offsets;
    if (at === 'earliest') offsets.set(partition, { start: offset, end: offset });
    else offsets.get(partition)!.end = offset;
  });
  return { clusterId: cluster.clusterId, brokers: cluster.brokers.length, existing };
}

/** A partition whose leader does not answer. */
export function noLeader(topic: string, partition: number): MskBackupError {
  return new MskBackupError(
    'connection',
    'NO_LEADER',
    `topic ${topic}, partition ${partition} has no leader at the target that answers, so that nothing can be said of what it holds; bring its brokers back and restore again`,
  );
}
