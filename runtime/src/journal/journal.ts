import { randomUUID } from 'node:crypto';
import pLimit from 'p-limit';
import { hasCode, MskBackupError } from '../errors.ts';
import type { ObjectStore } from '../storage/object-store.ts';

/**
 * What a restore writes down beside the archive, so that it can be stopped anywhere and go on, be reported and be undone: an
 * object per entry, `{restoreId}/{number}-{kind}.json`, create-only. Before it the number is taken by an object
 * `{number}.taken`: two processes that run the same restore want the same number, whatever they write, and the second learns
 * of the first.
 */
export type EntryKind =
  /** Before topics are created: what is going to be done, as a dry run prints it. */
  | 'plan'
  /** Behind their creation: see `CreatedBody`. */
  | 'created'
  /** Before the first record is written: see `StartedBody`. */
  | 'started'
  /** How far each partition has got, now and then: see `ProgressBody`. */
  | 'progress'
  /** Where the records are, when all are: see offset-map-object.ts. */
  | 'offsets'
  /** Offsets of groups as they were before they were replaced. */
  | 'groups-replaced'
  /** Lambda mappings as they were before they were changed. */
  | 'mappings'
  /** The report, also of a run that was stopped or failed. */
  | 'report';

export interface JournalEntry<Body> {
  /** From 0. */
  number: number;
  kind: EntryKind;
  /** ISO 8601, UTC. */
  at: string;
  body: Body;
}

const KEY = /^([0-9a-f]+)\/(\d{8})-([a-z-]+)\.json$/;
const TAKEN = /^[0-9a-f]+\/(\d{8})\.taken$/;
/** A restore of a day has thousands of entries. */
const READS_AT_ONCE = 8;

export class RestoreJournal {
  readonly restoreId: string;
  readonly #store: ObjectStore;
  readonly #keys: { number: number; kind: EntryKind; key: string }[];
  /** Number of the next entry. */
  #next: number;
  #writing: Promise<unknown> = Promise.resolve();

  private constructor(restoreId: string, store: ObjectStore, keys: RestoreJournal['keys'], next: number) {
    this.restoreId = restoreId;
    this.#store = store;
    this.#keys = [...keys];
    this.#next = next;
  }

  /** The journal of a restore as far as it was written; empty for one that never ran. */
  static async open(store: ObjectStore, restoreId: string): Promise<RestoreJournal> {
    const keys: { number: number; kind: EntryKind; key: string }[] = [];
    let next = 0;
    try {
      for await (const { key } of store.list(`${restoreId}/`)) {
        const match = KEY.exec(key);
        if (match !== null) keys.push({ number: Number(match[2]), kind: match[3] as EntryKind, key });
        const number = match?.[2] ?? TAKEN.exec(key)?.[1];
        if (number !== undefined) next = Math.max(next, Number(number) + 1);
      }
    } catch (error) {
      throw inJournal(error);
    }
    return new RestoreJournal(restoreId, store, keys, next);
  }

  /** Ids of every restore that has a journal here, in the order of their ids. */
  static async list(store: ObjectStore): Promise<string[]> {
    const ids = new Set<string>();
    for await (const { key } of store.list('')) {
      const id = KEY.exec(key)?.[1];
      if (id !== undefined) ids.add(id);
    }
    return [...ids];
  }

  /** Where it is kept, for messages. */
  get location(): string {
    return `${this.#store.location}/${this.restoreId}`;
  }

  /** What is there, in the order it was written. */
  get keys(): readonly { number: number; kind: EntryKind; key: string }[] {
    return this.#keys;
  }

  /** The newest entry of a kind; undefined when there is none, or none after `since`. */
  async last<Body>(kind: EntryKind, since = -1): Promise<JournalEntry<Body> | undefined> {
    const found = this.#keys.findLast((entry) => entry.kind === kind && entry.number > since);
    return found && this.#read<Body>(found.key);
  }

  /** All entries of a kind after `since`, in their order. */
  async all<Body>(kind: EntryKind, since = -1): Promise<JournalEntry<Body>[]> {
    const found = this.#keys.filter((entry) => entry.kind === kind && entry.number > since);
    return pLimit(READS_AT_ONCE).map(found, ({ key }) => this.#read<Body>(key));
  }

  /**
   * Writes an entry durably; several in the order of the calls.
   * @throws MskBackupError kind `configuration`, `RESTORE_RUNS_ALREADY`, when another process has written to it meanwhile
   */
  append<Body>(kind: EntryKind, body: Body): Promise<JournalEntry<Body>> {
    const appended = this.#writing
      .then(() => this.#append(kind, body))
      .catch((error) => {
        throw inJournal(error);
      });
    this.#writing = appended.catch(() => {});
    return appended;
  }

  /** @throws as `append`, without writing anything */
  refuseRival(): Promise<void> {
    const asked = this.#writing.then(async () => {
      // Not asked for by its name: that needs a permission more where policies name prefixes.
      for await (const { key } of this.#store.list(prefixOf(this.restoreId, this.#next))) throw this.#taken(key);
    });
    this.#writing = asked.catch(() => {});
    return asked;
  }

  async #append<Body>(kind: EntryKind, body: Body): Promise<JournalEntry<Body>> {
    const number = this.#next;
    await this.#take(`${prefixOf(this.restoreId, number)}.taken`);
    this.#next++;
    const key = `${prefixOf(this.restoreId, number)}-${kind}.json`;
    const entry: JournalEntry<Body> = { number, kind, at: new Date().toISOString(), body };
    await this.#store.put(key, Buffer.from(`${JSON.stringify(entry)}\n`));
    this.#keys.push({ number, kind, key });
    return entry;
  }

  async #take(key: string): Promise<void> {
    try {
      // Like no other: a store that asks whose it is, because an answer was lost, must not take another one's for ours.
      await this.#store.put(key, Buffer.from(randomUUID()));
    } catch (error) {
      throw hasCode(error, 'OBJECT_EXISTS') ? this.#taken(key) : error;
    }
  }

  #taken(key: string): MskBackupError {
    return new MskBackupError(
      'configuration',
      'RESTORE_RUNS_ALREADY',
      `another process runs the same restore: it has just taken ${key} in ${this.#store.location}; wait until it ends, or stop it`,
    );
  }

  async #read<Body>(key: string): Promise<JournalEntry<Body>> {
    const text = (await this.#store.get(key)).toString('utf8');
    try {
      return JSON.parse(text) as JournalEntry<Body>;
    } catch (cause) {
      throw new MskBackupError(
        'data',
        'JOURNAL_DAMAGED',
        `${key} in ${this.#store.location} is not JSON: restore with --recreate, or into other topics`,
        { cause },
      );
    }
  }
}

/** Whoever may read an archive only is told what there is to write, and that it may be elsewhere. */
function inJournal(error: unknown): unknown {
  if (!(error instanceof MskBackupError) || !error.code.startsWith('STORAGE_')) return error;
  const message = `${error.message}; a restore keeps its journal there: restore.state names another place`;
  return new MskBackupError(error.kind, error.code, message, { cause: error });
}

function prefixOf(restoreId: string, number: number): string {
  return `${restoreId}/${String(number).padStart(8, '0')}`;
}
