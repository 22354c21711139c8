import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeBatch } from '../../runtime/src/batch/encode.ts';
import type { BatchHeader } from '../../runtime/src/batch/header.ts';
import { groupBatches } from '../../runtime/src/batch/merge.ts';
import { needsRebuild, type ProduceOptions } from '../../runtime/src/batch/produce-form.ts';
import { rebuildBatches } from '../../runtime/src/batch/rebuild.ts';
import type { Record } from '../../runtime/src/batch/records.ts';
import { type CODECS, codec, lines, someRecords, timestamp } from './arbitrary.ts';
import { craftBatch } from './craft.ts';
import { addHeaders, decodeAll, expected, stored } from './rebuilt.ts';

test('any number of batches, trimmed, renumbered, with headers, in one', async () => {
  const batches = fc.array(fc.tuple(someRecords({ maxLength: 12 }), fc.boolean()), { minLength: 1, maxLength: 4 });
  const window = fc.tuple(
    fc.nat(60),
    fc.nat(60),
    fc.option(timestamp, { nil: undefined }),
    fc.option(timestamp, { nil: undefined }),
  );
  await fc.assert(
    fc.asyncProperty(batches, codec, addHeaders, fc.option(window), async (list, name, headers, cut) => {
      const buffers: Buffer[] = [];
      const all: Record[] = [];
      let next = 0;
      for (const [records, logAppendTime] of list) {
        // One after the other, with the offsets of each batch kept relative.
        const shift = next - records[0]!.offset;
        const moved = records.map((record) => ({ ...record, offset: record.offset + shift }));
        next = moved.at(-1)!.offset + 1;
        const timestampType = logAppendTime ? 'LogAppendTime' : 'CreateTime';
        buffers.push(await encodeBatch(moved, { codec: name, timestampType }));
        const appendTime = Math.max(...moved.map((record) => record.timestamp));
        all.push(...moved.map((record) => (logAppendTime ? { ...record, timestamp: appendTime } : record)));
      }
      const [before, after, fromTimestamp, untilTimestamp] = cut ?? [];
      const options: ProduceOptions = {
        from: before,
        until: after && next - after,
        fromTimestamp,
        untilTimestamp,
        addHeaders: headers,
      };
      const original = Buffer.concat(buffers);
      const rebuilt = await rebuildBatches(stored(original), options);
      expect(lines(await decodeAll(rebuilt))).toEqual(lines(expected(all, options)));
      expect(rebuilt.length).toBe(expected(all, options).length === 0 ? 0 : 1);
      expect(original.equals(Buffer.concat(buffers))).toBe(true);
    }),
    { numRuns: 300 },
  );
});

test('kept within the limit of the target, whatever the codec, and nothing is lost at the seams', async () => {
  await fc.assert(
    fc.asyncProperty(
      someRecords({ maxLength: 60 }),
      codec,
      addHeaders,
      fc.integer({ min: 62, max: 4000 }),
      async (records, name, headers, maxBytes) => {
        const batch = await encodeBatch(records, { codec: name, timestampType: 'CreateTime' });
        const options = { addHeaders: headers, maxBytes };
        const rebuilt = await rebuildBatches(stored(batch), options);
        for (const { bytes, records: count } of rebuilt) {
          if (bytes.length > maxBytes) expect(count).toBe(1);
        }
        expect(lines(await decodeAll(rebuilt))).toEqual(lines(expected(records, options)));
      },
    ),
    { numRuns: 200 },
  );
});

test('a split makes no more batches than it has to', async () => {
  const value = Buffer.alloc(90, 1);
  const records = Array.from({ length: 1000 }, (_, offset) => ({
    offset,
    timestamp: 5,
    key: null,
    value,
    headers: [],
  }));
  const batch = await encodeBatch(records, { codec: 'none', timestampType: 'CreateTime' });
  const rebuilt = await rebuildBatches(stored(batch), { maxBytes: 25_000 });
  expect(rebuilt.map((part) => part.records)).toEqual([250, 249, 249, 249, 3]);
});

test('transactional, delete horizon, leader epoch and producer do not survive', async () => {
  const batch = craftBatch({
    transactional: true,
    deleteHorizon: true,
    baseTimestamp: 1_800_000_000_000n,
    maxTimestamp: 1_700_000_000_001n,
    producerId: 9n,
    producerEpoch: 2,
    baseSequence: 5,
    baseOffset: 40,
    lastOffsetDelta: 10,
    records: [
      { offsetDelta: 3, timestampDelta: -100_000_000_000n, key: Buffer.from('k'), value: null },
      { offsetDelta: 9, timestampDelta: -99_999_999_999n, key: Buffer.from('l'), value: Buffer.alloc(0) },
    ],
  });
  const rebuilt = await rebuildBatches(stored(batch), {});
  expect(rebuilt[0]!.runs).toEqual([
    { from: 43, until: 44 },
    { from: 49, until: 50 },
  ]);
  expect(await decodeAll(rebuilt)).toEqual([
    { offset: 43, timestamp: 1_700_000_000_000, key: Buffer.from('k'), value: null, headers: [] },
    { offset: 49, timestamp: 1_700_000_000_001, key: Buffer.from('l'), value: Buffer.alloc(0), headers: [] },
  ]);
});

