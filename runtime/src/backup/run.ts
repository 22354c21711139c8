import { setTimeout as sleep } from 'node:timers/promises';
import { newestCommit } from '../archive/commits.ts';
import { type Archive, openArchive, tryReadFormat } from '../archive/format-file.ts';
import type { Snapshot } from '../archive/snapshot.ts';
import type { BackupJob } from '../config/job.ts';
import { MskBackupError } from '../errors.ts';
import { unlessAborted } from '../flow/unless-aborted.ts';
import type { KafkaClient } from '../kafka/client.ts';
import { type ClusterDescription, describeCluster } from '../kafka/describe-cluster.ts';
import { createKafkaClient } from '../kafka/kafkajs-client.ts';
import type { RunContext } from '../observe/run-context.ts';
import { openStore } from '../storage/open-store.ts';
import type { BackupPlan, BackupResult } from './result.ts';
import { planChecked, takeSnapshot } from './take-snapshot.ts';

/** A continuous backup takes any number of snapshots, each as large as the cluster has partitions: the last few are kept. */
const KEPT_SNAPSHOTS = 20;

/** What does not end a continuous backup: the next run finds out how things stand now. */
const PASSING_CODES = new Set(['TOPIC_RECREATED', 'LOG_TRUNCATED', 'COMMIT_TAKEN', 'BACKUP_RUNS_ALREADY']);

/** What came of one try at a snapshot. */
export interface BackupAttempt {
  startedAt: Date;
  /** What was committed, also when it lacks something. */
  snapshot?: Snapshot;
  /** Records that the run added, by topic. */
  records: ReadonlyMap<string, number>;
  /** Whether all that it was to copy is in the snapshot. */
  reached: boolean;
}

/** Is told of each attempt when it is over; the run waits for it. Must not throw. */
export type OnAttempt = (attempt: BackupAttempt) => Promise<void>;

interface Taken {
  count: number;
  /** Oldest first. */
  latest: Snapshot[];
}

/**
 * Backs up: one snapshot, or with `continuous` one every `snapshotIntervalMs` until the signal.
 * @returns also when stopped by the signal: what was copied until then has been committed as a partial snapshot
 * @throws MskBackupError when partitions could not be copied up to the cut (what could be is committed, as the message
 * says) or the run as a whole failed (nothing is committed)
 */
export async function runBackup(
  job: BackupJob,
  context: RunContext,
  onAttempt: OnAttempt = async () => {},
): Promise<BackupResult> {
  return withConnections(job, context, async (client, store) => {
    const clusterId = clusterIdOf(await describeCluster(client, []));
    const archive = await openArchive(store, {
      clusterId,
      ...(job.sourceClusterLabel === undefined ? {} : { label: job.sourceClusterLabel }),
    });
    const taken: Taken = { count: 0, latest: [] };
    const result = (interrupted: boolean): BackupResult => ({
      location: store.location,
      taken: taken.count,
      snapshots: taken.latest,
      interrupted,
    });
    for (;;) {
      const began = Date.now();
      const { resumed, reached } = await oneSnapshot(client, archive, job, context, taken, onAttempt);
      // After the cut of an earlier run, this one's own is still to come.
      if (context.signal.aborted) return result(resumed || !reached);
      if (resumed) continue;
      if (!job.continuous) return result(false);
      const rest = Math.max(0, began + job.snapshotIntervalMs - Date.now());
      await sleep(rest, undefined, { signal: context.signal }).catch(() => {});
      if (context.signal.aborted) return result(false);
    }
  });
}

/**
 * What a backup would copy now. Writes nothing.
 * @throws MskBackupError where a backup would refuse: another cluster's archive, old message formats
 */
