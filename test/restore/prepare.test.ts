import { describe, expect, test } from 'vitest';
import { batchChain } from '../../runtime/src/batch/crc32c.ts';
import { encodeBatch } from '../../runtime/src/batch/encode.ts';
import type { BatchCodec } from '../../runtime/src/batch/header.ts';
import { decodeRecords, type Record } from '../../runtime/src/batch/records.ts';
import { walkBatches } from '../../runtime/src/batch/walk.ts';
import type { OpenFrame } from '../../runtime/src/restore/write/chunk.ts';
import {
  type PreparedChunk,
  type PrepareOptions,
  prepareChunk,
} from '../../runtime/src/restore/write/prepare-chunk.ts';

const where = { topic: 'orders', partition: 0 };
const options: PrepareOptions = {
  maxBatchBytes: 100_000,
  mergeBytes: 10_000,
  mergeRecords: Number.POSITIVE_INFINITY,
  aloneBytes: 8192,
};

function record(offset: number, size = 10): Record {
  const value = Buffer.alloc(size, String(offset));
  return { offset, timestamp: 1000 + offset, key: Buffer.from(`key ${offset}`), value, headers: [] };
}

/** A frame of batches with records at these offsets. */
async function frame(
  batches: number[][],
  window: { from?: number; until?: number; codec?: BatchCodec; size?: number } = {},
) {
  const { from = 0, until = Number.POSITIVE_INFINITY, codec = 'none', size = 10 } = window;
  const encoded = await Promise.all(
    batches.map((offsets) =>
      encodeBatch(
        offsets.map((offset) => record(offset, size)),
        { codec, timestampType: 'CreateTime' },
      ),
    ),
  );
  const raw = Buffer.concat(encoded);
  const headers = walkBatches(raw, where).batches;
  const row = {
    baseOffset: headers[0]!.baseOffset,
    lastOffset: headers.at(-1)!.lastOffset,
    records: headers.reduce((sum, { recordCount }) => sum + recordCount, 0),
  };
  return { frame: row, from, until, raw, batches: headers } as OpenFrame;
}

async function decode({ batches }: PreparedChunk): Promise<Record[]> {
  const lots = batches.map(({ bytes }) => decodeRecords(bytes, walkBatches(bytes, where).batches[0]!));
  return (await Promise.all(lots)).flat();
}

const chainOf = (chunk: PreparedChunk) =>
  batchChain([...chunk.batches.flatMap(({ crcs }) => crcs), ...chunk.leftOver.crcs]);
const archivedChain = (...frames: OpenFrame[]) =>
  batchChain(frames.flatMap(({ batches }) => batches.map(({ crc }) => crc)));
const bytesOf = (chunk: PreparedChunk) =>
  chunk.batches.reduce((sum, { sourceBytes }) => sum + sourceBytes, chunk.leftOver.sourceBytes);

/** Keys name the offsets at the source. */
const keys = (offsets: number[]) => offsets.map((offset) => `key ${offset}`);

