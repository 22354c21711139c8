import { readArchive } from '../archive/format-file.ts';
import type { RestoreJob } from '../config/job.ts';
import { unlessAborted } from '../flow/unless-aborted.ts';
import { stateLocation } from '../journal/state-location.ts';
import type { KafkaClient } from '../kafka/client.ts';
import { createKafkaClient } from '../kafka/kafkajs-client.ts';
import type { RunContext } from '../observe/run-context.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import { openStore } from '../storage/open-store.ts';
import { executeRestore } from './execute.ts';
import { type PrepareOptions, prepareRestore } from './plan/prepare-restore.ts';
import type { RestorePlan, RestoreReport } from './report/report.ts';
import { checkReportFile } from './report/report-file.ts';
import type { ExecuteOptions } from './write/execute-options.ts';

export interface RestoreOptions extends ExecuteOptions, PrepareOptions {}

/**
 * What a restore would do, and whether it may. Reads the archive and asks the target; writes nothing.
 * @throws MskBackupError with what is in the way, as `runRestore` would before it writes anything
 */
export async function planRestore(
  job: RestoreJob,
  context: RunContext,
  options: PrepareOptions = {},
): Promise<RestorePlan> {
  await checkReportFile(job.reportFile);
  return withConnections(job, context, async (connections) => {
    const { plan, mappings } = await prepare(job, connections, context, options);
    mappings.close();
    return plan;
  });
}

/**
 * Restores. Every condition is checked before anything is written. Run again after it was stopped, it goes on.
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
  return withConnections(job, context, async (connections) => {
    const prepared = await prepare(job, connections, context, options);
    try {
      for (const note of prepared.plan.notes) context.progress.note('info', note);
      return await executeRestore(prepared, job, connections.client, connections.store, context, options);
    } finally {
      prepared.mappings.close();
    }
  });
}

const STOPPED = 'the restore was stopped before it had written anything';

/** What a restore talks to. */
export interface Connections {
  client: KafkaClient;
  /** The archive. */
  store: ObjectStore;
  /** Where restores keep their journals. */
  state: ObjectStore;
}

function prepare(job: RestoreJob, { client, store, state }: Connections, context: RunContext, options: PrepareOptions) {
  return unlessAborted(prepareRestore(job, client, store, state, context, options), context.signal, STOPPED);
}

/** Opens the archive, the state and the cluster, and closes them in the end. */
export async function withConnections<T>(
  job: RestoreJob,
  { signal }: RunContext,
  work: (connections: Connections) => Promise<T>,
): Promise<T> {
  const store = await openStore(job.storage);
  const state = await openStore(stateLocation(job));
  const client = createKafkaClient(job.target);
  try {
    await unlessAborted(readArchive(store), signal, STOPPED);
    await unlessAborted(client.connect(), signal, STOPPED);
    return await work({ client, store, state });
  } finally {
    await Promise.allSettled([client.close(), store.close(), state.close()]);
  }
}