test('batches that compaction emptied come to nothing', async () => {
  const empty = stored(craftBatch({ records: [], lastOffsetDelta: 4 }));
  expect(await rebuildBatches(empty, {})).toEqual([]);
  expect(await rebuildBatches([], {})).toEqual([]);
});

test('a result that needs no rebuilding any more', async () => {
  const records = fc.sample(someRecords({ minLength: 5 }), 1)[0]!;
  const batch = await encodeBatch(records, { codec: 'lz4', timestampType: 'LogAppendTime' });
  const [rebuilt] = await rebuildBatches(stored(batch), {});
  expect(needsRebuild(stored(rebuilt!.bytes)[0]!.header)).toBeUndefined();
});

test('records that do not fill their batch are refused, not copied', async () => {
  const batch = craftBatch({ records: [{ value: Buffer.from('abc') }, { value: Buffer.from('d') }] });
  batch.writeInt32BE(1, 57);
  const header = { ...stored(craftBatch())[0]!.header, start: 0, end: batch.length, recordCount: 1 };
  const message = expect.stringMatching(/^record batch at offset 0: it is malformed: /);
  const malformed = { kind: 'data', code: 'BATCH_MALFORMED', message };
  await expect(rebuildBatches([{ buffer: batch, header }], {})).rejects.toMatchObject(malformed);
  // Whatever lies behind the records in the memory that is used again.
  const before = craftBatch({ records: [{ value: Buffer.alloc(2000, 0xff) }] });
  await rebuildBatches(stored(before), { addHeaders: { partition: 0 } });
  const more = { ...header, recordCount: 3 };
  await expect(rebuildBatches([{ buffer: batch, header: more }], {})).rejects.toMatchObject(malformed);
  const addingHeaders = rebuildBatches([{ buffer: batch, header: more }], { addHeaders: { partition: 0 } });
  await expect(addingHeaders).rejects.toMatchObject(malformed);
});

test('timestamps beyond 2^53 cannot be changed, and that is said', async () => {
  const batch = stored(craftBatch({ baseTimestamp: 2n ** 62n, baseOffset: 12 }));
  await expect(rebuildBatches(batch, {})).rejects.toThrow('record batch at offset 12: timestamps beyond 2^53');
});

test('neighbours are grouped by codec up to a size', () => {
  const header = (size: number, name: (typeof CODECS)[number]) =>
    ({ start: 1000, end: 1000 + size, codec: name }) as BatchHeader;
  const groups = (...headers: BatchHeader[]) =>
    groupBatches(headers, 100).map((group) => group.map(({ end }) => end - 1000));
  expect(groups()).toEqual([]);
  expect(groups(header(60, 'none'), header(40, 'none'), header(1, 'none'))).toEqual([[60, 40], [1]]);
  expect(groups(header(10, 'none'), header(10, 'lz4'), header(10, 'lz4'))).toEqual([[10], [10, 10]]);
  expect(groups(header(10, 'none'), header(500, 'none'), header(10, 'none'))).toEqual([[10], [500], [10]]);
});

test('neighbours are grouped only as far as their offsets continue, when that is asked for', () => {
  const headers = [0, 10, 20, 31, 41].map(
    (baseOffset) => ({ start: 0, end: 10, codec: 'lz4', baseOffset, lastOffset: baseOffset + 9 }) as BatchHeader,
  );
  const groups = (options: { contiguous?: boolean }) =>
    groupBatches(headers, 1000, options).map((group) => group.map(({ baseOffset }) => baseOffset));
  expect(groups({ contiguous: true })).toEqual([
    [0, 10, 20],
    [31, 41],
  ]);
  expect(groups({})).toEqual([[0, 10, 20, 31, 41]]);
});

test('what compresses well is put together by its uncompressed size', async () => {
  const value = Buffer.alloc(400 * 1024);
  const batches = await Promise.all(
    Array.from({ length: 5 }, (_, offset) =>
      encodeBatch([{ offset, timestamp: 1, key: null, value, headers: [] }], {
        codec: 'zstd',
        timestampType: 'CreateTime',
      }),
    ),
  );
  const rebuilt = await rebuildBatches(stored(Buffer.concat(batches)), {});
  expect(rebuilt.map(({ records }) => records)).toEqual([2, 2, 1]);
  expect((await decodeAll(rebuilt)).map(({ offset }) => offset)).toEqual([0, 1, 2, 3, 4]);
});
