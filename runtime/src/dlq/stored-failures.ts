import type { ObjectStore } from '../storage/object-store.ts';
import type { DeadLetterQueue, QueuedMessage } from './queue.ts';

/**
 * The objects that Lambda writes to an S3 bucket when a mapping gives up, as a queue: `aws/lambda/UUID/YYYY/MM/DD/…`. They are
 * read only: what was replayed is known from the notes on it, not from their absence.
 */
export class StoredFailures implements DeadLetterQueue {
  readonly location: string;
  readonly #store: ObjectStore;

  constructor(store: ObjectStore) {
    this.#store = store;
    this.location = store.location;
  }

  async *messages(signal: AbortSignal): AsyncGenerator<QueuedMessage, void, void> {
    for await (const { key } of this.#store.list('')) {
      if (signal.aborted) return;
      yield { id: key, body: (await this.#store.get(key)).toString('utf8') };
    }
  }

  async remove(): Promise<void> {}

  close(): Promise<void> {
    return this.#store.close();
  }
}
