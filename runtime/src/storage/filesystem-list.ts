import type { Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { filesystemError, isAbsent } from './filesystem-errors.ts';
import { TEMPORARY_PREFIX } from './object-key.ts';
import type { StoredObject } from './object-store.ts';

/** Sizes asked for at once. */
const STATS_AT_ONCE = 64;

/**
 * The regular files below a directory whose path from there starts with the prefix, as S3 lists keys: in UTF-8 byte order.
 * Symbolic links are not followed, temporary files and files that vanish meanwhile are left out.
 */
export async function* listFiles(root: string, prefix: string): AsyncGenerator<StoredObject> {
  const slash = prefix.lastIndexOf('/');
  yield* walk(root, prefix.slice(0, slash + 1), prefix);
}

/** @param directory key of the directory: empty, or ending in a slash */
async function* walk(root: string, directory: string, prefix: string): AsyncGenerator<StoredObject> {
  const entries = (await read(join(root, directory)))
    .filter((entry) => (entry.isFile() || entry.isDirectory()) && !entry.name.startsWith(TEMPORARY_PREFIX))
    // A directory stands for keys that go on with a slash, so it is put in order with the slash: `a.b` before `a/b`.
    .map((entry) => ({ entry, key: `${directory}${entry.name}${entry.isDirectory() ? '/' : ''}` }))
    .filter(({ key }) => key.startsWith(prefix) || (key.endsWith('/') && prefix.startsWith(key)))
    .map((item) => ({ ...item, order: Buffer.from(item.key) }))
    .sort((a, b) => Buffer.compare(a.order, b.order));
  for (let at = 0; at < entries.length; at += STATS_AT_ONCE) {
    const some = entries.slice(at, at + STATS_AT_ONCE);
    const sizes = await Promise.all(
      some.map(({ entry, key }) => (entry.isFile() ? sizeOf(join(root, key)) : undefined)),
    );
    for (const [index, { entry, key }] of some.entries()) {
      const size = sizes[index];
      if (entry.isDirectory()) yield* walk(root, key, prefix);
      else if (size !== undefined) yield { key, size };
    }
  }
}

async function read(path: string): Promise<Dirent[]> {
  try {
    return await readdir(path, { withFileTypes: true });
  } catch (error) {
    if (isAbsent(error)) return [];
    throw filesystemError('list', path, error);
  }
}

async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw filesystemError('read', path, error);
  }
}
