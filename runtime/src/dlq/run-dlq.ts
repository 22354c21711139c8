import { readArchive } from '../archive/format-file.ts';
import type { BackupJob } from '../config/job.ts';
import { createKafkaClient } from '../kafka/kafkajs-client.ts';
import type { RunContext } from '../observe/run-context.ts';
import { openStore } from '../storage/open-store.ts';
import { parseStoreUrl } from '../storage/store-url.ts';
import { RangeFinder } from './find-range.ts';
import { type KeepReport, keepLetters } from './keep-letters.ts';
import { lettersLocation } from './letters-location.ts';
import type { DeadLetterQueue } from './queue.ts';
import { RecordProducer } from './record-producer.ts';
import { type ReplayReport, replayQueue } from './replay.ts';
import { ReplayedNotes } from './replayed-notes.ts';
import { StoredFailures } from './stored-failures.ts';

/**
 * @param place URL of an SQS queue, or `s3://bucket/prefix` (a directory, too) with what Lambda wrote there
 */
export async function openQueue(place: string): Promise<DeadLetterQueue> {
  if (/^https?:\/\//.test(place)) {
    // With the SDK, which other commands need not load.
    const { SqsQueue } = await import('./sqs-queue.ts');
    return new SqsQueue(place);
  }
  return new StoredFailures(await openStore(parseStoreUrl(place)));
}

/**
 * Replays a queue to the job's source cluster, with its archive for records that retention has taken.
 * @param queue closed in the end
 */
export async function runReplay(
  job: Pick<BackupJob, 'source' | 'storage'>,
  queue: DeadLetterQueue,
  options: { dryRun: boolean; limit?: number },
  context: RunContext,
): Promise<ReplayReport> {
  const store = await openStore(job.storage);
  const letters = await openStore(lettersLocation(job.storage));
  const client = createKafkaClient(job.source, { signal: context.signal });
  try {
    await readArchive(store);
    await client.connect();
    const finder = new RangeFinder(client, store);
    const producer = new RecordProducer(client, context.signal);
    return await replayQueue({ queue, finder, producer, notes: new ReplayedNotes(letters), ...options }, context);
  } finally {
    await Promise.allSettled([queue.close(), client.close(), store.close(), letters.close()]);
  }
}

/** Keeps the messages of a queue beside the job's archive. @param queue closed in the end */
export async function runKeep(
  job: Pick<BackupJob, 'storage'>,
  queue: DeadLetterQueue,
  context: RunContext,
): Promise<KeepReport> {
  const letters = await openStore(lettersLocation(job.storage));
  try {
    return await keepLetters(queue, letters, context);
  } finally {
    await Promise.allSettled([queue.close(), letters.close()]);
  }
}