export async function planBackup(job: BackupJob, context: RunContext): Promise<BackupPlan> {
  return withConnections(job, context, async (client, store) => {
    // Opening an archive that exists writes nothing, and refuses that of another cluster.
    if ((await tryReadFormat(store)) !== undefined) {
      await openArchive(store, { clusterId: clusterIdOf(await describeCluster(client, [])) });
    }
    const parent = await newestCommit(store);
    const notes: string[] = [];
    const { cluster, cut, partitions, leaderless } = await planChecked(client, parent, job, {
      ...context,
      progress: { ...context.progress, note: (_level, message) => notes.push(message) },
    });
    for (const { topic, partition, reason } of leaderless) notes.push(`${topic}[${partition}]: ${reason}`);
    return {
      cluster: {
        id: clusterIdOf(cluster),
        ...(job.sourceClusterLabel === undefined ? {} : { label: job.sourceClusterLabel }),
      },
      archive: { location: store.location, newest: parent?.sequence ?? null },
      topics: cut.topics.map(({ name, partitionCount }) => {
        const own = partitions.filter(({ topic }) => topic === name);
        return {
          name,
          partitions: partitionCount,
          offsets: own.reduce((sum, { start, cut }) => sum + Math.max(0, cut - start), 0),
          fullCopies: own.flatMap(({ partition, restarted }) =>
            restarted === undefined ? [] : [{ partition, reason: restarted }],
          ),
        };
      }),
      groups: cut.groups.map(({ groupId }) => groupId),
      notes,
    };
  });
}

/** @returns `resumed`: the snapshot was of an older, stopped run's cut, so that there is newer data */
async function oneSnapshot(
  client: KafkaClient,
  archive: Archive,
  job: BackupJob,
  context: RunContext,
  taken: Taken,
  onAttempt: OnAttempt,
): Promise<{ resumed: boolean; reached: boolean }> {
  const startedAt = new Date();
  // Each snapshot of a continuous backup can be asked for by a name of its own.
  const backupId = job.continuous
    ? `${job.backupId}-${new Date().toISOString().replace(/[-:]|\.\d+/g, '')}`
    : job.backupId;
  const first = taken.count === 0;
  try {
    const { snapshot, resumed, reached, failure, records } = await takeSnapshot(
      client,
      archive,
      first ? job : { ...job, full: false },
      backupId,
      context,
    ).catch(async (reason) => {
      await onAttempt({ startedAt, reached: false, records: new Map() });
      throw reason;
    });
    taken.count++;
    taken.latest.push(snapshot);
    if (taken.latest.length > KEPT_SNAPSHOTS) taken.latest.shift();
    await onAttempt({ startedAt, snapshot, reached: reached && failure === undefined, records });
    if (failure !== undefined) throw failure;
    return { resumed, reached };
  } catch (reason) {
    if (!job.continuous || !isPassing(reason, first)) throw reason;
    context.progress.note('warn', `${reason.message}; trying again at the next interval`);
    return { resumed: false, reached: false };
  }
}

/** A broker that is away for an hour, or a topic that is deleted, must not end a backup that runs for months. */
function isPassing(reason: unknown, first: boolean): reason is MskBackupError {
  if (!(reason instanceof MskBackupError)) return false;
  // At the start it is rather the configuration that is wrong.
  return PASSING_CODES.has(reason.code) || (reason.kind === 'connection' && !first);
}

/** An archive belongs to one cluster, so a cluster without a name cannot be backed up. */
function clusterIdOf({ clusterId }: ClusterDescription): string {
  if (clusterId !== null) return clusterId;
  throw new MskBackupError(
    'connection',
    'CLUSTER_ID_UNKNOWN',
    'source: the brokers do not say the id of their cluster',
  );
}

async function withConnections<T>(
  job: BackupJob,
  context: RunContext,
  work: (client: KafkaClient, store: Awaited<ReturnType<typeof openStore>>) => Promise<T>,
): Promise<T> {
  const client = createKafkaClient(job.source);
  const store = await openStore(job.storage);
  try {
    await unlessAborted(client.connect(), context.signal, 'stopped while connecting; nothing was copied');
    return await work(client, store);
  } finally {
    await Promise.allSettled([client.close(), store.close()]);
  }
}
