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

/** What is in a recovery file, and in a restore's journal. */
export interface RecoveryBody {
  format: typeof FORMAT;
  /** ISO 8601, UTC. */
  at: string;
  mappings: MappingRecord[];
}

/** Keeps what is known of mappings outside this process, so that they can be made again when it dies. */
export class Recovery {
  readonly #file: string | undefined;
  readonly #save: ((body: RecoveryBody) => Promise<unknown>) | undefined;
  #last: Promise<void> = Promise.resolve();

  /**
   * @param file written anew each time, readable by its owner only
   * @param save keeps it elsewhere as well
   */
  constructor(file?: string, save?: (body: RecoveryBody) => Promise<unknown>) {
    this.#file = file;
    this.#save = save;
  }

  /** Durable when it returns. @throws MskBackupError `RECOVERY_FILE`, or what `save` throws */
  write(mappings: MappingRecord[]): Promise<void> {
    const body: RecoveryBody = { format: FORMAT, at: new Date().toISOString(), mappings: structuredClone(mappings) };
    // One after the other: the last one written must be the newest.
    const written = this.#last.then(async () => {
      if (this.#file !== undefined) await writeRecovery(this.#file, body);
      await this.#save?.(body);
    });
    this.#last = written.catch(() => {});
    return written;
  }

  /** How to go on after a failure, for the end of a message. */
  get hint(): string {
    return this.#file === undefined
      ? 'the settings are in the journal of the restore: msk-backup esm resume --from ENTRY'
      : `the settings are in ${this.#file}: msk-backup esm resume --from ${this.#file}`;
  }
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
