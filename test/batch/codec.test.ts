import { gzipSync, zstdCompressSync } from 'node:zlib';
import { compressSync as snappyBlock } from 'snappy';
import { describe, expect, test } from 'vitest';
import { compressRecords, decompressRecords } from '../../runtime/src/batch/codec.ts';
import { CODECS } from './arbitrary.ts';

/** Text like that of records, with some noise in it. */
function textOf(bytes: number): Buffer {
  const pieces: string[] = [];
  for (let size = 0, n = 1; size < bytes; size += 30) {
    n = (Math.imul(n, 1103515245) + 12345) >>> 0;
    pieces.push(`{"order":"${n.toString(36).padStart(7, '0')}","state":1},`.padEnd(30));
  }
  return Buffer.from(pieces.join('')).subarray(0, bytes);
}

describe.each(CODECS)('%s', (codec) => {
  // Below and above what is done without the thread pool, and above the block sizes of snappy (32 kB) and lz4 (64 kB).
  test.each([0, 1, 1000, 15_000, 40_000, 300_000, 5_000_000])('%i bytes there and back', async (size) => {
    const raw = textOf(size);
    const compressed = await compressRecords(raw, codec);
    if (codec !== 'none' && size >= 1000) expect(compressed.length).toBeLessThan(raw.length / 1.3);
    const back = await decompressRecords(compressed, codec);
    expect(back.equals(raw)).toBe(true);
  });

  test('no bytes are no records', async () => {
    expect(await decompressRecords(Buffer.alloc(0), codec)).toHaveLength(0);
  });
});

test.each(CODECS.slice(1))('%s, damaged', async (codec) => {
  const damaged = { kind: 'data', code: 'DECOMPRESSION_FAILED' };
  for (const size of [1000, 300_000]) {
    const compressed = await compressRecords(textOf(size), codec);
    const truncated = compressed.subarray(0, compressed.length - 100);
    await expect(decompressRecords(truncated, codec)).rejects.toMatchObject(damaged);
  }
  await expect(decompressRecords(Buffer.alloc(64, 0xaa), codec)).rejects.toMatchObject(damaged);
});

test('a bare snappy block, as librdkafka writes it', async () => {
  for (const size of [10, 1000, 300_000]) {
    const raw = textOf(size);
    expect((await decompressRecords(snappyBlock(raw), 'snappy')).equals(raw)).toBe(true);
  }
});

test('several gzip members and several zstd frames', async () => {
  const raw = textOf(50_000);
  const half = [raw.subarray(0, 20_000), raw.subarray(20_000)];
  const members = Buffer.concat(half.map((part) => gzipSync(part)));
  expect((await decompressRecords(members, 'gzip')).equals(raw)).toBe(true);
  const frames = Buffer.concat(half.map((part) => zstdCompressSync(part)));
  expect((await decompressRecords(frames, 'zstd')).equals(raw)).toBe(true);
});
