import type { Snapshot } from '../../archive/snapshot.ts';
import type { RestoreJob } from '../../config/job.ts';
import { MskBackupError } from '../../errors.ts';
import { begunHint } from './begun-hint.ts';
import type { BegunTopic } from './begun-topics.ts';
import type { EarlierTopic } from './earlier-runs.ts';
import type { SelectedTopic } from './select-topics.ts';
import { refuseSharedPartitions, repartitionedTo, writtenPartitions } from './target-partitions.ts';
import type { TargetTopic } from './target-state.ts';

export interface ConditionInput {
  job: RestoreJob;
  snapshot: Pick<Snapshot, 'sequence' | 'archiveId'>;
  topics: SelectedTopic[];
  /** Topics of the target that exist, by name. */
  existing: Map<string, TargetTopic>;
  /** Those of them that an earlier run of this restore has begun, by name. */
  earlier: Map<string, EarlierTopic>;
  /** Those that another restore has begun, by name. */
  begun: Map<string, BegunTopic>;
  /** Whether the target is the cluster that the snapshot was taken from. */
  sameCluster: boolean;
}

/**
 * Everything that has to hold before a restore writes anything.
 * @throws MskBackupError kind `configuration`, naming every topic that is in the way
 */
export function checkConditions(input: ConditionInput): void {
  const { job, topics, existing, earlier, sameCluster } = input;
  refuseExactRepartitioning(topics, job);
  refuseSharedPartitions(topics, job);
  if (!job.createTopics) refuseMissingTargets(topics, existing);
  for (const topic of topics) {
    const target = existing.get(topic.target);
    if (target !== undefined) refusePartitions(topic, target, job);
  }
  for (const topic of topics) {
    const begun = earlier.get(topic.target);
    if (begun === undefined) continue;
    refuseWrittenSince(begun, existing.get(topic.target)!, job);
    refuseChanged(begun, existing.get(topic.target)!, job);
  }
  const holding = topics.filter(
    (topic) => !earlier.has(topic.target) && recordsIn(existing.get(topic.target), writtenPartitions(topic, job)) > 0,
  );
  if (sameCluster) refuseOwnSource(holding, input);
  if (!job.allowNonEmpty && holding.length > 0) throw notEmpty(holding, input);
}

function refuseExactRepartitioning(topics: SelectedTopic[], job: RestoreJob): void {
  const spread = topics.find(({ target }) => repartitionedTo(job, target) !== undefined);
  if (job.offsets !== 'exact' || spread === undefined) return;
  throw new MskBackupError(
    'configuration',
    'EXACT_REPARTITIONING',
    `restore.repartitioning: topic ${spread.target} cannot be repartitioned with restore.offsets: exact: a record that changes its partition cannot keep its offset; set restore.offsets: translate`,
  );
}

