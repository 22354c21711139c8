import type { RestoreJob } from '../config/job.ts';
import { MskBackupError } from '../errors.ts';
import { unlessAborted } from '../flow/unless-aborted.ts';
import type { KafkaClient } from '../kafka/client.ts';
import { initProducerId } from '../kafka/init-producer-id.ts';
import type { RunContext } from '../observe/run-context.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import { checkRestore, expectedChain } from './check.ts';
import { giveBack, tellOriginals, tellWhatStays } from './give-back.ts';
import { undoLeftOvers } from './left-over.ts';
import { openTopics, type TopicWork } from './open-topics.ts';
import { pausedAmong, pauseTopics, planPause } from './pause-topics.ts';
import type { PreparedRestore } from './prepare-restore.ts';
import { RateLimit } from './rate-limit.ts';
import { readBack } from './read-back.ts';
import type { RestoredTopic, RestoreReport } from './report.ts';
import { writeReportFile } from './report-file.ts';
import { isStop } from './stopping.ts';
import { createMissing, waitUntilLed } from './target-topics.ts';
import { writePartitions } from './write-partitions.ts';

export interface ExecuteOptions {
  /** Read the target back afterwards and compare it with the archive, record by record. Default false. */
  verifyRead?: boolean;
  /** How long a partition may wait for an acknowledgement, in ms. Default 120,000. */
  stallMs?: number;
}

/**
 * Writes what was prepared, checks it, and gives the topics their settings back. The report file is written before
 * anything is changed, so that the original settings are known whatever happens, and again at the end.
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
  const { identity, cluster, pauses, work } = await openTarget(prepared, job, rate, client, context);
  const tasks = work.flatMap((one) => one.tasks);
  const report = (outcome: Outcome) => reportOn(prepared, started, work, outcome);

  await writeReportFile(job.reportFile, report({ interrupted: true }), 'no record was restored');
  tellOriginals(work, context);
  let interrupted = false;
  let differences: RestoreReport['readBack'];
  let paused = false;
  const { signal } = context;
  try {
    await unlessAborted(pauseTopics(client, pauses, signal), signal, 'stopped before the first record');
    paused = true;
    context.progress.stage('restore', { bytes: prepared.plan.rawBytes, records: prepared.plan.records });
    ({ interrupted } = await writePartitions(tasks, client, identity, store, job, rate, context, options.stallMs));
    if (!interrupted) {
      const check = checkRestore(tasks, client, cluster, !job.allowNonEmpty, signal);
      await unlessAborted(check, signal, 'stopped before the check');
      if (options.verifyRead) {
        const reading = readBack(tasks, client, cluster, store, context);
        differences = await unlessAborted(reading, signal, 'stopped while reading back');
      }
    }
  } catch (error) {
    if (!isStop(error, signal)) {
      const changed = paused ? undefined : await pausedAmong(client, pauses);
      tellWhatStays(changed === undefined ? work : work.filter(({ topic }) => changed.has(topic.target)), context);
      await writeFailure(job, report({ interrupted: false, error: messageOf(error) }), context);
      throw error;
    }
    interrupted = true;
  }
  if (interrupted) tellWhatStays(work, context);
  const failure = interrupted ? undefined : await giveBack(work, job, client, context);
  const readBackOf = differences !== undefined && { readBack: differences };
  if (failure !== undefined) {
    await writeFailure(job, report({ interrupted, ...readBackOf, error: failure.message }), context);
    throw failure;
  }
  const finished = report({ interrupted, ...readBackOf });
  await writeReportFile(job.reportFile, finished, 'the restore itself is done');
  return finished;
}

/**
 * Makes the target ready, without changing a topic that holds anything: what it refuses is known before there are topics
 * half made. A signal ends it at once; topics may have been created then.
 */
async function openTarget(
  prepared: PreparedRestore,
  job: RestoreJob,
  rate: RateLimit,
  client: KafkaClient,
  { signal, progress }: RunContext,
) {
  const { topics } = prepared;
  const step = <T>(work: () => Promise<T>): Promise<T> => {
    refuseWhenStopped(signal);
    return unlessAborted(work(), signal, STOPPED);
  };
  const identity = await step(() => initProducerId(client, signal));
  await step(() => createMissing(client, topics));
  const names = topics.map(({ target }) => target);
  const cluster = await step(() => waitUntilLed(client, names, signal));
  await step(() => undoLeftOvers(client, topics, progress, signal));
  const pauses = await step(() => planPause(client, topics));
  for (const [topic, { leftOut }] of pauses) {
    const names = leftOut.join(', ');
    if (names !== '') progress.note('info', `topic ${topic}: the target does not know ${names}: left out`);
  }
  const work = await step(() => openTopics(prepared, pauses, job, rate, client, cluster, signal));
  return { identity, cluster, pauses, work };
}

const STOPPED = 'the restore was stopped before it had written any record';

type Outcome = Pick<RestoreReport, 'interrupted' | 'readBack' | 'error'>;

function reportOn({ plan }: PreparedRestore, started: Date, work: TopicWork[], outcome: Outcome): RestoreReport {
  const finished = new Date();
  return {
    plan,
    startedAt: started.toISOString(),
    finishedAt: finished.toISOString(),
    durationMs: finished.getTime() - started.getTime(),
    topics: work.map(reportTopic),
    ...outcome,
  };
}

/** The report of a restore that failed. A file that cannot be written must not hide why. */
async function writeFailure(job: RestoreJob, report: RestoreReport, context: RunContext): Promise<void> {
  await writeReportFile(job.reportFile, report, 'the restore failed').catch((error: unknown) => {
    context.progress.note('warn', messageOf(error));
  });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function refuseWhenStopped(signal: AbortSignal): void {
  if (!signal.aborted) return;
  throw new MskBackupError('interrupted', 'INTERRUPTED', STOPPED);
}

function reportTopic({ topic, paused, tasks, stays }: TopicWork): RestoredTopic {
  return {
    source: topic.source.name,
    target: topic.target,
    ...(stays !== undefined && { retentionPaused: stays }),
    originalConfig: Object.fromEntries(paused.settings.map(({ name, original }) => [name, original])),
    partitions: tasks.map(({ writer, frames }) => ({
      partition: writer.partition,
      records: writer.ledger.records,
      batches: writer.ledger.batches,
      expectedChecksum: hexChain(expectedChain(frames)),
      producedChecksum: hexChain(writer.ledger.chain),
      targetStart: writer.ledger.start,
      targetEnd: writer.ledger.end,
    })),
  };
}

function hexChain(chain: number): string {
  return chain.toString(16).padStart(8, '0');
}
