import { MskBackupError } from '../errors.ts';
import type { ObjectStore } from '../storage/object-store.ts';

/**
 * What a restore writes down beside the archive, so that it can be stopped anywhere and go on, be reported and be undone: an
 * object per entry, `{restoreId}/{number}-{kind}.json`, create-only and numbered without gaps. Two processes that run the same
 * restore want the same number: the second learns of the first.
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

export class RestoreJournal {
  readonly restoreId: string;
  readonly #store: ObjectStore;
  readonly #keys: { number: number; kind: EntryKind; key: string }[];

  private constructor(restoreId: string, store: ObjectStore, keys: RestoreJournal['keys']) {
    this.restoreId = restoreId;
    this.#store = store;
    this.#keys = [...keys];
  }

  /** The journal of a restore as far as it was written; empty for one that never ran. */
  static async open(store: ObjectStore, restoreId: string): Promise<RestoreJournal> {
    const keys: { number: number; kind: EntryKind; key: string }[] = [];
    for await (const { key } of store.list(`${restoreId}/`)) {
      const match = KEY.exec(key);
      if (match !== null) keys.push({ number: Number(match[2]), kind: match[3] as EntryKind, key });
    }
    return new RestoreJournal(restoreId, store, keys);
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
    return Promise.all(found.map(({ key }) => this.#read<Body>(key)));
  }

  /**
   * Writes an entry durably.
   * @throws MskBackupError kind `configuration`, `RESTORE_RUNS_ALREADY`, when another process has written to it meanwhile
   */
  async append<Body>(kind: EntryKind, body: Body): Promise<JournalEntry<Body>> {
    const number = (this.#keys.at(-1)?.number ?? -1) + 1;
    const entry: JournalEntry<Body> = { number, kind, at: new Date().toISOString(), body };
    const key = `${this.restoreId}/${String(number).padStart(8, '0')}-${kind}.json`;
    await this.#refuseTaken(number);
    await this.#store.put(key, Buffer.from(`${JSON.stringify(entry)}\n`));
    this.#keys.push({ number, kind, key });
    return entry;
  }

  async #refuseTaken(number: number): Promise<void> {
    const prefix = `${this.restoreId}/${String(number).padStart(8, '0')}-`;
    for await (const { key } of this.#store.list(prefix)) {
      throw new MskBackupError(
        'configuration',
        'RESTORE_RUNS_ALREADY',
        `another process runs the same restore: it has just written ${key} in ${this.#store.location}; wait until it ends, or stop it`,
      );
    }
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
