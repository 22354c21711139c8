import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openArchive, readArchive } from '../../runtime/src/archive/format-file.ts';
import { CLUSTER, sampleArchive, temporaryStore } from './fixture.ts';

describe('an archive', () => {
  test('is created once, also by two at a time', async () => {
    const { store } = await temporaryStore();
    const opened = await Promise.all(
      Array.from({ length: 5 }, () => openArchive(store, { clusterId: CLUSTER, label: 'production' })),
    );
    expect(new Set(opened.map(({ id }) => id)).size).toBe(1);
    expect(await readArchive(store)).toEqual(opened[0]);
    expect(opened[0]).toMatchObject({ clusterId: CLUSTER, label: 'production' });
  });

  test('of another cluster is refused in words', async () => {
    const { store, path } = await sampleArchive();
    await expect(openArchive(store, { clusterId: 'cluster-2' })).rejects.toMatchObject({
      kind: 'configuration',
      code: 'ARCHIVE_OTHER_CLUSTER',
      message: `the archive at ${path} belongs to cluster cluster-1 (production), not to cluster-2; give each cluster a prefix of its own in storage.prefix`,
    });
  });

  test('that is not there is missed, with the place', async () => {
    const { store, path } = await temporaryStore();
    await expect(readArchive(store)).rejects.toMatchObject({
      code: 'ARCHIVE_MISSING',
      message: expect.stringContaining(`no archive at ${path}: no object FORMAT`),
    });
  });

  test('that lost its FORMAT is neither created anew nor called missing', async () => {
    const { store, path } = await sampleArchive();
    await rm(join(path, 'FORMAT'));
    await expect(readArchive(store)).rejects.toMatchObject({ code: 'ARCHIVE_DAMAGED' });
    await expect(openArchive(store, { clusterId: CLUSTER })).rejects.toMatchObject({ code: 'ARCHIVE_DAMAGED' });
  });

  test('of a newer format, or of something else, is refused', async () => {
    const { store, path } = await temporaryStore();
    const file = { format: 'msk-backup', formatVersion: 2, archiveId: 'a', clusterId: CLUSTER };
    await writeFile(join(path, 'FORMAT'), JSON.stringify(file));
    await expect(readArchive(store)).rejects.toMatchObject({ code: 'FORMAT_TOO_NEW' });
    for (const text of ['', '{}', 'null', '{"format":"parquet"}']) {
      await writeFile(join(path, 'FORMAT'), text);
      await expect(openArchive(store, { clusterId: CLUSTER })).rejects.toMatchObject({ code: 'ARCHIVE_DAMAGED' });
    }
  });
});
