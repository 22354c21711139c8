import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { commitKey, writeCommit } from '../../runtime/src/archive/commits.ts';
import { resolveSnapshot } from '../../runtime/src/archive/resolve-snapshot.ts';
import type { Snapshot } from '../../runtime/src/archive/snapshot.ts';
import { snapshot, temporaryStore } from './fixture.ts';

async function archiveOf(commits: Partial<Snapshot>[]) {
  const place = await temporaryStore();
  for (const [sequence, change] of commits.entries()) {
    await writeCommit(place.store, snapshot(sequence, 'archive', [], [], change));
  }
  return place;
}

async function damage(path: string, sequence: number) {
  const file = join(path, commitKey(sequence));
  const bytes = await readFile(file);
  bytes[200]! ^= 1;
  await writeFile(file, bytes);
}

describe('resolveSnapshot', () => {
  test('finds by id, of several the newest, and the newest complete one as latest', async () => {
    const { store } = await archiveOf([
      { backupId: 'daily' },
      { backupId: 'daily' },
      { backupId: 'hourly' },
      { backupId: 'stopped', kind: 'partial' },
    ]);
    expect((await resolveSnapshot(store, 'daily')).sequence).toBe(1);
    expect((await resolveSnapshot(store, 'latest')).sequence).toBe(2);
    expect((await resolveSnapshot(store, 'latest', { allowPartial: true })).sequence).toBe(3);
    expect((await resolveSnapshot(store, 'stopped', { allowPartial: true })).sequence).toBe(3);
    await expect(resolveSnapshot(store, 'stopped')).rejects.toMatchObject({ code: 'SNAPSHOT_PARTIAL' });
  });

  test('names the ids that come near and the newest ones', async () => {
    const { store } = await archiveOf(Array.from({ length: 20 }, (_, n) => ({ backupId: `backup-2026-01-${n + 10}` })));
    await expect(resolveSnapshot(store, 'backup-2026-02-14')).rejects.toMatchObject({
      kind: 'configuration',
      code: 'SNAPSHOT_UNKNOWN',
      message: expect.stringMatching(/did you mean backup-2026-01-14.*newest are backup-2026-01-29, backup-2026-01-28/),
    });
    await expect(resolveSnapshot((await temporaryStore()).store, 'latest')).rejects.toMatchObject({
      code: 'SNAPSHOT_UNKNOWN',
      message: expect.stringContaining('no snapshot yet'),
    });
  });

  test('never takes an older snapshot for the latest when a newer commit is damaged', async () => {
    const { store, path } = await archiveOf([{ backupId: 'a' }, { backupId: 'b' }, { backupId: 'c' }]);
    await damage(path, 2);
    await expect(resolveSnapshot(store, 'latest')).rejects.toMatchObject({
      code: 'COMMIT_DAMAGED',
      message: expect.stringMatching(/commits\/0000000002\.json.*older snapshot b by its number, commit:1/),
    });
    await expect(resolveSnapshot(store, 'c')).rejects.toMatchObject({ code: 'COMMIT_DAMAGED' });
    await expect(resolveSnapshot(store, 'commit:2')).rejects.toMatchObject({ code: 'COMMIT_DAMAGED' });
  });

  test('nor an older one of the same id, but gives it by its number', async () => {
    const { store, path } = await archiveOf([{ backupId: 'daily' }, { backupId: 'daily' }]);
    await damage(path, 1);
    await expect(resolveSnapshot(store, 'daily')).rejects.toMatchObject({
      code: 'COMMIT_DAMAGED',
      message: expect.stringContaining('older snapshot daily by its number, commit:0'),
    });
    expect((await resolveSnapshot(store, 'commit:0')).sequence).toBe(0);
    await expect(resolveSnapshot(store, 'commit:7')).rejects.toMatchObject({
      code: 'SNAPSHOT_UNKNOWN',
      message: expect.stringContaining('no commit 7'),
    });
  });

  test('nor an older complete one for the newest of an id that is partial', async () => {
    const { store } = await archiveOf([{ backupId: 'daily' }, { backupId: 'daily', kind: 'partial' }]);
    await expect(resolveSnapshot(store, 'daily')).rejects.toMatchObject({
      code: 'SNAPSHOT_PARTIAL',
      message: expect.stringContaining('daily (commit 1)'),
    });
    await expect(resolveSnapshot(store, 'commit:1')).rejects.toMatchObject({ code: 'SNAPSHOT_PARTIAL' });
    expect((await resolveSnapshot(store, 'daily', { allowPartial: true })).sequence).toBe(1);
    expect((await resolveSnapshot(store, 'latest')).sequence).toBe(0);
  });
});