function recordsIn(target: TargetTopic | undefined, partitions: number[]): number {
  if (target === undefined) return 0;
  return partitions.reduce((total, partition) => {
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

function refusePartitions(topic: SelectedTopic, found: TargetTopic, job: RestoreJob): void {
  const spread = repartitionedTo(job, topic.target);
  if (spread !== undefined && spread !== found.partitionCount) {
    throw new MskBackupError(
      'configuration',
      'TARGET_PARTITIONS',
      `topic ${topic.target} has ${found.partitionCount} partitions at the target, but restore.repartitioning spreads it over ${spread}: keys would lie elsewhere than producers look for them; set target_partitions to ${found.partitionCount}, or delete the topic`,
    );
  }
  const needed = (writtenPartitions(topic, job).at(-1) ?? -1) + 1;
  if (found.partitionCount >= needed) return;
  throw new MskBackupError(
    'configuration',
    'TARGET_PARTITIONS',
    `topic ${topic.target} has ${found.partitionCount} partitions at the target, but ${topic.source.name} needs ${needed}; add partitions, delete the topic, or map it to another name with restore.topic_mapping`,
  );
}

/** A restore that came to its end has nothing left to do; beginning anew would lose what was written since. */
function refuseWrittenSince({ finished }: EarlierTopic, { name, offsets }: TargetTopic, job: RestoreJob): void {
  if (finished === undefined || job.allowNonEmpty) return;
  for (const [partition, end] of finished.ends) {
    const found = offsets.get(partition);
    if (found === undefined || found.end <= end) continue;
    throw new MskBackupError(
      'configuration',
      'RESTORE_FINISHED',
      `this restore was finished at ${finished.at}, and topic ${name} has been written to since (partition ${partition} ends at ${found.end}, then at ${end}): nothing is left to restore; to restore once more map the topic to another name with restore.topic_mapping, or begin anew with --recreate, which deletes what was written since`,
    );
  }
}

/** What an earlier run had written must still be there, and nothing of it deleted. */
function refuseChanged(begun: EarlierTopic, target: TargetTopic, job: RestoreJob): void {
  const { name, offsets } = target;
  for (const [partition, { start, progress }] of begun.partitions) {
    const found = offsets.get(partition);
    if (found === undefined) continue;
    const place = `topic ${name}, partition ${partition}`;
    if (found.end < (progress?.end ?? start)) {
      throw lost(`${place} ends at ${found.end}, although ${progress?.end ?? start} had been reached`);
    }
    // Exact restores move the log start themselves: what it has to be is checked in the end.
    if (job.offsets === 'translate' && found.start > start) {
      throw lost(`${place} starts at ${found.start}: records from ${start} on are deleted`);
    }
  }
  if (repartitionedTo(job, name) !== undefined) refuseHalfSpread(begun, target);
  if (!job.allowNonEmpty) return;
  throw new MskBackupError(
    'configuration',
    'RESTORED_BEFORE',
    `topic ${name} holds records of an earlier run of this same restore, and with restore.allow_non_empty nobody can tell which: restoring again would double them; restore without it to go on, or with --recreate to begin anew`,
  );
}

/** Of a topic that is repartitioned all has to be there, or nothing. */
function refuseHalfSpread({ spread }: EarlierTopic, { name, offsets }: TargetTopic): void {
  const holds = [...offsets.values()].some(({ start, end }) => end > start);
  if (spread === undefined && !holds) return;
  if (spread === undefined) {
    throw new MskBackupError(
      'configuration',
      'RESTORED_BEFORE',
      `topic ${name} was begun by an earlier run of this restore, and which of the records of a topic that is repartitioned are there cannot be told: delete it and restore again (other topics go on), or begin anew with --recreate`,
    );
  }
  for (const { target, end } of spread.targets) {
    const found = offsets.get(target)?.end ?? 0;
    const place = `topic ${name}, partition ${target}`;
    if (found < end) throw lost(`${place} ends at ${found}, although ${end} had been reached`);
    if (found === end) continue;
    throw new MskBackupError(
      'data',
      'TARGET_DIFFERS',
      `${place} ends at ${found}, not at ${end} where this restore had ended: somebody else has written to it; begin anew with --recreate, or delete the topic`,
    );
  }
}

function lost(what: string): MskBackupError {
  return new MskBackupError(
    'data',
    'TARGET_LOST_RECORDS',
    `${what}: the target no longer holds what this restore wrote in an earlier run; begin anew with --recreate, or delete the topic`,
  );
}

function refuseOwnSource(holding: SelectedTopic[], { begun, snapshot }: ConditionInput): void {
  const own = holding.filter(({ source, target }) => source.name === target).map(({ target }) => target);
  if (own.length === 0) return;
  const hint = begunHint(own, begun, snapshot);
  throw new MskBackupError(
    'configuration',
    'TARGET_IS_SOURCE',
    `topic ${own.join(', ')} was backed up from this same cluster and still holds records: a restore would double them; ${hint ?? 'map it to another name with restore.topic_mapping, or delete it first'}`,
  );
}

function notEmpty(holding: SelectedTopic[], { job, snapshot, existing, begun }: ConditionInput): MskBackupError {
  const list = holding.map(
    (topic) => `${topic.target} (${recordsIn(existing.get(topic.target), writtenPartitions(topic, job))})`,
  );
  const hint = begunHint(
    holding.map(({ target }) => target),
    begun,
    snapshot,
  );
  const otherwise =
    job.offsets === 'exact'
      ? ''
      : ', or set restore.allow_non_empty: true to add to it (new offsets, restore.offsets: translate)';
  return new MskBackupError(
    'configuration',
    'TARGET_NOT_EMPTY',
    `the target already holds records (offsets in brackets) in topic ${list.join(', ')}; nothing was restored: ${hint === undefined ? '' : `${hint}; otherwise `}delete it, map it to another name with restore.topic_mapping${otherwise}`,
  );
}
