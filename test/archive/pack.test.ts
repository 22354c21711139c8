import { randomBytes } from 'node:crypto';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { encodeFrame } from '../../runtime/src/archive/encode-frame.ts';
import { readIndex, writeIndex } from '../../runtime/src/archive/index-object.ts';
import { readPackTrailer } from '../../runtime/src/archive/pack-trailer.ts';
import { PackWriter } from '../../runtime/src/archive/pack-writer.ts';
import { batch, metadata, temporaryStore, writePack } from './fixture.ts';

const about = metadata('archive', 'run');

describe('a pack', () => {
  test('says of itself what its writer said', async () => {
    const { store, path } = await temporaryStore();
    const frames = await writePack(store, about, 7, [{ at: [0, 10] }, { partition: 1, at: [2 ** 40], codec: 'none' }]);
    const key = 'packs/orders/run-000007.pack';
    const { size } = await stat(join(path, key));
    expect(frames.map(({ pack, packSize }) => [pack, packSize])).toEqual([
      [key, size],
      [key, size],
    ]);
    expect(await readPackTrailer(store, key, size)).toEqual({ metadata: about, frames });
    const stored = await readFile(join(path, key));
    const { position, length } = frames[1]!;
    expect(stored.subarray(position, position + length)).toEqual(batch(2 ** 40, 10));
  });

  test('keeps the order of the calls when nobody waits', async () => {
    const { store } = await temporaryStore();
    const writer = new PackWriter(store, 'packs/orders/a.pack', about);
    const batches = Array.from({ length: 50 }, (_, n) => batch(n * 10, 10, `${'x'.repeat(n * 100)}`));
    const appended = await Promise.all(
      batches.map(async (bytes, n) => {
        const content = {
          topic: 'orders',
          partition: 0,
          generation: 0,
          baseOffset: n * 10,
          lastOffset: n * 10 + 9,
          records: 10,
          batches: 1,
          maxTimestamp: 5,
          batchChain: 0,
        };
        return writer.append(content, await encodeFrame(bytes, { codec: 'none', level: 1 }));
      }),
    );
    const { size } = await writer.finish();
    expect(await store.size(writer.key)).toBe(size);
    for (const [n, { position, length }] of appended.entries()) {
      expect((await store.getRange(writer.key, position, length)).equals(batches[n]!)).toBe(true);
    }
  });

  test('without frames is not written; given up neither', async () => {
    const { store } = await temporaryStore();
    const empty = new PackWriter(store, 'packs/orders/a.pack', about);
    expect(await empty.finish()).toEqual({ frames: [], size: 0 });
    const given = new PackWriter(store, 'packs/orders/b.pack', about);
    const bytes = batch(0, 1);
    const content = { topic: 'orders', partition: 0, generation: 0, baseOffset: 0, lastOffset: 0, records: 1 };
    await given.append(
      { ...content, batches: 1, maxTimestamp: -1, batchChain: 0 },
      await encodeFrame(bytes, { codec: 'none', level: 1 }),
    );
    await given.abort();
    await expect(given.finish()).rejects.toThrow('given up');
    expect(await store.size('packs/orders/a.pack')).toBeUndefined();
    expect(await store.size('packs/orders/b.pack')).toBeUndefined();
  });

  test('cut off anywhere in its end is recognised', async () => {
    const { store, path } = await temporaryStore();
    await writePack(store, about, 0, [{ at: [0, 10] }]);
    const key = 'packs/orders/run-000000.pack';
    const whole = await readFile(join(path, key));
    for (const size of [0, 10, 60, whole.length - 40, whole.length - 1]) {
      await writeFile(join(path, key), whole.subarray(0, size));
      await expect(readPackTrailer(store, key, size)).rejects.toMatchObject({ code: 'PACK_TRUNCATED' });
    }
  });
});

describe('encodeFrame', () => {
  test('compresses what shrinks and leaves what does not', async () => {
    const text = Buffer.from('abc'.repeat(1000));
    expect(await encodeFrame(text, { codec: 'zstd', level: 1 })).toMatchObject({ codec: 'zstd', rawLength: 3000 });
    expect(await encodeFrame(text, { codec: 'none', level: 1 })).toMatchObject({ codec: 'none', bytes: text });
    const random = randomBytes(3000);
    expect(await encodeFrame(random, { codec: 'zstd', level: 1 })).toMatchObject({ codec: 'none', bytes: random });
  });
});

describe('an index object', () => {
  test('holds every field of every frame', async () => {
    const { store } = await temporaryStore();
    const [one, two] = await writePack(store, about, 0, [{ at: [0, 10] }, { partition: 1, generation: 3, at: [9e15] }]);
    const [three] = await writePack(store, metadata('archive', 'run', 'zahlungen-2'), 1, [{ at: [5] }]);
    const frames = [
      one!,
      { ...two!, minTimestamp: -1, maxTimestamp: -1 },
      { ...three!, minTimestamp: 1_600_000_000_001 },
    ];
    const reference = await writeIndex(store, 'run', 0, frames);
    expect(reference).toMatchObject({ key: 'index/run-0.idx', frames: 3 });
    expect(await readIndex(store, reference)).toEqual(frames);
  });

  test('that is not the one the commit names is refused', async () => {
    const { store, path } = await temporaryStore();
    const reference = await writeIndex(store, 'run', 0, await writePack(store, about, 0, [{ at: [0, 10] }]));
    const file = join(path, reference.key);
    const bytes = await readFile(file);
    bytes[30]! ^= 4;
    await writeFile(file, bytes);
    await expect(readIndex(store, reference)).rejects.toMatchObject({
      code: 'INDEX_DAMAGED',
      message: expect.stringContaining(reference.key),
    });
    await writeFile(file, bytes.subarray(1));
    await expect(readIndex(store, reference)).rejects.toMatchObject({ code: 'INDEX_DAMAGED' });
    await expect(readIndex(store, { ...reference, key: 'index/gone.idx' })).rejects.toMatchObject({
      code: 'INDEX_MISSING',
    });
  });
});
