import { createHash } from 'node:crypto';
import { hasCode } from '../errors.ts';
import type { ObjectStore } from '../storage/object-store.ts';

/** What was produced for a message, and where it is. */
export interface ReplayedNote {
  identity: string;
  /** ISO 8601. */
  at: string;
  records: number;
}

/** Remembers which messages were replayed: a queue may give one twice, and Lambda may write one twice. */
export class ReplayedNotes {
  readonly #store: ObjectStore;

  constructor(store: ObjectStore) {
    this.#store = store;
  }

  async has(identity: string): Promise<boolean> {
    return (await this.#store.size(keyOf(identity))) !== undefined;
  }

  async add(note: ReplayedNote): Promise<void> {
    try {
      await this.#store.put(keyOf(note.identity), Buffer.from(`${JSON.stringify(note)}\n`));
    } catch (error) {
      // Another run has replayed it at the same time; nothing is to be done about that any more.
      if (!hasCode(error, 'OBJECT_EXISTS')) throw error;
    }
  }
}

function keyOf(identity: string): string {
  return `replayed/${createHash('sha256').update(identity).digest('hex')}.json`;
}
