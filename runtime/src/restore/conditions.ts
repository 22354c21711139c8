import type { RestoreJob } from '../config/job.ts';
import { MskBackupError } from '../errors.ts';
import type { SelectedTopic } from './select-topics.ts';
import type { TargetTopic } from './target-state.ts';

export interface ConditionInput {
  job: RestoreJob;
  topics: SelectedTopic[];
  /** Topics of the target that exist, by name. */
  existing: Map<string, TargetTopic>;
  /** Whether the target is the cluster that the snapshot was taken from. */
  sameCluster: boolean;
}

/**
 * Everything that has to hold before a restore writes anything.
 * @throws MskBackupError kind `configuration`, naming every topic that is in the way
 */
export function checkConditions({ job, topics, existing, sameCluster }: ConditionInput): void {
  if (!job.createTopics) refuseMissingTargets(topics, existing);
  for (const topic of topics) {
    const target = existing.get(topic.target);
    if (target !== undefined) refuseTooFewPartitions(topic, target);
  }
  const holding = topics.filter(({ target, partitions }) => recordsIn(existing.get(target), partitions) > 0);
  if (sameCluster) refuseOwnSource(holding);
  if (!job.allowNonEmpty && holding.length > 0) throw notEmpty(holding, existing);
}

function recordsIn(target: TargetTopic | undefined, partitions: { partition: number }[]): number {
  if (target === undefined) return 0;
  return partitions.reduce((total, { partition }) => {
    const range = target.offsets.get(partition);
    return total + (range === undefined ? 0 : range.end - range.start);
  }, 0);
}

function refuseMissingTargets(topics: SelectedTopic[], existing: Map<string, TargetTopic>): void {
  const missing = topics.filter(({ target }) => !existing.has(target)).map(({ target }) => target);
  if (missing.length === 0) return;
  throw new MskBackupError(
    'configuration',
    'TARGET_TOPIC_MISSING',
    `the target has no topic ${missing.join(', ')}, and restore.create_topics is false; create it, or let the restore do it`,
  );
}

function refuseTooFewPartitions({ source, target, partitions }: SelectedTopic, found: TargetTopic): void {
  const needed = Math.max(0, ...partitions.map(({ partition }) => partition + 1));
  if (found.partitionCount >= needed) return;
  throw new MskBackupError(
    'configuration',
    'TARGET_PARTITIONS',
    `topic ${target} has ${found.partitionCount} partitions at the target, but ${source.name} needs ${needed}; add partitions, delete the topic, or map it to another name with restore.topic_mapping`,
  );
}

function refuseOwnSource(holding: SelectedTopic[]): void {
  const own = holding.filter(({ source, target }) => source.name === target).map(({ target }) => target);
  if (own.length === 0) return;
  throw new MskBackupError(
    'configuration',
    'TARGET_IS_SOURCE',
    `topic ${own.join(', ')} was backed up from this same cluster and still holds records: a restore would double them; map it to another name with restore.topic_mapping, or delete it first`,
  );
}

function notEmpty(holding: SelectedTopic[], existing: Map<string, TargetTopic>): MskBackupError {
  const list = holding.map(({ target, partitions }) => `${target} (${recordsIn(existing.get(target), partitions)})`);
  return new MskBackupError(
    'configuration',
    'TARGET_NOT_EMPTY',
    `the target already holds records (offsets in brackets) in topic ${list.join(', ')}; nothing was restored: delete it, map it to another name with restore.topic_mapping, or set restore.allow_non_empty: true to add to it`,
  );
}
