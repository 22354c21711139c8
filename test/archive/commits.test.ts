import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { commitKey, listCommits, newestCommit, readCommit, writeCommit } from '../../runtime/src/archive/commits.ts';
import { sampleArchive, temporaryStore } from './fixture.ts';

describe('commits', () => {
  test('are listed in order and read back as they were written', async () => {
    const { store, snapshots } = await sampleArchive();
    expect(await listCommits(store)).toEqual([0, 1]);
    expect(await readCommit(store, 0)).toEqual(snapshots[0]);
    expect(await newestCommit(store)).toEqual(snapshots[1]);
  });

  test('of an empty archive: there is none', async () => {
    const { store } = await temporaryStore();
    expect(await newestCommit(store)).toBeUndefined();
    await expect(readCommit(store, 3)).rejects.toMatchObject({ code: 'COMMIT_MISSING' });
  });

  test('are create-only', async () => {
    const { store, snapshots } = await sampleArchive();
    const other = { ...snapshots[1]!, backupId: 'other' };
    await expect(writeCommit(store, other)).rejects.toMatchObject({ kind: 'data', code: 'COMMIT_TAKEN' });
    expect(await readCommit(store, 1)).toEqual(snapshots[1]);
  });

  test('are refused with any bit flipped', async () => {
    const { store, path } = await sampleArchive();
    const file = join(path, commitKey(1));
    const good = await readFile(file);
    for (let at = 0; at < good.length; at += 13) {
      const bad = Buffer.from(good);
      bad[at]! ^= 1;
      await writeFile(file, bad);
      await expect(readCommit(store, 1), `byte ${at}`).rejects.toMatchObject({ code: 'COMMIT_DAMAGED' });
    }
    await writeFile(file, good.subarray(0, 200));
    await expect(readCommit(store, 1)).rejects.toMatchObject({
      code: 'COMMIT_DAMAGED',
      message: expect.stringContaining('commits/0000000001.json'),
    });
  });
});
