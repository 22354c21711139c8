import { newestCommit, writeCommit } from '../archive/commits.ts';
import type { Archive } from '../archive/format-file.ts';
import type { Frame } from '../archive/frame.ts';
import { writeIndex } from '../archive/index-object.ts';
import { mergeIndexes } from '../archive/merge-indexes.ts';
import type { Snapshot } from '../archive/snapshot.ts';
import type { BackupJob } from '../config/job.ts';
import { MskBackupError } from '../errors.ts';
import { unlessAborted } from '../flow/unless-aborted.ts';
import type { KafkaClient } from '../kafka/client.ts';
import { describeCluster } from '../kafka/describe-cluster.ts';
import type { RunContext } from '../observe/run-context.ts';
import { snapshotTopics } from './build-snapshot.ts';
import { carryOver, carryOverGroups } from './carry-over.ts';
import { copyPartitions } from './copy-partitions.ts';
import { FrameSink } from './frame-sink.ts';
import { refuseOldFormats } from './old-formats.ts';
import { PackSet } from './pack-set.ts';
import type { PartitionCopy } from './partition-copy.ts';
import { planRun, type RunPlan } from './plan-run.ts';
import { newRunId } from './run-id.ts';

/** A partition that makes no progress for so many request time-outs counts as unreachable. */
const PATIENCE_IN_TIMEOUTS = 2;

export interface TakenSnapshot {
  snapshot: Snapshot;
  /** The first reason why a partition did not reach its cut, naming the partition; undefined when all did or were stopped. */
  failure?: MskBackupError;
  /** True when the cut was that of an earlier, stopped run: there is newer data to copy. */
  resumed: boolean;
}

/**
 * One snapshot from plan to commit. Nothing counts before the commit, which is the last write: what a failed run leaves
 * behind is named by nobody.
 * @throws MskBackupError `COMMIT_TAKEN` when another run committed meanwhile, and what stops the run as a whole
 */
export async function takeSnapshot(
  client: KafkaClient,
  archive: Archive,
  job: BackupJob,
  backupId: string,
  context: RunContext,
): Promise<TakenSnapshot> {
  const startedAt = new Date();
  const runId = newRunId(startedAt);
  const { store } = archive;
  const parent = await newestCommit(store);
  const plan = await unlessAborted(
    planChecked(client, parent, job, context),
    context.signal,
    'stopped before anything was copied; the archive is as it was',
  );

  const topicOf = new Map(plan.cut.topics.map((topic) => [topic.name, topic]));
  const packs = new PackSet(store, {
    runId,
    packBytes: job.packBytes,
    bufferedBytes: job.bufferBytes / 2,
    metadataOf(name) {
      const { topicId, partitionCount, replicationFactor, config } = topicOf.get(name)!;
      const createdAt = startedAt.toISOString();
      const { id: archiveId, clusterId } = archive;
      return {
        archiveId,
        clusterId,
        runId,
        topic: name,
        topicId,
        partitionCount,
        replicationFactor,
        config,
        createdAt,
      };
    },
  });
  let copied: Awaited<ReturnType<typeof copyAll>>;
  try {
    copied = await copyAll(client, plan, packs, job, context);
  } catch (reason) {
    await packs.abort();
    throw reason;
  }
  const { frames, copies, failed, rawBytes } = copied;
  await refuseRecreated(client, plan);

  const indexes = [...(parent?.indexes ?? [])];
  if (frames.length > 0) indexes.push(await writeIndex(store, runId, 0, frames));
  const reasons = new Map([...failed].map(([copy, reason]) => [copy, messageOf(reason)]));
  const topics = snapshotTopics(plan.cut, copies, reasons, plan.leaderless);
  const carried = carryOver(parent, new Set(topicOf.keys()), plan.cluster.topics);
  for (const name of carried.gone) {
    context.progress.note(
      'warn',
      `topic ${name} is in the last snapshot but no longer in the cluster: only older snapshots hold it`,
    );
  }
  const allTopics = [...topics, ...carried.topics].sort((a, b) => (a.name < b.name ? -1 : 1));
  // Topics of another job that are not whole count too: `latest` must not stand for what is not there.
  const complete = allTopics.every(({ partitions }) =>
    partitions.every(({ reached, cut, failed }) => failed === undefined && reached >= cut),
  );
  const snapshot: Snapshot = {
    formatVersion: 1,
    sequence: (parent?.sequence ?? -1) + 1,
    backupId: plan.resumed ? parent!.backupId : backupId,
    kind: complete ? 'complete' : 'partial',
    parent: parent?.sequence ?? null,
    archiveId: archive.id,
    runId,
    startedAt: startedAt.toISOString(),
    committedAt: new Date().toISOString(),
    cluster: {
      id: archive.clusterId,
      ...(job.sourceClusterLabel === undefined ? {} : { label: job.sourceClusterLabel }),
    },
    cut: { time: plan.cut.time },
    topics: allTopics,
    groups: carryOverGroups(plan.cut.groups, parent, carried.topics),
    indexes: await mergeIndexes(store, runId, indexes, allTopics),
    added: {
      records: frames.reduce((sum, { records }) => sum + records, 0),
      rawBytes,
      storedBytes: packs.storedBytes,
      packs: packs.count,
      durationMs: Date.now() - startedAt.getTime(),
    },
  };
  await writeCommit(store, snapshot);
  const failure = failureOf(snapshot, failed, plan);
  return { snapshot, resumed: plan.resumed, ...(failure === undefined ? {} : { failure }) };
}

