import { readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { commitKey, newestCommit, writeCommit } from '../../runtime/src/archive/commits.ts';
import type { Finding } from '../../runtime/src/archive/finding.ts';
import { readIndex, writeIndex } from '../../runtime/src/archive/index-object.ts';
import { type VerifyOptions, verifyArchive } from '../../runtime/src/archive/verify.ts';
import { metadata, partition, sampleArchive, snapshot, temporaryStore, writePack } from './fixture.ts';

const PACK = 'packs/orders/run-1-000000.pack';
const INDEX = 'index/run-1-0.idx';

async function findings(store: Parameters<typeof verifyArchive>[0], options: VerifyOptions): Promise<Finding[]> {
  return (await verifyArchive(store, options)).findings;
}

async function flip(path: string, key: string, at: number): Promise<void> {
  const bytes = await readFile(join(path, key));
  bytes[at]! ^= 0x10;
  await writeFile(join(path, key), bytes);
}

describe('verify', () => {
  test('has nothing to say of a sound archive, and counts what it read', async () => {
    const { store } = await sampleArchive();
    expect(await verifyArchive(store, { depth: 'names' })).toEqual({
      findings: [],
      checked: { commits: 2, indexes: 2, packs: 3, frames: 0, bytes: 0 },
      interrupted: false,
    });
    const full = await verifyArchive(store, { depth: 'full', bufferBytes: 1 });
    expect(full).toMatchObject({ findings: [], checked: { packs: 3, frames: 5 } });
    expect(full.checked.bytes).toBeGreaterThan(500);
  });

  test('reads each pack in exactly one of n parts', async () => {
    const { store } = await sampleArchive();
    const parts = await Promise.all(
      [1, 2, 3, 4].map((k) => verifyArchive(store, { depth: 'part', part: { k, n: 4 } })),
    );
    expect(parts.map(({ checked }) => checked.frames).reduce((a, b) => a + b)).toBe(5);
    for (const part of [
      { k: 5, n: 4 },
      { k: 0, n: 4 },
      { k: 1.5, n: 4 },
      { k: 1, n: Number.NaN },
    ]) {
      await expect(verifyArchive(store, { depth: 'part', part })).rejects.toMatchObject({ code: 'PART_INVALID' });
    }
  });

  test('finds one flipped bit of a frame, with its place', async () => {
    const { store, path } = await sampleArchive();
    const frames = await readIndex(store, (await newest(store)).indexes[1]!);
    await flip(path, PACK, frames[1]!.position + 20);
    expect(await findings(store, { depth: 'names' })).toEqual([]);
    expect(await findings(store, { depth: 'full' })).toEqual([
      {
        severity: 'error',
        code: 'FRAME_DAMAGED',
        object: PACK,
        topic: 'orders',
        partition: 1,
        from: 10,
        until: 20,
        message: expect.stringContaining(PACK),
      },
    ]);
  });

  test('finds a flipped bit in what a pack says of itself', async () => {
    const { store, path } = await sampleArchive();
    const { length } = await readFile(join(path, PACK));
    for (const at of [length - 60, 0, 3, 8, 15]) {
      await flip(path, PACK, at);
      expect(await findings(store, { depth: 'full' })).toMatchObject([
        { severity: 'error', code: 'PACK_DAMAGED', object: PACK },
      ]);
      await flip(path, PACK, at);
    }
    expect(await findings(store, { depth: 'full' })).toEqual([]);
  });

  test.each(['names', 'full'] as const)('finds a truncated and a missing pack (%s)', async (depth) => {
    const { store, path } = await sampleArchive();
    const { length } = await readFile(join(path, PACK));
    await truncate(join(path, PACK), length - 1);
    await rm(join(path, 'packs/orders/run-0-000001.pack'));
    expect(await findings(store, { depth })).toMatchObject([
      {
        code: 'PACK_MISSING',
        object: 'packs/orders/run-0-000001.pack',
        topic: 'orders',
        partition: 1,
        from: 0,
        until: 10,
      },
      { code: 'PACK_TRUNCATED', object: PACK, message: expect.stringContaining(`${length - 1} bytes, not ${length}`) },
    ]);
  });

  test('finds a missing and a damaged index, with the snapshots that need it', async () => {
    const { store, path } = await sampleArchive();
    await rename(join(path, INDEX), join(path, 'elsewhere'));
    await flip(path, 'index/run-0-0.idx', 40);
    expect(await findings(store, { depth: 'names' })).toMatchObject([
      { severity: 'error', code: 'INDEX_DAMAGED', object: 'index/run-0-0.idx' },
      {
        severity: 'error',
        code: 'INDEX_MISSING',
        object: INDEX,
        message: expect.stringContaining('needed by backup-1 (commit 1)'),
      },
    ]);
  });

  test('finds a damaged commit, and goes on with the others', async () => {
    const { store, path } = await sampleArchive();
    await flip(path, commitKey(1), 300);
    await rm(join(path, 'packs/orders/run-0-000001.pack'));
    expect(await findings(store, { depth: 'full' })).toMatchObject([
      { severity: 'error', code: 'COMMIT_DAMAGED', object: commitKey(1) },
      { severity: 'error', code: 'PACK_MISSING' },
    ]);
  });

  test('finds a lost FORMAT; and throws where there is no archive at all', async () => {
    const { store, path } = await sampleArchive();
    await rm(join(path, 'FORMAT'));
    expect(await findings(store, { depth: 'full' })).toMatchObject([{ code: 'ARCHIVE_DAMAGED', object: 'FORMAT' }]);
    await expect(verifyArchive((await temporaryStore()).store, { depth: 'names' })).rejects.toMatchObject({
      code: 'ARCHIVE_MISSING',
    });
  });

  test('finds an index that says other things than the data', async () => {
    const { store } = await sampleArchive();
    const { archiveId } = await newest(store);
    const frames = await writePack(store, metadata(archiveId, 'run-2'), 0, [
      { at: [70] },
      { at: [80] },
      { at: [90, 100] },
      { at: [110] },
    ]);
    const wrong = [
      { ...frames[0]!, records: 9 },
      { ...frames[1]!, batchChain: 1 },
      { ...frames[2]!, baseOffset: 91 },
      { ...frames[3]!, maxTimestamp: 3 },
    ];
    const index = await writeIndex(store, 'run-2', 0, wrong);
    await writeCommit(store, snapshot(2, archiveId, [index], [partition(0, 120)]));
    const found = await findings(store, { depth: 'full' });
    expect(found.filter(({ code }) => code === 'FRAME_MISMATCH').map(({ message }) => message)).toEqual([
      expect.stringContaining('records: 10, but its index says 9 (topic orders, partition 0, offsets 70 to 79)'),
      expect.stringContaining('batch chain'),
      expect.stringContaining('the batch at offset 90 lies before offset 91'),
      expect.stringContaining('max timestamp'),
    ]);
    expect(found.filter(({ code }) => code === 'TRAILER_MISMATCH')).toHaveLength(1);
  });

  test('finds a damaged batch below a frame checksum that is right', async () => {
    const { store } = await sampleArchive();
    const { archiveId } = await newest(store);
    // The frame was damaged before it was stored: its own checksum holds, that of the batch does not.
    const frames = await writePack(store, metadata(archiveId, 'run-2'), 0, [
      { at: [70], damage: (batches) => batches.writeUInt8(1, batches.length - 4) },
    ]);
    const index = await writeIndex(store, 'run-2', 0, frames);
    await writeCommit(store, snapshot(2, archiveId, [index], [partition(0, 80)]));
    expect(await findings(store, { depth: 'full' })).toMatchObject([
      { code: 'CRC_MISMATCH', object: 'packs/orders/run-2-000000.pack', from: 70, until: 80 },
    ]);
  });

  test('finds frames that overlap', async () => {
    const { store } = await sampleArchive();
    const { archiveId, indexes } = await newest(store);
    const frames = await writePack(store, metadata(archiveId, 'run-2'), 0, [{ at: [60] }, { at: [70] }]);
    const index = await writeIndex(store, 'run-2', 0, frames);
    await writeCommit(store, snapshot(2, archiveId, [...indexes, index], [partition(0, 80), partition(1, 20)]));
    expect(await findings(store, { depth: 'names' })).toMatchObject([
      { severity: 'error', code: 'FRAMES_OVERLAP', topic: 'orders', partition: 0, from: 60, until: 70 },
    ]);
  });

  test('tells of packs that no snapshot needs, and looks at one snapshot alone', async () => {
    const { store, path, snapshots } = await sampleArchive();
    await writePack(store, metadata('x', 'dead-run'), 0, [{ at: [70] }]);
    expect(await findings(store, { depth: 'full' })).toMatchObject([{ severity: 'info', code: 'PACKS_UNUSED' }]);
    await rm(join(path, PACK));
    expect(await findings(store, { depth: 'full', snapshot: snapshots[0]! })).toEqual([]);
    expect(await findings(store, { depth: 'full', snapshot: snapshots[1]! })).toMatchObject([{ code: 'PACK_MISSING' }]);
  });

  test('stops at the signal', async () => {
    const { store } = await sampleArchive();
    const report = await verifyArchive(store, { depth: 'full', signal: AbortSignal.abort() });
    expect(report).toMatchObject({ interrupted: true, checked: { frames: 0 } });
  });
});

async function newest(store: Parameters<typeof verifyArchive>[0]) {
  return (await newestCommit(store))!;
}
