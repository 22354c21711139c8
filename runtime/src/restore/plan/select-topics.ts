import type { Snapshot, SnapshotPartition, SnapshotTopic } from '../../archive/snapshot.ts';
import type { RestoreJob } from '../../config/job.ts';
import { isLiteral, matchesSelection } from '../../config/topic-patterns.ts';
import { MskBackupError } from '../../errors.ts';

/** A topic of the snapshot that is to be restored. */
export interface SelectedTopic {
  source: SnapshotTopic;
  /** Name at the target. */
  target: string;
  /** Those of the source's partitions that are wanted, in the order of their numbers. */
  partitions: SnapshotPartition[];
}

/** Kafka keeps its own state in these: records of another cluster would damage it. */
const OWNED_BY_THE_CLUSTER = new Set([
  '__consumer_offsets',
  '__transaction_state',
  '__cluster_metadata',
  '__share_group_state',
]);

/**
 * The topics of the snapshot that the job asks for, by their names at the source, in the order of those names.
 * @returns `remarks`: what was left out, or had no effect
 * @throws MskBackupError kind `configuration`: a literal topic or every topic is missing, or two sources share a target
 */
export function selectTopics(snapshot: Snapshot, job: RestoreJob): { topics: SelectedTopic[]; remarks: string[] } {
  const remarks: string[] = [];
  refuseMissing(snapshot, job);
  const chosen = snapshot.topics
    .filter(({ name }) => matchesSelection(name, job.topics, { regexAllowed: true }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const topics: SelectedTopic[] = [];
  for (const source of chosen) {
    const target = targetOf(source.name, job);
    if (OWNED_BY_THE_CLUSTER.has(target)) {
      if (job.topics.include.includes(source.name)) throw ownedByTheCluster(source.name, target);
      remarks.push(`topic ${source.name} is left out: the target cluster keeps its own state in it`);
      continue;
    }
    topics.push({ source, target, partitions: choosePartitions(source, job, remarks) });
  }
  if (topics.length === 0) throw nothingSelected(snapshot, job);
  refuseSharedTargets(topics);
  for (const name of Object.keys(job.topicMapping)) {
    if (!topics.some(({ source }) => source.name === name)) {
      remarks.push(`restore.topic_mapping: ${name} is not among the topics that are restored: without effect`);
    }
  }
  for (const name of Object.keys(job.repartitioning)) {
    if (!topics.some(({ target }) => target === name)) {
      remarks.push(
        `restore.repartitioning: no topic is restored into ${name}: without effect (it takes names at the target)`,
      );
    }
  }
  return { topics, remarks };
}

/** A topic may be called `constructor`: only names of the mapping itself count. */
/** Name at the target. */
export function targetOf(name: string, { topicMapping }: Pick<RestoreJob, 'topicMapping'>): string {
  return Object.hasOwn(topicMapping, name) ? topicMapping[name]! : name;
}

function choosePartitions(source: SnapshotTopic, job: RestoreJob, remarks: string[]): SnapshotPartition[] {
  const wanted = job.sourcePartitions;
  const all = [...source.partitions].sort((a, b) => a.partition - b.partition);
  if (wanted === undefined) return all;
  const missing = wanted.filter((number) => !all.some(({ partition }) => partition === number));
  if (missing.length > 0) {
    remarks.push(`topic ${source.name} has no partition ${missing.join(', ')} (it has ${source.partitionCount})`);
  }
  return all.filter(({ partition }) => wanted.includes(partition));
}

function refuseMissing(snapshot: Snapshot, job: RestoreJob): void {
  const names = new Set(snapshot.topics.map(({ name }) => name));
  const missing = job.topics.include.filter((pattern) => isLiteral(pattern) && !names.has(pattern));
  if (missing.length === 0) return;
  throw new MskBackupError(
    'configuration',
    'TOPIC_NOT_IN_SNAPSHOT',
    `target.topics.include: snapshot ${snapshot.backupId} has no topic ${missing.join(', ')}; nothing was restored (\`msk-backup describe\` lists its topics)`,
  );
}

function nothingSelected(snapshot: Snapshot, job: RestoreJob): MskBackupError {
  const without = job.topics.exclude.length > 0 ? ` without [${job.topics.exclude.join(', ')}]` : '';
  return new MskBackupError(
    'configuration',
    'NO_TOPICS',
    `target.topics: none of the ${snapshot.topics.length} topics of snapshot ${snapshot.backupId} matches include [${job.topics.include.join(', ')}]${without}`,
  );
}

function refuseSharedTargets(topics: SelectedTopic[]): void {
  const sources = Map.groupBy(topics, ({ target }) => target);
  for (const [target, sharing] of sources) {
    if (sharing.length === 1) continue;
    throw new MskBackupError(
      'configuration',
      'TARGET_SHARED',
      `restore.topic_mapping: topics ${sharing.map(({ source }) => source.name).join(', ')} would all be restored into ${target}; give each a target of its own`,
    );
  }
}

function ownedByTheCluster(source: string, target: string): MskBackupError {
  return new MskBackupError(
    'configuration',
    'TARGET_INTERNAL',
    `topic ${source} cannot be restored into ${target}: the target cluster keeps its own state in it; map it to another name with restore.topic_mapping`,
  );
}