async function planChecked(
  client: KafkaClient,
  parent: Snapshot | undefined,
  job: BackupJob,
  context: RunContext,
): Promise<RunPlan> {
  const plan = await planRun(client, parent, job, context);
  await refuseOldFormats(client, plan, context.signal);
  return plan;
}

async function copyAll(client: KafkaClient, plan: RunPlan, packs: PackSet, job: BackupJob, context: RunContext) {
  let rawBytes = 0;
  const sink = new FrameSink(
    packs,
    {
      compression: job.compression,
      level: job.compressionLevel,
      recompress: job.recompress,
      bufferBytes: job.bufferBytes,
    },
    (frame) => {
      rawBytes += frame.rawLength;
    },
  );
  const offsets = plan.partitions.reduce((sum, { start, cut }) => sum + Math.max(0, cut - start), 0);
  context.progress.stage('backup', { records: offsets });
  const outcome = await copyPartitions(
    client,
    plan.cluster,
    plan.partitions,
    sink,
    {
      maxConcurrentPartitions: job.maxConcurrentPartitions,
      fetchMaxBytes: job.fetchMaxBytes,
      patienceMs: job.source.requestTimeoutMs * PATIENCE_IN_TIMEOUTS,
      gatherBytes: job.bufferBytes,
    },
    context,
  );
  await sink.drain();
  const frames: Frame[] = await packs.finish();
  return { ...outcome, frames, rawBytes };
}

/**
 * Fetches name topics, not topic ids: had a topic been replaced while it was copied, its frames would hold two histories.
 * @throws MskBackupError `TOPIC_RECREATED`
 */
async function refuseRecreated(client: KafkaClient, plan: RunPlan): Promise<void> {
  const now = await describeCluster(
    client,
    plan.cut.topics.map(({ name }) => name),
  );
  const ids = new Map(
    now.topics.filter(({ errorCode }) => errorCode === 0).map(({ name, topicId }) => [name, topicId]),
  );
  const changed = plan.cut.topics.filter(({ name, topicId }) => ids.get(name) !== topicId).map(({ name }) => name);
  if (changed.length === 0) return;
  throw new MskBackupError(
    'data',
    'TOPIC_RECREATED',
    `${changed.join(', ')}: deleted or created again while it was copied; nothing of this run was committed, run again`,
  );
}

function failureOf(snapshot: Snapshot, failed: Map<PartitionCopy, unknown>, plan: RunPlan): MskBackupError | undefined {
  const first = failed.entries().next().value;
  const count = failed.size + plan.leaderless.length;
  if (count === 0) return undefined;
  const [kind, code, message, cause] =
    first === undefined
      ? ([
          'connection',
          'LEADER_NOT_AVAILABLE',
          `${plan.leaderless[0]!.topic}[${plan.leaderless[0]!.partition}]: ${plan.leaderless[0]!.reason}`,
        ] as const)
      : first[1] instanceof MskBackupError
        ? ([first[1].kind, first[1].code, first[1].message, first[1]] as const)
        : ([undefined, '', '', first[1]] as const);
  // A bug of ours is not dressed up as something that the user could mend.
  if (kind === undefined) throw cause;
  return new MskBackupError(
    kind,
    code,
    `${message} (${count} ${count === 1 ? 'partition' : 'partitions'} not copied up to the cut; the others are in the ` +
      `partial snapshot ${snapshot.backupId}, commit ${snapshot.sequence})`,
    { cause },
  );
}

function messageOf(reason: unknown): string {
  return reason instanceof Error ? reason.message : String(reason);
}
