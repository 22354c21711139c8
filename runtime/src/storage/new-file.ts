import { randomBytes } from 'node:crypto';
import { type FileHandle, link, mkdir, open, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { codeOf, filesystemError, linkError } from './filesystem-errors.ts';
import { objectExists } from './object-errors.ts';
import { TEMPORARY_PREFIX } from './object-key.ts';

/** Distinguishes processes, on this machine and on others that share the directory. */
const PROCESS_TAG = `${TEMPORARY_PREFIX}${randomBytes(8).toString('hex')}-`;
let count = 0;

/**
 * A file on its way to a name: written under a temporary one in the same directory and linked to its own once durable.
 * link(2) fails when the name is taken, so that of two writers one wins, whole. rename(2) would overwrite.
 */
export class NewFile {
  readonly path: string;
  readonly #temporary: string;
  readonly #handle: FileHandle;

  private constructor(path: string, temporary: string, handle: FileHandle) {
    this.path = path;
    this.#temporary = temporary;
    this.#handle = handle;
  }

  /** Fails early when the name is taken already. The directory must exist. */
  static async open(path: string): Promise<NewFile> {
    const temporary = join(dirname(path), `${PROCESS_TAG}${count++}`);
    try {
      return new NewFile(path, temporary, await open(temporary, 'wx', 0o644));
    } catch (error) {
      throw filesystemError('write', path, error);
    }
  }

  /** Writes the chunks at a position; several calls may be under way. Errors are filesystem errors. */
  async write(chunks: Uint8Array[], position: number): Promise<void> {
    let rest = chunks;
    let at = position;
    try {
      while (rest.length > 0) {
        const { bytesWritten } = await this.#handle.writev(rest, at);
        at += bytesWritten;
        rest = dropBytes(rest, bytesWritten);
      }
    } catch (error) {
      throw filesystemError('write', this.path, error);
    }
  }

  /** Makes the content durable, then the name, then the name's entry in the directory. */
  async publish(): Promise<void> {
    try {
      await this.#handle.datasync();
      await this.#handle.close();
    } catch (error) {
      throw filesystemError('write', this.path, error);
    }
    try {
      await link(this.#temporary, this.path);
    } catch (error) {
      throw codeOf(error) === 'EEXIST' ? objectExists(this.path) : linkError(this.path, error);
    }
    // Left over, it would only cost its name: listings do not show it.
    await unlink(this.#temporary).catch(() => {});
    await syncDirectory(dirname(this.path));
  }

  /** Frees everything. Never throws. */
  async discard(): Promise<void> {
    await this.#handle.close().catch(() => {});
    await unlink(this.#temporary).catch(() => {});
  }
}

/** Creates the directory and whatever is missing above it, durably. */
export async function createDirectory(path: string): Promise<void> {
  try {
    const first = await mkdir(path, { recursive: true });
    if (first === undefined) return;
    for (let made = path; made.length >= first.length; made = dirname(made)) await syncDirectory(dirname(made));
  } catch (error) {
    throw filesystemError('create the directory', path, error);
  }
}

async function syncDirectory(path: string): Promise<void> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(path, 'r');
    await handle.sync();
  } catch (error) {
    // Some network file systems cannot sync a directory; they keep their entries by themselves.
    if (codeOf(error) !== 'EINVAL') throw filesystemError('sync the directory', path, error);
  } finally {
    await handle?.close();
  }
}

function dropBytes(chunks: Uint8Array[], count: number): Uint8Array[] {
  let left = count;
  let index = 0;
  while (index < chunks.length && chunks[index]!.byteLength <= left) left -= chunks[index++]!.byteLength;
  const rest = chunks.slice(index);
  if (left > 0) rest[0] = rest[0]!.subarray(left);
  return rest;
}
