import { createHash } from 'node:crypto';
import { hasCode } from '../errors.ts';
import type { RunContext } from '../observe/run-context.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import type { DeadLetterQueue, QueuedMessage } from './queue.ts';

/** What became of the messages. It is JSON. */
export interface KeepReport {
  queue: string;
  /** Where they are kept. */
  location: string;
  kept: number;
  /** Were kept before. */
  known: number;
  interrupted: boolean;
}

/**
 * Keeps every message of a queue as an object, `messages/` and a name from its id, and leaves it on the queue. The object is the
 * message as JSON: `id`, `queue`, `sentAt` (ISO 8601), `body` (text, as it was).
 */
export async function keepLetters(
  queue: DeadLetterQueue,
  store: ObjectStore,
  { signal }: RunContext,
): Promise<KeepReport> {
  const report: KeepReport = { queue: queue.location, location: store.location, kept: 0, known: 0, interrupted: false };
  const seen = new Set<string>();
  for await (const message of queue.messages(signal)) {
    if (seen.has(message.id)) continue;
    seen.add(message.id);
    if (await keep(store, queue.location, message)) report.kept++;
    else report.known++;
  }
  return { ...report, interrupted: signal.aborted };
}

async function keep(store: ObjectStore, queue: string, { id, body, sentAt }: QueuedMessage): Promise<boolean> {
  const name = createHash('sha256')
    .update(JSON.stringify([queue, id]))
    .digest('hex');
  const kept = { id, queue, ...(sentAt !== undefined && { sentAt: new Date(sentAt).toISOString() }), body };
  try {
    await store.put(`messages/${name}.json`, Buffer.from(`${JSON.stringify(kept)}\n`));
    return true;
  } catch (error) {
    if (hasCode(error, 'OBJECT_EXISTS')) return false;
    throw error;
  }
}
