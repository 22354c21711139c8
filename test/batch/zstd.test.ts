import { randomBytes } from 'node:crypto';
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { zstdCompress, zstdDecompress } from '../../runtime/src/batch/zstd.ts';

const DAMAGED = { kind: 'data', code: 'DECOMPRESSION_FAILED' };
const text = Buffer.from('an order of things. '.repeat(100_000));

test('what goes in comes out', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 5000 }), fc.constantFrom(1, 3, 19), async (bytes, level) => {
      const compressed = await zstdCompress(bytes, level);
      expect(zstdDecompressSync(compressed)).toEqual(Buffer.from(bytes));
      expect(await zstdDecompress(compressed, bytes.length)).toEqual(Buffer.from(bytes));
    }),
  );
});

test('large, hardly compressible output comes in several pieces and out whole', async () => {
  const noise = Buffer.alloc(3_000_001);
  for (let at = 0, seed = 1; at < noise.length; at++) {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
    noise[at] = seed >>> 24;
  }
  const compressed = await zstdCompress(noise, 1);
  // Not by toEqual, which takes seconds for large buffers.
  expect((await zstdDecompress(compressed, noise.length)).equals(noise)).toBe(true);
});

test('frames of several compressions one after the other, and at once, are whole each', async () => {
  const inputs = Array.from({ length: 40 }, (_, i) => Buffer.alloc(100_000 + i * 40_000, `input ${i} `));
  const outputs = await Promise.all(inputs.map((input) => zstdCompress(input, 1)));
  outputs.forEach((output, i) => {
    expect(zstdDecompressSync(output).equals(inputs[i]!)).toBe(true);
  });
});

test('results pin no much larger buffer than they need', async () => {
  const small = await zstdCompress(text, 1);
  expect(small.buffer.byteLength).toBeLessThanOrEqual(Buffer.poolSize);
  const large = await zstdCompress(randomBytes(700_000), 1);
  expect(large.buffer.byteLength).toBeLessThanOrEqual(large.length * 4);
  const raw = await zstdDecompress(small, text.length);
  expect(raw.buffer.byteLength).toBe(text.length + 1);
});

test('a frame of another writer, without its length, is read', async () => {
  expect((await zstdDecompress(zstdCompressSync(text), text.length)).equals(text)).toBe(true);
});

test('damaged, truncated, or of another length', async () => {
  const compressed = await zstdCompress(text, 1);
  await expect(zstdDecompress(Buffer.from('no zstd at all'), 100)).rejects.toMatchObject(DAMAGED);
  await expect(zstdDecompress(compressed.subarray(0, compressed.length >> 1), text.length)).rejects.toMatchObject(
    DAMAGED,
  );
  await expect(zstdDecompress(compressed, text.length + 1)).rejects.toMatchObject(DAMAGED);
  await expect(zstdDecompress(compressed, text.length - 1)).rejects.toMatchObject(DAMAGED);
  await expect(zstdDecompress(compressed, 0)).rejects.toMatchObject(DAMAGED);
});
