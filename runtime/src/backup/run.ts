import { setTimeout as sleep } from 'node:timers/promises';
import { newestCommit } from '../archive/commits.ts';
import { type Archive, openArchive } from '../archive/format-file.ts';
import type { Snapshot } from '../archive/snapshot.ts';
import type { BackupJob } from '../config/job.ts';
import { MskBackupError } from '../errors.ts';
import { unlessAborted } from '../flow/unless-aborted.ts';
import type { KafkaClient } from '../kafka/client.ts';
import { type ClusterDescription, describeCluster } from '../kafka/describe-cluster.ts';
import { createKafkaClient } from '../kafka/kafkajs-client.ts';
import type { RunContext } from '../observe/run-context.ts';
import { openStore } from '../storage/open-store.ts';
import { planRun } from './plan-run.ts';
import type { BackupPlan, BackupResult } from './result.ts';
import { takeSnapshot } from './take-snapshot.ts';

/**
 * Backs up: one snapshot, or with `continuous` one every `snapshotIntervalMs` until the signal.
 * @returns also when stopped by the signal: what was copied until then has been committed as a partial snapshot
 * @throws MskBackupError when partitions could not be copied up to the cut (what could be is committed, as the message
 * says) or the run as a whole failed (nothing is committed)
 */
export async function runBackup(job: BackupJob, context: RunContext): Promise<BackupResult> {
  return withConnections(job, context, async (client, store) => {
    const clusterId = clusterIdOf(await describeCluster(client, []));
    const archive = await openArchive(store, {
      clusterId,
      ...(job.sourceClusterLabel === undefined ? {} : { label: job.sourceClusterLabel }),
    });
    const snapshots: Snapshot[] = [];
    for (;;) {
      const began = Date.now();
      const resumed = await oneSnapshot(client, archive, job, context, snapshots);
      if (context.signal.aborted)
        return { location: store.location, snapshots, interrupted: snapshots.at(-1)?.kind !== 'complete' };
      if (resumed) continue;
      if (!job.continuous) return { location: store.location, snapshots, interrupted: false };
      const rest = Math.max(0, began + job.snapshotIntervalMs - Date.now());
      await sleep(rest, undefined, { signal: context.signal }).catch(() => {});
      if (context.signal.aborted) return { location: store.location, snapshots, interrupted: false };
    }
  });
}

/** What a backup would copy now. Writes nothing. */
export async function planBackup(job: BackupJob, context: RunContext): Promise<BackupPlan> {
  return withConnections(job, context, async (client, store) => {
    const parent = await newestCommit(store);
    const notes: string[] = [];
    const { cluster, cut, partitions, leaderless } = await planRun(client, parent, job, {
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

/** @returns whether the snapshot was of an older, stopped run's cut, so that there is newer data */
async function oneSnapshot(
  client: KafkaClient,
  archive: Archive,
  job: BackupJob,
  context: RunContext,
  snapshots: Snapshot[],
): Promise<boolean> {
  // Each snapshot of a continuous backup can be asked for by a name of its own.
  const backupId = job.continuous
    ? `${job.backupId}-${new Date().toISOString().replace(/[-:]|\.\d+/g, '')}`
    : job.backupId;
  const first = snapshots.length === 0;
  try {
    const taken = await takeSnapshot(client, archive, first ? job : { ...job, full: false }, backupId, context);
    snapshots.push(taken.snapshot);
    if (taken.failure !== undefined) throw taken.failure;
    return taken.resumed;
  } catch (reason) {
    // A broker that is away for an hour must not end a backup that runs for months.
    const passing = reason instanceof MskBackupError && reason.kind === 'connection' && job.continuous && !first;
    if (!passing) throw reason;
    context.progress.note('warn', `${reason.message}; trying again at the next interval`);
    return false;
  }
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
