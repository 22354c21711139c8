/** What tests download or compile once and keep: `.cache/` of the repository, or the directory MSK_BACKUP_CACHE. */

import { existsSync } from 'node:fs';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const repository = resolve(import.meta.dirname, '../..');

export function cacheDirectory(): string {
  return resolve(process.env.MSK_BACKUP_CACHE ?? join(repository, '.cache'));
}

/**
 * Makes the cache entry `name` (a relative path) with `build` unless it is there, and answers its absolute path.
 * `build` fills a temporary directory that then takes the entry's name, so an entry is there whole or not at all. Of
 * two processes that want the same entry, one builds and the other waits.
 */
export async function cached(name: string, build: (directory: string) => Promise<void>): Promise<string> {
  const target = join(cacheDirectory(), name);
  if (existsSync(target)) return target;
  await mkdir(dirname(target), { recursive: true });
  const unlock = await lock(`${target}.lock`);
  try {
    if (existsSync(target)) return target;
    const partial = `${target}.partial`;
    await rm(partial, { recursive: true, force: true });
    await mkdir(partial);
    await build(partial);
    await rename(partial, target);
    return target;
  } finally {
    await unlock();
  }
}

/** A lock file that holds its owner's process id, so that the lock of a dead process does not block for ever. */
async function lock(path: string): Promise<() => Promise<void>> {
  for (;;) {
    try {
      const file = await open(path, 'wx');
      await file.writeFile(String(process.pid));
      await file.close();
      return () => rm(path, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    if (await isStale(path)) await rm(path, { force: true });
    else await sleep(100);
  }
}

async function isStale(path: string): Promise<boolean> {
  const owner = Number(await readFile(path, 'utf8').catch(() => ''));
  if (!owner) return false; // Just created and not written yet, or just released.
  try {
    process.kill(owner, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}
