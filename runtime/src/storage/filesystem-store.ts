import { constants } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { filesystemError, isAbsent } from './filesystem-errors.ts';
import { listFiles } from './filesystem-list.ts';
import { FilesystemWriter } from './filesystem-writer.ts';
import { createDirectory, NewFile } from './new-file.ts';
import { objectExists, objectMissing, objectTruncated } from './object-errors.ts';
import { checkKey, checkPrefix, checkRange } from './object-key.ts';
import type { ObjectStore, ObjectWriter, StoredObject } from './object-store.ts';

/**
 * An archive in a directory: keys are paths below it. A file appears under its name when it is whole and durable, and is
 * never replaced. Files of runs that died while writing keep a temporary name, which no listing shows.
 */
export class FilesystemStore implements ObjectStore {
  readonly location: string;
  /** Directories that are known to exist, or are being made. */
  readonly #directories = new Map<string, Promise<void>>();

  /** @param path a directory; it is made with the first object */
  constructor(path: string) {
    this.location = resolve(path);
  }

  async put(key: string, body: Uint8Array): Promise<void> {
    const file = await this.#create(this.#pathOf(key));
    try {
      await file.write([body], 0);
      await file.publish();
    } catch (error) {
      await file.discard();
      throw error;
    }
  }

  createWriter(key: string): ObjectWriter {
    const path = this.#pathOf(key);
    return new FilesystemWriter(key, () => this.#create(path));
  }

  async get(key: string): Promise<Buffer> {
    return this.#withFile(key, async (handle, size) => {
      const bytes = await readFully(handle, 0, size);
      if (bytes.length < size) throw objectTruncated(this.#pathOf(key), 0, size, bytes.length);
      return bytes;
    });
  }

  async getRange(key: string, start: number, length: number): Promise<Buffer> {
    checkRange(key, start, length);
    return this.#withFile(key, async (handle, size) => {
      if (start + length > size) throw objectTruncated(this.#pathOf(key), start, length, size);
      const bytes = await readFully(handle, start, length);
      if (bytes.length < length) throw objectTruncated(this.#pathOf(key), start, length, start + bytes.length);
      return bytes;
    });
  }

  async size(key: string): Promise<number | undefined> {
    const path = this.#pathOf(key);
    try {
      const found = await stat(path);
      return found.isFile() ? found.size : undefined;
    } catch (error) {
      if (isAbsent(error)) return undefined;
      throw filesystemError('read', path, error);
    }
  }

  list(prefix: string): AsyncIterable<StoredObject> {
    checkPrefix(prefix);
    return listFiles(this.location, prefix);
  }

  async close(): Promise<void> {}

  #pathOf(key: string): string {
    checkKey(key);
    return join(this.location, key);
  }

  async #create(path: string): Promise<NewFile> {
    // Asked before anything is written, so that a doomed writer does not first write for minutes; `publish` decides.
    if (await exists(path)) throw objectExists(path);
    const directory = dirname(path);
    let made = this.#directories.get(directory);
    if (made === undefined) {
      made = createDirectory(directory);
      this.#directories.set(directory, made);
      made.catch(() => this.#directories.delete(directory));
    }
    await made;
    return NewFile.open(path);
  }

  async #withFile<T>(key: string, read: (handle: FileHandle, size: number) => Promise<T>): Promise<T> {
    const path = this.#pathOf(key);
    let handle: FileHandle | undefined;
    try {
      // Not waiting for a writer, should the path be a pipe.
      handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
      const found = await handle.stat();
      if (!found.isFile()) throw objectMissing(path);
      return await read(handle, found.size);
    } catch (error) {
      throw isAbsent(error) ? objectMissing(path) : filesystemError('read', path, error);
    } finally {
      await handle?.close();
    }
  }
}

/** Up to `length` bytes; fewer only at the end of the file. */
async function readFully(handle: FileHandle, start: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await handle.read(bytes, filled, length - filled, start + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return filled === length ? bytes : bytes.subarray(0, filled);
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
