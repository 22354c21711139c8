import type { RestoreJob } from '../config/job.ts';
import { MskBackupError } from '../errors.ts';
import type { KafkaClient } from '../kafka/client.ts';
import type { RunContext } from '../observe/run-context.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import { checkRestore, expectedChain } from './check.ts';
import { giveBack, tellWhatStays } from './give-back.ts';
import { openTopics, type TopicWork } from './open-topics.ts';
import { pauseTopics, planPause } from './pause-topics.ts';
import type { PreparedRestore } from './prepare-restore.ts';
import { RateLimit } from './rate-limit.ts';
import { readBack } from './read-back.ts';
import type { RestoredTopic, RestoreReport } from './report.ts';
import { createMissing, waitUntilLed } from './target-topics.ts';
import { writePartitions } from './write-partitions.ts';

export interface ExecuteOptions {
  /** Read the target back afterwards and compare it with the archive, record by record. Default false. */
  verifyRead?: boolean;
  /** How long a partition may wait for an acknowledgement, in ms. Default 120,000. */
  stallMs?: number;
}

/** Writes what was prepared, checks it, and gives the topics their settings back. */
export async function executeRestore(
  prepared: PreparedRestore,
  job: RestoreJob,
  client: KafkaClient,
  store: ObjectStore,
  context: RunContext,
  options: ExecuteOptions,
): Promise<RestoreReport> {
  const started = new Date();
  const { topics, plan } = prepared;
  refuseWhenStopped(context.signal);
  await createMissing(client, topics);
  const names = topics.map(({ target }) => target);
  const cluster = await waitUntilLed(client, names, context.signal);
  const pauses = await planPause(client, topics);
  for (const [topic, { leftOut }] of pauses) {
    const names = leftOut.join(', ');
    if (names !== '') context.progress.note('info', `topic ${topic}: the target does not know ${names}: left out`);
  }
  const rate = new RateLimit({
    bytesPerSecond: job.rateLimitBytesPerSec,
    recordsPerSecond: job.rateLimitRecordsPerSec,
  });
  const work = await openTopics(prepared, pauses, job, rate, client, cluster, context.signal);
  const tasks = work.flatMap((one) => one.tasks);

  let interrupted: boolean;
  let differences: RestoreReport['readBack'];
  try {
    await pauseTopics(client, pauses, context.signal);
    context.progress.stage('restore', { bytes: plan.rawBytes, records: plan.records });
    ({ interrupted } = await writePartitions(tasks, client, store, job, rate, context, options.stallMs));
    if (!interrupted) {
      await checkRestore(tasks, client, cluster, !job.allowNonEmpty, context.signal);
      if (options.verifyRead) differences = await readBack(tasks, client, cluster, store, context);
    }
  } catch (error) {
    tellWhatStays(work, context);
    throw error;
  }
  if (interrupted) tellWhatStays(work, context);
  else await giveBack(work, job, client, context);
  const finished = new Date();
  return {
    plan,
    startedAt: started.toISOString(),
    finishedAt: finished.toISOString(),
    durationMs: finished.getTime() - started.getTime(),
    topics: work.map(reportTopic),
    interrupted,
    ...(differences !== undefined && { readBack: differences }),
  };
}

function refuseWhenStopped(signal: AbortSignal): void {
  if (!signal.aborted) return;
  throw new MskBackupError('interrupted', 'INTERRUPTED', 'the restore was stopped before it had written anything');
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
