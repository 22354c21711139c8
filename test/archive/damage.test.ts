import { readFile, rename, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readFrame } from '../../runtime/src/archive/frame-reader.ts';
import { framesOf } from '../../runtime/src/archive/snapshot-frames.ts';
import { missingObjects, newestWholeSnapshot, requireWhole } from '../../runtime/src/archive/whole.ts';
import { batch, sampleArchive } from './fixture.ts';

async function sampleFrames() {
  const archive = await sampleArchive();
  const frames = (await framesOf(archive.store, archive.snapshots[1]!))[0]!.partitions[0]!.frames();
  return { ...archive, frames: frames.map(({ frame }) => frame) };
}

describe('readFrame', () => {
  test('gives the batches back', async () => {
    const { store, frames } = await sampleFrames();
    expect(frames.map(({ codec }) => codec)).toContain('none');
    for (const [n, offsets] of [
      [0, 10],
      [20, 30],
      [50, 60],
    ].entries()) {
      expect(await readFrame(store, frames[n]!)).toEqual(Buffer.concat(offsets.map((offset) => batch(offset, 10))));
    }
  });

  test('refuses any flipped bit, naming pack, topic, partition and offsets', async () => {
    const { store, path, frames } = await sampleFrames();
    for (const frame of frames) {
      const file = join(path, frame.pack);
      const good = await readFile(file);
      for (let at = frame.position; at < frame.position + frame.length; at += 7) {
        const bad = Buffer.from(good);
        bad[at]! ^= 1 << (at % 8);
        await writeFile(file, bad);
        await expect(readFrame(store, frame)).rejects.toMatchObject({ kind: 'data', code: 'FRAME_DAMAGED' });
      }
      await expect(readFrame(store, frame)).rejects.toThrow(
        `${frame.pack} in ${path}: the checksum differs (topic orders, partition 0, offsets ${frame.baseOffset} to ${frame.lastOffset})`,
      );
      await writeFile(file, good);
      expect(await readFrame(store, frame)).toHaveLength(frame.rawLength);
    }
  });

  test('names a pack that is missing or cut off', async () => {
    const { store, path, frames } = await sampleFrames();
    await truncate(join(path, frames[0]!.pack), frames[0]!.position + 5);
    await expect(readFrame(store, frames[0]!)).rejects.toMatchObject({
      code: 'PACK_TRUNCATED',
      message: expect.stringContaining(frames[0]!.pack),
    });
    await rename(join(path, frames[0]!.pack), join(path, 'elsewhere'));
    await expect(readFrame(store, frames[0]!)).rejects.toMatchObject({
      code: 'PACK_MISSING',
      message: expect.stringContaining(frames[0]!.pack),
    });
  });
});

describe('a snapshot on a replica', () => {
  test('is whole when all is there', async () => {
    const { store, snapshots } = await sampleArchive();
    expect(await missingObjects(store, snapshots[1]!)).toEqual([]);
    await requireWhole(store, snapshots[1]!);
    expect(await newestWholeSnapshot(store)).toEqual(snapshots[1]);
  });

  test.each(['packs/orders/run-1-000000.pack', 'index/run-1-0.idx'])('lacks %s', async (key) => {
    const { store, path, snapshots } = await sampleArchive();
    const { length } = await readFile(join(path, key));
    await truncate(join(path, key), length - 1);
    expect(await missingObjects(store, snapshots[1]!)).toEqual([{ key, expectedSize: length, foundSize: length - 1 }]);
    await rename(join(path, key), join(path, 'elsewhere'));
    expect(await missingObjects(store, snapshots[1]!)).toEqual([{ key, expectedSize: length }]);
    expect(await newestWholeSnapshot(store)).toEqual(snapshots[0]);
    await expect(requireWhole(store, snapshots[1]!)).rejects.toMatchObject({
      code: 'SNAPSHOT_INCOMPLETE',
      message: expect.stringMatching(new RegExp(`lacks 1 object: ${key}.*newest whole snapshot is backup-0`)),
    });
    // The first snapshot names neither.
    await requireWhole(store, snapshots[0]!);
    if (key.startsWith('index')) {
      await expect(framesOf(store, snapshots[1]!)).rejects.toMatchObject({
        code: 'INDEX_MISSING',
        message: expect.stringContaining(key),
      });
    }
  });

  test('needs only the packs of the topics that are asked for', async () => {
    const { store, path, snapshots } = await sampleArchive();
    await rename(join(path, 'packs/orders/run-1-000000.pack'), join(path, 'elsewhere'));
    expect(await missingObjects(store, snapshots[1]!, (name) => name !== 'orders')).toEqual([]);
  });

  test('without any whole one says so', async () => {
    const { store, path, snapshots } = await sampleArchive();
    await rename(join(path, 'packs'), join(path, 'elsewhere'));
    await expect(requireWhole(store, snapshots[1]!)).rejects.toThrow('no older snapshot is whole either');
    expect(await newestWholeSnapshot(store)).toBeUndefined();
  });
});
