import { readArchive } from '../archive/format-file.ts';
import type { RestoreJob } from '../config/job.ts';
import { MskBackupError } from '../errors.ts';
import { unlessAborted } from '../flow/unless-aborted.ts';
import type { KafkaClient } from '../kafka/client.ts';
import { createKafkaClient } from '../kafka/kafkajs-client.ts';
import type { RunContext } from '../observe/run-context.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import { openStore } from '../storage/open-store.ts';
import { type ExecuteOptions, executeRestore } from './execute.ts';
import { prepareRestore } from './prepare-restore.ts';
import type { RestorePlan, RestoreReport } from './report.ts';
import { checkReportFile } from './report-file.ts';

export interface RestoreOptions extends ExecuteOptions {}

/**
 * What a restore would do, and whether it may. Reads the archive and asks the target; writes nothing.
 * @throws MskBackupError with what is in the way, as `runRestore` would before it writes anything
 */
export async function planRestore(job: RestoreJob, context: RunContext): Promise<RestorePlan> {
  return withConnections(job, context, async (client, store) => {
    const { plan } = await prepare(job, client, store, context);
    return plan;
  });
}

/**
 * Restores. Every condition is checked before anything is written.
 * @returns also when stopped by the signal: `interrupted` is true then, and the report says how far each partition got.
 * With `verifyRead`, `readBack.differences` tells what the target holds otherwise than the archive
 * @throws MskBackupError kind `configuration` when a condition does not hold (nothing was written), `data` when the
 * archive is damaged or the target does not hold what it should, `connection` when a side stays away
 */
export async function runRestore(
  job: RestoreJob,
  context: RunContext,
  options: RestoreOptions = {},
): Promise<RestoreReport> {
  await checkReportFile(job.reportFile);
  return withConnections(job, context, async (client, store) => {
    const prepared = await prepare(job, client, store, context);
    for (const note of prepared.plan.notes) context.progress.note('info', note);
    return executeRestore(prepared, job, client, store, context, options);
  });
}

const STOPPED = 'the restore was stopped before it had written anything';

function prepare(job: RestoreJob, client: KafkaClient, store: ObjectStore, context: RunContext) {
  return unlessAborted(prepareRestore(job, client, store, context), context.signal, STOPPED);
}

async function withConnections<T>(
  job: RestoreJob,
  { signal }: RunContext,
  work: (client: KafkaClient, store: ObjectStore) => Promise<T>,
): Promise<T> {
  refuseTimeWindow(job);
  const store = await openStore(job.storage);
  const client = createKafkaClient(job.target);
  try {
    await unlessAborted(readArchive(store), signal, STOPPED);
    await unlessAborted(client.connect(), signal, STOPPED);
    return await work(client, store);
  } finally {
    await Promise.allSettled([client.close(), store.close()]);
  }
}

function refuseTimeWindow({ timeWindow }: RestoreJob): void {
  if (timeWindow === undefined) return;
  throw new MskBackupError(
    'configuration',
    'NOT_AVAILABLE',
    'restore.time_window_start and restore.time_window_end are not available in this version: remove them to restore all records, nothing was restored',
  );
}
