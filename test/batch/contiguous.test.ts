import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeBatch } from '../../runtime/src/batch/encode.ts';
import type { OffsetRun } from '../../runtime/src/batch/offset-runs.ts';
import { needsRebuild, type ProduceOptions } from '../../runtime/src/batch/produce-form.ts';
import { rebuildBatches } from '../../runtime/src/batch/rebuild.ts';
import { decodeRecords, type Record } from '../../runtime/src/batch/records.ts';
import { CODECS, codec, lines, someRecords, timestamp } from './arbitrary.ts';
import { addHeaders, decodeAll, expected, stored } from './rebuilt.ts';

/** The fewest batches that hold consecutive offsets only. */
function runsOf(records: Record[]): OffsetRun[] {
  const runs: OffsetRun[] = [];
  for (const { offset } of records) {
    const last = runs.at(-1);
    if (last?.until === offset) last.until++;
    else runs.push({ from: offset, until: offset + 1 });
  }
  return runs;
}

const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });

/** Batches of one partition; some continue the one before, some leave a gap, some end in offsets without records. */
const batches = fc.array(
  fc.record({
    records: someRecords({ maxLength: 15 }),
    gap: fc.constantFrom(0, 0, 1, 300),
    logAppendTime: fc.boolean(),
  }),
  { minLength: 1, maxLength: 4 },
);

const cut = fc.record({
  from: optional(fc.nat(60)),
  beforeEnd: optional(fc.nat(60)),
  fromTimestamp: optional(timestamp),
  untilTimestamp: optional(timestamp),
});

test('every batch holds consecutive offsets, and all of them hold every wanted record', async () => {
  await fc.assert(
    fc.asyncProperty(batches, codec, addHeaders, cut, async (list, name, headers, window) => {
      const buffers: Buffer[] = [];
      const all: Record[] = [];
      let next = 0;
      for (const { records, gap, logAppendTime } of list) {
        const shift = next + gap - records[0]!.offset;
        const moved = records.map((record) => ({ ...record, offset: record.offset + shift }));
        next = moved.at(-1)!.offset + 1;
        const timestampType = logAppendTime ? 'LogAppendTime' : 'CreateTime';
        buffers.push(await encodeBatch(moved, { codec: name, timestampType }));
        const appendTime = Math.max(...moved.map((record) => record.timestamp));
        all.push(...moved.map((record) => (logAppendTime ? { ...record, timestamp: appendTime } : record)));
      }
      const options: ProduceOptions = {
        from: window.from,
        until: window.beforeEnd && next - window.beforeEnd,
        fromTimestamp: window.fromTimestamp,
        untilTimestamp: window.untilTimestamp,
        addHeaders: headers,
        contiguous: true,
      };
      const rebuilt = await rebuildBatches(stored(Buffer.concat(buffers)), options);
      const wanted = expected(all, options);
      expect(rebuilt.map(({ runs }) => runs)).toEqual(runsOf(wanted).map((run) => [run]));
      expect(lines(await decodeAll(rebuilt))).toEqual(lines(wanted));
    }),
    { numRuns: 400 },
  );
});

test('within the limit of the target too', async () => {
  const limit = fc.integer({ min: 62, max: 3000 });
  await fc.assert(
    fc.asyncProperty(
      someRecords({ maxLength: 60 }),
      codec,
      addHeaders,
      limit,
      async (records, name, headers, maxBytes) => {
        const batch = await encodeBatch(records, { codec: name, timestampType: 'CreateTime' });
        const options = { addHeaders: headers, maxBytes, contiguous: true };
        const rebuilt = await rebuildBatches(stored(batch), options);
        for (const { bytes, records: count, runs } of rebuilt) {
          expect(runs).toHaveLength(1);
          if (bytes.length > maxBytes) expect(count).toBe(1);
        }
        expect(lines(await decodeAll(rebuilt))).toEqual(lines(expected(records, options)));
      },
    ),
    { numRuns: 200 },
  );
});

test.each(CODECS)('ten thousand holes in one batch of %s', async (name) => {
  const records = Array.from({ length: 10_000 }, (_, n) => ({
    offset: 7 + 2 * n,
    timestamp: 1_700_000_000_000 + n,
    key: Buffer.from(`key ${n}`),
    value: Buffer.from(`value ${n}`),
    headers: [],
  }));
  const batch = stored(await encodeBatch(records, { codec: name, timestampType: 'CreateTime' }));
  expect(needsRebuild(batch[0]!.header, { contiguous: true })).toBe('holes');
  const rebuilt = await rebuildBatches(batch, { contiguous: true });
  const found: Record[] = [];
  for (const { bytes, runs } of rebuilt) {
    for (const record of await decodeRecords(bytes, stored(bytes)[0]!.header)) {
      found.push({ ...record, offset: record.offset + runs[0]!.from });
    }
  }
  expect(rebuilt).toHaveLength(10_000);
  expect(lines(found)).toEqual(lines(records));
});