describe('what becomes of the batches of a frame', () => {
  test('a batch alone goes untouched, in place', async () => {
    const one = await frame([[7, 8, 9]]);
    const { batches } = await prepareChunk([one], options);
    expect(batches).toHaveLength(1);
    expect(batches[0]!.bytes.buffer).toBe(one.raw.buffer);
    expect(batches[0]).toMatchObject({ records: 3, runs: [{ from: 7, until: 10 }] });
  });

  test('small neighbours are put together, across frames too, and nothing is lost on the way', async () => {
    const frames = [await frame([[0, 1], [2]]), await frame([[3], [5, 6]])];
    const chunk = await prepareChunk(frames, options);
    expect(chunk.batches).toHaveLength(1);
    expect(chunk.batches[0]).toMatchObject({
      records: 6,
      runs: [
        { from: 0, until: 4 },
        { from: 5, until: 7 },
      ],
    });
    expect((await decode(chunk)).map(({ key }) => String(key))).toEqual(keys([0, 1, 2, 3, 5, 6]));
    expect(chunk.expectedRecords).toBe(6);
    expect(chainOf(chunk)).toBe(archivedChain(...frames));
    expect(bytesOf(chunk)).toBe(frames[0]!.raw.length + frames[1]!.raw.length);
  });

  test('merging stops at its limits', async () => {
    const many = await frame(
      Array.from({ length: 20 }, (_, n) => [n]),
      { size: 1000 },
    );
    const chunk = await prepareChunk([many], options);
    expect(Math.max(...chunk.batches.map(({ bytes }) => bytes.length))).toBeLessThanOrEqual(10_500);
    expect(chunk.batches.length).toBeLessThan(5);
    const few = await prepareChunk([many], { ...options, mergeRecords: 2 });
    expect(Math.max(...few.batches.map(({ records }) => records))).toBe(2);
  });

  test('larger compressed batches are not taken apart', async () => {
    const incompressible = await Promise.all(
      [0, 1].map((n) =>
        encodeBatch([{ ...record(n), value: Buffer.from(Array.from({ length: 12_000 }, () => Math.random() * 256)) }], {
          codec: 'lz4',
          timestampType: 'CreateTime',
        }),
      ),
    );
    const raw = Buffer.concat(incompressible);
    const headers = walkBatches(raw, where).batches;
    const open = { frame: { baseOffset: 0, lastOffset: 1, records: 2 }, from: 0, until: 9, raw, batches: headers };
    const chunk = await prepareChunk([open as OpenFrame], { ...options, mergeBytes: 100_000 });
    expect(chunk.batches.map(({ bytes }) => bytes.length)).toEqual(incompressible.map(({ length }) => length));
  });

  test('batches with holes are numbered anew', async () => {
    const chunk = await prepareChunk([await frame([[0, 2, 9]])], options);
    expect((await decode(chunk)).map(({ offset }) => offset)).toEqual([0, 1, 2]);
  });

  test('a batch above the target’s limit is split, and accounted for by its last part', async () => {
    const large = await frame([[0, 1, 2, 3]], { size: 1000 });
    const chunk = await prepareChunk([large], { ...options, maxBatchBytes: 2500 });
    expect(chunk.batches.map(({ records }) => records)).toEqual([2, 2]);
    expect(chunk.batches.map(({ crcs }) => crcs.length)).toEqual([0, 1]);
    expect(chunk.batches.map(({ runs }) => runs)).toEqual([[{ from: 0, until: 2 }], [{ from: 2, until: 4 }]]);
  });

  test('of a frame that is cut only the offsets that count come back, and all its batches are accounted for', async () => {
    const cut = await frame(
      [
        [0, 1],
        [2, 3],
        [4, 5],
        [6, 7],
      ],
      { from: 3, until: 5 },
    );
    const chunk = await prepareChunk([cut], options);
    expect((await decode(chunk)).map(({ key }) => String(key))).toEqual(keys([3, 4]));
    expect(chunk.expectedRecords).toBe(2);
    expect(chainOf(chunk)).toBe(archivedChain(cut));
    expect(bytesOf(chunk)).toBe(cut.raw.length);
  });

  test('a cut frame between whole ones keeps the order', async () => {
    const frames = [await frame([[0], [1]]), await frame([[2, 3], [4]], { from: 3 }), await frame([[5]])];
    const chunk = await prepareChunk(frames, options);
    expect((await decode(chunk)).map(({ key }) => String(key))).toEqual(keys([0, 1, 3, 4, 5]));
    expect(chunk.expectedRecords).toBe(5);
    expect(chainOf(chunk)).toBe(archivedChain(...frames));
  });

  test('batches inside the window are put together, and only the cut ones go by themselves', async () => {
    const batches = [[0, 1], [2, 4], [5], [6, 7], [9, 10, 11], [12]];
    const chunk = await prepareChunk([await frame(batches, { from: 1, until: 11 })], options);
    expect((await decode(chunk)).map(({ key }) => String(key))).toEqual(keys([1, 2, 4, 5, 6, 7, 9, 10]));
    expect(chunk.batches.map(({ records }) => records)).toEqual([1, 5, 2]);
    expect(chunk.expectedRecords).toBe(8);
  });

  test('a frame of which nothing counts leaves only its account', async () => {
    const out = await frame([[0], [1]], { from: 5, until: 9 });
    const chunk = await prepareChunk([out], options);
    expect(chunk.batches).toEqual([]);
    expect(chunk.leftOver).toEqual({ crcs: out.batches.map(({ crc }) => crc), sourceBytes: out.raw.length });
  });

  test('batches are put together to the same size when headers make their records longer', async () => {
    const open = await frame(Array.from({ length: 40 }, (_, n) => Array.from({ length: 10 }, (_, m) => 10 * n + m)));
    const headers = { partition: 3, cluster: 'primary' };
    const { batches } = await prepareChunk([open], { ...options, headers });
    expect(batches.length).toBeLessThan(10);
    expect(Math.max(...batches.map(({ bytes }) => bytes.length))).toBeLessThan(1.1 * options.mergeBytes);
  });

  test('headers are added to every record', async () => {
    const headers = { partition: 3, cluster: 'primary' };
    const records = await decode(await prepareChunk([await frame([[7]])], { ...options, headers }));
    expect(records[0]!.headers.map(([name]) => String(name))).toEqual([
      'x-original-offset',
      'x-original-timestamp',
      'x-source-partition',
      'x-source-cluster',
    ]);
  });
});
