import { open, readFile, rename, unlink } from 'node:fs/promises';
import { MskBackupError } from '../errors.ts';
import type { LambdaPlace } from './lambda-api.ts';
import type { SavedMapping } from './saved-mapping.ts';

const FORMAT = 'msk-backup event source mappings 1';

/** What is to become of a mapping. */
export interface MappingTarget {
  strategy: 'reset' | 'resume';
  place: LambdaPlace;
  functionName: string;
  clusterArn: string;
  topics: string[];
  /** Undefined: Lambda makes a new one. */
  consumerGroupId?: string;
  /** Epoch ms; undefined: from the start of the topic. */
  startingTimestamp?: number;
  /** Leave the old mapping alone. */
  keepOld?: boolean;
}

/** A mapping that is being dealt with. Each step can be done again. */
export interface MappingRecord {
  saved: SavedMapping;
  /** Undefined: it goes on as it was. */
  target?: MappingTarget;
  /**
   * `saved`: it exists, disabled perhaps. `moving`: it is being deleted and made again by `target`, and may be missing. `done`: it
   * is as it is to be.
   */
  step: 'saved' | 'moving' | 'done';
  /** Of the mapping in its place. */
  newUuid?: string;
}

/** What is in a recovery file, and in the entries `mappings` of a restore's journal. */
export interface RecoveryBody {
  format: typeof FORMAT;
  /** ISO 8601, UTC. */
  at: string;
  mappings: MappingRecord[];
}

/** Keeps it durably, and answers where: as `esm resume --from` takes it. */
export type KeepRecovery = (body: RecoveryBody) => Promise<string>;

/** Keeps what is known of mappings outside this process, so that they can be made again when it dies. */
export class Recovery {
  readonly #keep: KeepRecovery;
  #place: string;
  #last: Promise<void> = Promise.resolve();

  /** @param place where it has been kept before; empty for nowhere */
  constructor(keep: KeepRecovery, place = '') {
    this.#keep = keep;
    this.#place = place;
  }

  /** In a file, which is written anew each time and readable by its owner only. */
  static inFile(file: string): Recovery {
    return new Recovery(async (body) => {
      await writeRecovery(file, body);
      return file;
    }, file);
  }

  /** Durable when it returns. @throws MskBackupError `RECOVERY_FILE`, or what keeping it throws */
  write(mappings: MappingRecord[]): Promise<void> {
    const body: RecoveryBody = { format: FORMAT, at: new Date().toISOString(), mappings: structuredClone(mappings) };
    // One after the other: the last one written must be the newest.
    const written = this.#last.then(async () => {
      this.#place = await this.#keep(body);
    });
    this.#last = written.catch(() => {});
    return written;
  }

  /** How to go on after a failure, for the end of a message. It names what was written last. */
  get hint(): string {
    return `the settings are in ${this.#place}: msk-backup esm resume --from ${asArgument(this.#place)}`;
  }
}

/** As a shell takes it: URLs hold characters that it would understand otherwise. */
function asArgument(text: string): string {
  return /^[\w./:=@%+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** Over an older one, whole or not at all. */
async function writeRecovery(file: string, body: RecoveryBody): Promise<void> {
  const temporary = `${file}.${process.pid}.tmp`;
  try {
    const handle = await open(temporary, 'w', 0o600);
    try {
      await handle.writeFile(`${JSON.stringify(body, null, 2)}\n`);
      await handle.datasync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
  } catch (cause) {
    await unlink(temporary).catch(() => {});
    const { message } = cause as Error;
    throw new MskBackupError(
      'configuration',
      'RECOVERY_FILE',
      `the settings of the event source mappings cannot be written to ${file} (${message}): name another file`,
      { cause },
    );
  }
}

/** Of a file that may not be there: undefined then. */
export async function readRecoveryFile(file: string): Promise<RecoveryBody | undefined> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    throw new MskBackupError('configuration', 'RECOVERY_FILE', `${file} cannot be read (${message})`, { cause });
  }
  return parseRecovery(text, file);
}

/** Whether it is an entry of a restore's journal, which is never written again. */
export function isJournalEntry(text: string): boolean {
  return (Object(JSON.parse(text)) as { body?: unknown }).body !== undefined;
}

/**
 * Takes a recovery file, or an entry of a restore's journal that holds the same.
 * @throws MskBackupError kind `data`, `RECOVERY_FILE`
 */
export function parseRecovery(text: string, file: string): RecoveryBody {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    parsed = undefined;
  }
  const { body = parsed } = Object(parsed) as { body?: unknown };
  const found = Object(body) as Partial<RecoveryBody>;
  if (found.format !== FORMAT || !Array.isArray(found.mappings)) {
    throw new MskBackupError(
      'data',
      'RECOVERY_FILE',
      `${file} holds no event source mappings that msk-backup has saved: name the file that a failed command or restore named`,
    );
  }
  return found as RecoveryBody;
}

export function isUnfinished({ step }: MappingRecord): boolean {
  return step !== 'done';
}
