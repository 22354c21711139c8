import type { SnapshotTopic } from '../../archive/snapshot.ts';
import type { RestoreJob } from '../../config/job.ts';
import { MskBackupError } from '../../errors.ts';
import type { SelectedTopic } from './select-topics.ts';

/** Where a partition of the source goes, by `restore.partition_mapping`. */
export function targetPartition(job: Pick<RestoreJob, 'partitionMapping'>, source: number): number {
  return job.partitionMapping.get(source) ?? source;
}

/** Over how many partitions the records of a topic are spread anew; undefined when they keep their partitions. */
export function repartitionedTo(job: Pick<RestoreJob, 'repartitioning'>, target: string): number | undefined {
  return Object.hasOwn(job.repartitioning, target) ? job.repartitioning[target]!.partitions : undefined;
}

/** Partitions of the target that are written, in the order of their numbers. */
export function writtenPartitions({ target, partitions }: SelectedTopic, job: RestoreJob): number[] {
  const spread = repartitionedTo(job, target);
  if (spread !== undefined) return Array.from({ length: spread }, (_, number) => number);
  return partitions.map(({ partition }) => targetPartition(job, partition)).sort((a, b) => a - b);
}

/** Partitions of a topic that the restore creates. */
export function partitionsToCreate(
  topic: { source: SnapshotTopic; target: string } & SelectedTopic,
  job: RestoreJob,
): number {
  const spread = repartitionedTo(job, topic.target);
  if (spread !== undefined) return spread;
  return Math.max(topic.source.partitionCount, (writtenPartitions(topic, job).at(-1) ?? -1) + 1);
}

/** @throws MskBackupError `PARTITIONS_SHARED` when the mapping would put two partitions of a topic into one */
export function refuseSharedPartitions(topics: SelectedTopic[], job: RestoreJob): void {
  for (const topic of topics) {
    if (repartitionedTo(job, topic.target) !== undefined) continue;
    const written = writtenPartitions(topic, job);
    const shared = written.find((partition, at) => written[at + 1] === partition);
    if (shared === undefined) continue;
    const sources = topic.partitions.filter(({ partition }) => targetPartition(job, partition) === shared);
    throw new MskBackupError(
      'configuration',
      'PARTITIONS_SHARED',
      `restore.partition_mapping: partitions ${sources.map(({ partition }) => partition).join(' and ')} of topic ${topic.source.name} would both become partition ${shared}; map each to one of its own, or choose some with restore.source_partitions`,
    );
  }
}
