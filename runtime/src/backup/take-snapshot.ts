import { writeCommit } from '../archive/commits.ts';
import type { Archive } from '../archive/format-file.ts';
import { writeIndex } from '../archive/index-object.ts';
import { mergeIndexes } from '../archive/merge-indexes.ts';
import type { Snapshot, SnapshotTopic } from '../archive/snapshot.ts';
import type { BackupJob } from '../config/job.ts';
import type { MskBackupError } from '../errors.ts';
import { unlessAborted } from '../flow/unless-aborted.ts';
import type { KafkaClient } from '../kafka/client.ts';
import type { RunContext } from '../observe/run-context.ts';
import { snapshotTopics } from './build-snapshot.ts';
import { carryOver, carryOverGroups } from './carry-over.ts';
import { copyPartitions } from './copy-partitions.ts';
import { FrameSink } from './frame-sink.ts';
import { refuseOldFormats } from './old-formats.ts';
import { PackSet } from './pack-set.ts';
import { nextSequence, planRun, type RunPlan } from './plan-run.ts';
import { recheckTopics } from './recheck-topics.ts';
import { failureOf, topicsChanged } from './run-failure.ts';
import { newRunId } from './run-id.ts';
import { takeTurn } from './turn.ts';

/** A partition that makes no progress for so many request time-outs counts as unreachable. */
const PATIENCE_IN_TIMEOUTS = 2;

export interface TakenSnapshot {
  snapshot: Snapshot;
  /** The first reason why something is not in the snapshot; undefined when all is, or was stopped by the signal. */
  failure?: MskBackupError;
  /** Whether all that the run was to copy is in the snapshot. One that carries another job's topics can be partial all the same. */
  reached: boolean;
  /** True when the cut was that of an earlier, stopped run: there is newer data to copy. */
  resumed: boolean;
  /** Records that the run added, by topic. */
  records: ReadonlyMap<string, number>;
}

/**
 * One snapshot from plan to commit. Nothing counts before the commit, which is the last write: what a failed run leaves
 * behind is named by nobody.
 * @throws MskBackupError `BACKUP_RUNS_ALREADY` when another run is copying and this one is not to wait for it, `COMMIT_TAKEN`
 * when another run committed meanwhile, `TOPIC_RECREATED` when no topic is left, and
 * what stops the run as a whole
 */
export async function takeSnapshot(
  client: KafkaClient,
  archive: Archive,
  job: BackupJob,
  backupId: string,
  context: RunContext,
): Promise<TakenSnapshot> {
  const runId = newRunId(new Date());
  const turn = await takeTurn(archive.store, { runId, whenRunning: job.whenRunning }, context);
  try {
    const taken = await takeInTurn(client, archive, job, backupId, context, runId, turn.parent);
    turn.done();
    return taken;
  } catch (reason) {
    await turn.giveUp();
    throw reason;
  }
}

async function takeInTurn(
  client: KafkaClient,
  archive: Archive,
  job: BackupJob,
  backupId: string,
  context: RunContext,
  runId: string,
  parent: Snapshot | undefined,
): Promise<TakenSnapshot> {
  const startedAt = new Date();
  const { store } = archive;
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
    writeIndex: (shard, frames) => writeIndex(store, runId, shard, frames),
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
  const checked = await recheckTopics(client, plan.cut.topics, patienceOf(job), context.signal);
  const { changed } = checked;
  const kept = <T>(items: T[], nameOf: (item: T) => string) => items.filter((item) => !changed.has(nameOf(item)));
  const cut = { ...plan.cut, topics: kept(plan.cut.topics, ({ name }) => name) };
  if (changed.size > 0 && cut.topics.length === 0) throw topicsChanged(changed, 'nothing of this run was committed');
  for (const name of changed) {
    context.progress.note(
      'warn',
      `topic ${name} was deleted or created again while it was copied: it is not in this snapshot`,
    );
  }
  const copies = kept(copied.copies, ({ plan }) => plan.topic);
  const failed = new Map(kept([...copied.failed], ([{ plan }]) => plan.topic));
  const leaderless = kept(plan.leaderless, ({ topic }) => topic);
  const groups = plan.cut.groups
    .map((group) => ({ ...group, offsets: kept(group.offsets, ({ topic }) => topic) }))
    .filter(({ offsets }) => offsets.length > 0);
  const added = new Map(kept([...copied.stored], ([name]) => name));
  const stored = [...added.values()];

  const indexes = [...(parent?.indexes ?? []), ...(await packs.writeIndexes((topic) => !changed.has(topic)))];
  const reasons = new Map([...failed].map(([copy, reason]) => [copy, messageOf(reason)]));
  const topics = snapshotTopics(cut, copies, reasons, leaderless);
  const carried = carryOver(parent, new Set(topicOf.keys()), plan.cluster.topics);
  for (const name of carried.gone) {
    context.progress.note(
      'warn',
      `topic ${name} is in the last snapshot but no longer in the cluster: only older snapshots hold it`,
    );
  }
  const allTopics = [...topics, ...carried.topics].sort((a, b) => (a.name < b.name ? -1 : 1));
  const reached = changed.size === 0 && checked.unknown === undefined && topics.every(isWhole);
  // Topics of another job that are not whole count too: `latest` must not stand for what is not there.
  const complete = reached && carried.topics.every(isWhole);
  const snapshot: Snapshot = {
    formatVersion: 1,
    sequence: nextSequence(parent),
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
    groups: carryOverGroups(groups, parent, carried.topics),
    indexes: await mergeIndexes(store, runId, indexes, allTopics),
    added: {
      records: stored.reduce((sum, { records }) => sum + records, 0),
      rawBytes: stored.reduce((sum, { rawBytes }) => sum + rawBytes, 0),
      storedBytes: packs.storedBytes,
      packs: packs.count,
      durationMs: Date.now() - startedAt.getTime(),
    },
  };
  await writeCommit(store, snapshot);
  const failure = failureOf(snapshot, failed, leaderless, checked);
  const records = new Map([...added].map(([name, sums]) => [name, sums.records]));
  return { snapshot, reached, resumed: plan.resumed, records, ...(failure === undefined ? {} : { failure }) };
}

/** What a run would do, or the error with which it would refuse. Reads only. */
export async function planChecked(
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
  const stored = new Map<string, { records: number; rawBytes: number }>();
  const sink = new FrameSink(
    packs,
    {
      compression: job.compression,
      level: job.compressionLevel,
      recompress: job.recompress,
      bufferBytes: job.bufferBytes,
    },
    ({ topic, records, rawLength }) => {
      const sums = stored.get(topic);
      if (sums === undefined) stored.set(topic, { records, rawBytes: rawLength });
      else {
        sums.records += records;
        sums.rawBytes += rawLength;
      }
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
      patienceMs: patienceOf(job),
      gatherBytes: job.bufferBytes,
    },
    context,
  );
  await sink.drain();
  await packs.finish();
  return { ...outcome, stored };
}

function patienceOf(job: BackupJob): number {
  return job.source.requestTimeoutMs * PATIENCE_IN_TIMEOUTS;
}

function isWhole({ partitions }: SnapshotTopic): boolean {
  return partitions.every(({ reached, cut, failed }) => failed === undefined && reached >= cut);
}

function messageOf(reason: unknown): string {
  return reason instanceof Error ? reason.message : String(reason);
}
