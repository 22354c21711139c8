import type { BackupJob } from '../config/job.ts';
import { parseConfiguration } from '../config/parse-configuration.ts';
import type { DeadLetterQueue, QueuedMessage } from '../dlq/queue.ts';
import { openQueue, runReplay } from '../dlq/run-dlq.ts';
import { MskBackupError } from '../errors.ts';
import { jsonLog } from '../observe/json-log.ts';
import { logProgress } from '../observe/log-progress.ts';
import { backupConfiguration } from './backup-configuration.ts';
import { type Answer, answer, type LambdaContext } from './invocation.ts';
import { timeLeft } from './time-left.ts';

/** What an event source mapping for SQS gives a function. */
interface SqsEvent {
  Records: { messageId: string; body: string; attributes?: { SentTimestamp?: string }; eventSourceARN?: string }[];
}

/** Messages that SQS shall keep: the mapping needs `ReportBatchItemFailures` for it. */
interface BatchAnswer {
  batchItemFailures: { itemIdentifier: string }[];
}

/**
 * Lambda handler: replays dead letters to the cluster of the function's configuration, as `msk-backup dlq replay` does.
 * @param event of an event source mapping for the queue, or `{"queue": …, "limit": …, "dry_run": …}`, where `queue` may be left
 * out for `DLQ_QUEUE_URL` of the environment
 * @returns to a mapping the messages that SQS shall keep; else `{statusCode, body}` with the report as JSON
 * @throws what kept all messages from being replayed, so that the function's errors count it
 */
export async function handler(event: unknown, context: LambdaContext): Promise<Answer | BatchAnswer> {
  const log = jsonLog({ run: context.awsRequestId, level: 'info', fd: 1 });
  const { text, file } = await backupConfiguration(process.env, undefined);
  const { job } = parseConfiguration(text, { file, env: process.env, now: new Date(), mode: 'backup' });
  const time = timeLeft(context.getRemainingTimeInMillis());
  const progress = logProgress(log);
  const run = (queue: DeadLetterQueue, options: { dryRun: boolean; limit?: number }) =>
    runReplay(job as BackupJob, queue, options, { progress, signal: time.signal });
  try {
    if (isSqsEvent(event)) {
      const queue = new DeliveredMessages(event);
      await run(queue, { dryRun: false });
      return { batchItemFailures: queue.left().map((itemIdentifier) => ({ itemIdentifier })) };
    }
    const { place, ...options } = asked(event);
    return answer(200, { ...(await run(await openQueue(place), options)) });
  } finally {
    time.release();
    progress.end();
  }
}

function isSqsEvent(event: unknown): event is SqsEvent {
  const records = (event as Partial<SqsEvent> | null)?.Records;
  return (
    Array.isArray(records) &&
    records.every(({ messageId, body }) => typeof messageId === 'string' && typeof body === 'string')
  );
}

function asked(event: unknown): { place: string; dryRun: boolean; limit?: number } {
  const {
    queue = process.env.DLQ_QUEUE_URL,
    limit,
    dry_run: dryRun = false,
  } = (event ?? {}) as Record<string, unknown>;
  if (typeof queue !== 'string' || queue === '') {
    throw new MskBackupError(
      'configuration',
      'EVENT_INVALID',
      'event: queue is missing, and so is DLQ_QUEUE_URL of the environment',
    );
  }
  if (limit !== undefined && !(Number.isInteger(limit) && (limit as number) > 0)) {
    throw new MskBackupError(
      'configuration',
      'EVENT_INVALID',
      'event: limit must be a whole number of messages, 1 or more',
    );
  }
  if (typeof dryRun !== 'boolean') {
    throw new MskBackupError('configuration', 'EVENT_INVALID', 'event: dry_run must be true or false');
  }
  return { place: queue, dryRun, ...(limit !== undefined && { limit: limit as number }) };
}

/** The messages of one invocation. SQS deletes those that are not told as failed. */
class DeliveredMessages implements DeadLetterQueue {
  readonly location: string;
  readonly #waiting: Map<string, QueuedMessage>;

  constructor({ Records }: SqsEvent) {
    this.location = Records[0]?.eventSourceARN ?? 'the event';
    this.#waiting = new Map(
      Records.map(({ messageId: id, body, attributes }) => {
        const sentAt = attributes?.SentTimestamp;
        return [id, { id, body, ...(sentAt !== undefined && { sentAt: Number(sentAt) }) }];
      }),
    );
  }

  async *messages(): AsyncGenerator<QueuedMessage, void, void> {
    yield* [...this.#waiting.values()];
  }

  async remove({ id }: QueuedMessage): Promise<void> {
    this.#waiting.delete(id);
  }

  /** Ids of the messages that were not replayed. */
  left(): string[] {
    return [...this.#waiting.keys()];
  }

  async close(): Promise<void> {}
}
