import type { ObjectStore } from '../storage/object-store.ts';
import { commitKey, listCommits } from './commits.ts';
import type { Finding } from './finding.ts';
import { FORMAT_KEY, readArchive } from './format-file.ts';
import { takeInventory } from './inventory.ts';

/**
 * Keys of everything that the snapshots of an archive need: FORMAT, every commit, the index objects that they name, and the
 * packs with rows of theirs. No pack is read.
 * @param report takes what is wrong: with commits, with index objects, and packs that are missing
 */
export async function neededObjects(store: ObjectStore, report: (finding: Finding) => void): Promise<Set<string>> {
  const { id } = await readArchive(store);
  const commits = (await listCommits(store)).map(commitKey);
  const { snapshots, packs, sizes } = await takeInventory(store, id, undefined, report);
  const keys = new Set([FORMAT_KEY, ...commits]);
  for (const { indexes } of snapshots) for (const { key } of indexes) if (sizes.has(key)) keys.add(key);
  for (const { key, foundSize, topic } of packs) {
    if (foundSize !== undefined) keys.add(key);
    else
      report({
        severity: 'error',
        code: 'PACK_MISSING',
        object: key,
        topic,
        message: `${key} in ${store.location} is missing`,
      });
  }
  return keys;
}
