import type { RestoreJob } from '../config/job.ts';
import { RateLimit } from '../flow/rate-limit.ts';
import { endsInTime, isStop } from '../flow/stopping.ts';
import { unlessAborted } from '../flow/unless-aborted.ts';
import type { RestoreJournal } from '../journal/journal.ts';
import type { KafkaClient } from '../kafka/client.ts';
import type { ClusterDescription } from '../kafka/describe-cluster.ts';
import type { RunContext } from '../observe/run-context.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import { checkRestore } from './check/check.ts';
import { readBack } from './check/read-back.ts';
import { setLogStart } from './exact/log-start.ts';
import { giveBack, tellOriginals, tellWhatStays } from './give-back.ts';
import { putConsumersBack } from './plan/consumers.ts';
import type { PreparedRestore } from './plan/prepare-restore.ts';
import type { RestoreReport } from './report/report.ts';
import { writeReportFile } from './report/report-file.ts';
import { type Outcome, reportOn } from './report-on.ts';
import { pausedAmong, pauseTopics } from './topics/pause-topics.ts';
import type { ExecuteOptions } from './write/execute-options.ts';
import { openTarget } from './write/open-target.ts';
import type { TopicWork } from './write/open-topics.ts';
import { writePartitions } from './write/write-partitions.ts';
import { writeOffsetMap } from './write-offset-map.ts';

/**
 * Writes what was prepared, checks it, puts the consumer groups and Lambda mappings on it, and gives the topics their
 * settings back. The report file is written before anything is changed, so that the original settings are known whatever
 * happens, and again at the end.
 */
export async function executeRestore(
  prepared: PreparedRestore,
  job: RestoreJob,
  client: KafkaClient,
  store: ObjectStore,
  context: RunContext,
  options: ExecuteOptions,
): Promise<RestoreReport> {
  const started = new Date();
  const rate = new RateLimit({
    bytesPerSecond: job.rateLimitBytesPerSec,
    recordsPerSecond: job.rateLimitRecordsPerSec,
  });
  const { signal } = context;
  const { journal, mappings } = prepared;
  // Lambda reads on until its mappings are disabled.
  await mappings.pause();
  const target = await openTarget(prepared, job, rate, client, context).catch((error: unknown) => {
    tellMappings(prepared, context);
    throw error;
  });
  const { cluster, pauses, work } = target;
  const outcome: Outcome = { interrupted: false };
  const report = () => reportOn(prepared, started, work, outcome);

  let paused = false;
  try {
    await writeReportFile(job.reportFile, { ...report(), interrupted: true }, 'no record was restored');
    tellOriginals(work, context);
    await unlessAborted(pauseTopics(client, pauses, signal), signal, 'stopped before the first record');
    paused = true;
    context.progress.stage('restore', { bytes: prepared.plan.rawBytes, records: prepared.plan.records });
    outcome.interrupted = (
      await writePartitions(target, client, journal, store, job, rate, context, options)
    ).interrupted;
    if (!outcome.interrupted) {
      const check = checkAll(work, client, cluster, job, signal);
      await unlessAborted(check, signal, 'stopped before the check');
      if (options.verifyRead) {
        const reading = readBack(work, client, cluster, store, context, options.verifyPartitions);
        outcome.readBack = await unlessAborted(reading, signal, 'stopped while reading back');
      }
      const offsets = await writeOffsetMap(prepared, work, job);
      outcome.offsetMap = offsets.location;
      if (outcome.readBack === undefined || outcome.readBack.differences.length === 0) {
        const going = putConsumersBack(prepared, offsets.body, outcome, client, context);
        outcome.interrupted = !(await endsInTime(going, signal));
      } else {
        tellConsumersStay(prepared, context);
      }
    }
  } catch (error) {
    if (!isStop(error, signal)) {
      const changed = paused ? undefined : await pausedAmong(client, pauses);
      tellWhatStays(changed === undefined ? work : work.filter(({ topic }) => changed.has(topic.target)), context);
      tellMappings(prepared, context);
      outcome.error = messageOf(error);
      await writeFailure(job, journal, report(), context);
      throw error;
    }
    outcome.interrupted = true;
  }
  if (outcome.interrupted) {
    tellWhatStays(work, context);
    tellMappings(prepared, context);
  }
  const failure = outcome.interrupted ? undefined : await giveBack(work, job, client, context);
  if (failure !== undefined) {
    outcome.error = failure.message;
    await writeFailure(job, journal, report(), context);
    throw failure;
  }
  const finished = report();
  await writeReportFile(job.reportFile, finished, 'the restore itself is done');
  await journal.append('report', finished);
  return finished;
}

/** Lambda mappings that stand still because the restore did not come to its end. */
function tellMappings({ mappings }: PreparedRestore, { progress }: RunContext): void {
  for (const line of mappings.giveUp()) progress.note('warn', line);
}

/** Nobody is to go on with what is not what it was. */
function tellConsumersStay(prepared: PreparedRestore, context: RunContext): void {
  const { groups, mappings } = prepared;
  if (groups === undefined && mappings.plan.length === 0) return;
  context.progress.note(
    'warn',
    'consumer groups and Lambda event source mappings are left as they are, because the target differs from the archive',
  );
  tellMappings(prepared, context);
}

/** Log starts first: what is below them must be gone before the target is compared with the archive. */
async function checkAll(
  work: TopicWork[],
  client: KafkaClient,
  cluster: ClusterDescription,
  job: RestoreJob,
  signal: AbortSignal,
): Promise<void> {
  const tasks = work.flatMap((one) => one.tasks);
  const starts = tasks.flatMap(({ writer: { topic, partition }, extent }) =>
    extent === undefined || extent.start === 0 ? [] : [{ topic, partition, offset: extent.start }],
  );
  if (starts.length > 0) await setLogStart(client, cluster, starts, signal);
  await checkRestore(work, client, cluster, !job.allowNonEmpty, signal);
}

/** The report of a restore that failed. A file that cannot be written must not hide why. */
async function writeFailure(
  job: RestoreJob,
  journal: RestoreJournal,
  report: RestoreReport,
  context: RunContext,
): Promise<void> {
  const written = await Promise.allSettled([
    writeReportFile(job.reportFile, report, 'the restore failed'),
    journal.append('report', report),
  ]);
  for (const result of written) {
    if (result.status === 'rejected') context.progress.note('warn', messageOf(result.reason));
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
