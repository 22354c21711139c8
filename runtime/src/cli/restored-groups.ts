import { readArchive } from '../archive/format-file.ts';
import { resolveSnapshot } from '../archive/resolve-snapshot.ts';
import type { Snapshot } from '../archive/snapshot.ts';
import type { RestoreJob } from '../config/job.ts';
import { MskBackupError } from '../errors.ts';
import { mapOfRestore } from '../groups/map-of.ts';
import type { GroupsToRestore } from '../groups/restore-groups.ts';
import type { RestoreJournal } from '../journal/journal.ts';
import type { OffsetsBody } from '../journal/offset-map-object.ts';
import type { KafkaClient } from '../kafka/client.ts';
import { describeCluster } from '../kafka/describe-cluster.ts';
import { createKafkaClient } from '../kafka/kafkajs-client.ts';
import { openStore } from '../storage/open-store.ts';
import { archiveIdOf, findRestore, withRestores } from './find-restore.ts';
import type { RestoredGroupsOptions } from './groups-commands.ts';
import type { CommonOptions } from './options.ts';
import { readJob } from './read-job.ts';
import type { Run } from './run.ts';

/** A restore whose records are at the target of a configuration, and a connection to that. */
export interface RestoreAtTarget {
  job: RestoreJob;
  client: KafkaClient;
  journal: RestoreJournal;
  offsets: OffsetsBody;
}

/**
 * Finds the restore that is meant and connects to its target; closes everything in the end.
 * @throws MskBackupError as `findRestore`; kind `configuration`, `RESTORE_ELSEWHERE`, for one to another cluster
 */
export async function withRestoreAtTarget<T>(
  { options, context, log }: Run<CommonOptions & { restore?: string }>,
  work: (restore: RestoreAtTarget) => Promise<T>,
): Promise<T> {
  const job = await readJob(options, 'restore', log);
  const client = createKafkaClient(job.target, { signal: context.signal });
  try {
    const archiveId = await archiveIdOf(job);
    await client.connect();
    const { clusterId } = await describeCluster(client, [], context.signal);
    const targetClusterId = clusterId ?? '';
    return await withRestores(job, async (store) => {
      const restoreId = options.restore;
      const choice = { archiveId, targetClusterId, job, ...(restoreId !== undefined && { restoreId }) };
      const { journal, offsets } = await findRestore(store, choice);
      refuseElsewhere(offsets, archiveId, targetClusterId);
      return work({ job, client, journal, offsets });
    });
  } finally {
    await client.close();
  }
}

/** What the groups of the restored snapshot are to become, as `planRestoredGroups` and `restoreGroups` take it. */
export function withRestoredGroups<T>(
  run: Run<RestoredGroupsOptions>,
  work: (input: GroupsToRestore, restore: RestoreAtTarget) => Promise<T>,
): Promise<T> {
  return withRestoreAtTarget(run, async (restore) => {
    const { job, client, journal, offsets } = restore;
    const input: GroupsToRestore = {
      client,
      snapshot: await restoredSnapshot(job, offsets),
      patterns: run.options.group ?? job.consumerGroups ?? [],
      mapOf: mapOfRestore(offsets),
      journal,
      signal: run.context.signal,
    };
    return work(input, restore);
  });
}

async function restoredSnapshot(job: RestoreJob, { snapshot }: OffsetsBody): Promise<Snapshot> {
  const store = await openStore(job.storage);
  try {
    await readArchive(store);
    return await resolveSnapshot(store, `commit:${snapshot.sequence}`, { allowPartial: true });
  } finally {
    await store.close();
  }
}

function refuseElsewhere({ restoreId, snapshot, target }: OffsetsBody, archiveId: string, clusterId: string): void {
  const differs =
    target.clusterId !== clusterId
      ? `went to cluster ${target.clusterId}, and the configuration's target is ${clusterId}`
      : snapshot.archiveId !== archiveId
        ? `was made from archive ${snapshot.archiveId}, and the configuration's storage is ${archiveId}`
        : undefined;
  if (differs === undefined) return;
  throw new MskBackupError(
    'configuration',
    'RESTORE_ELSEWHERE',
    `restore ${restoreId} ${differs}: give the configuration that it was made with`,
  );
}
