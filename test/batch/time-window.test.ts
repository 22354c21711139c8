import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeBatch } from '../../runtime/src/batch/encode.ts';
import { rebuildBatches } from '../../runtime/src/batch/rebuild.ts';
import { decodeRecords, type Record } from '../../runtime/src/batch/records.ts';
import { rebuildReason, type TimeWindow, timeBounds, windowVerdict } from '../../runtime/src/batch/time-window.ts';
import { codec, lines, someRecords, timestamp } from './arbitrary.ts';
import { type Craft, craftBatch } from './craft.ts';
import { decodeAll, stored } from './rebuilt.ts';

/** Said once more: both ends are included, and a record without a time is in no window that has a start. */
function isIn({ timestamp: time }: Record, { start, end }: TimeWindow): boolean {
  if (time === -1) return start === undefined;
  return (start === undefined || time >= start) && (end === undefined || time <= end);
}

/** Records and a window whose ends are, as often as not, the very time of a record. */
const recordsAndWindow = someRecords({ maxLength: 12 }).chain((records) => {
  const times = records.map((record) => record.timestamp).filter((time) => time >= 0);
  const near = times.length === 0 ? fc.constant(0) : fc.constantFrom(...times);
  const end = fc.oneof(
    near,
    near.map((time) => Math.max(0, time - 1)),
    near.map((time) => time + 1),
    timestamp.filter((time) => time >= 0),
  );
  return fc.tuple(fc.constant(records), fc.record({ start: end, end }, { requiredKeys: [] }));
});

test('records are kept by their own time, in whatever order, and a batch inside passes untouched', async () => {
  let untouched = 0;
  let cut = 0;
  await fc.assert(
    fc.asyncProperty(recordsAndWindow, codec, fc.boolean(), async ([records, window], name, logAppendTime) => {
      const timestampType = logAppendTime ? 'LogAppendTime' : 'CreateTime';
      const bytes = await encodeBatch(records, { codec: name, timestampType });
      const [batch] = stored(bytes);
      const all = await decodeRecords(bytes, batch!.header);
      const wanted = all.filter((record) => isIn(record, window));

      const expected = wanted.length === 0 ? 'outside' : wanted.length === all.length ? 'inside' : 'cut';
      expect(await windowVerdict(bytes, batch!.header, timeBounds(window))).toBe(expected);

      const options = timeBounds(window);
      const reason = await rebuildReason(bytes, batch!.header, options);
      if (reason === undefined) untouched++;
      if (reason === 'trim') cut++;
      const kept =
        reason === undefined ? all : reason === 'empty' ? [] : await decodeAll(await rebuildBatches([batch!], options));
      expect(lines(kept)).toEqual(lines(wanted));
      expect(reason === 'empty').toBe(expected === 'outside');
      expect(reason === 'trim').toBe(expected === 'cut');
    }),
    { numRuns: 1000 },
  );
  expect(untouched).toBeGreaterThan(20);
  expect(cut).toBeGreaterThan(20);
});

const verdict = (craft: Craft, window: TimeWindow) => {
  const [batch] = stored(craftBatch(craft));
  return windowVerdict(batch!.buffer, batch!.header, timeBounds(window));
};

test('a batch in which no record has a time', async () => {
  const timeless: Craft = { baseTimestamp: -1n, maxTimestamp: -1n, records: [{}, {}] };
  expect(await verdict(timeless, {})).toBe('inside');
  expect(await verdict(timeless, { end: 5 })).toBe('inside');
  expect(await verdict(timeless, { start: 0 })).toBe('outside');
  expect(await verdict(timeless, { start: 0, end: 5 })).toBe('outside');
});

test('times that count from a delete horizon', async () => {
  const horizon: Craft = {
    deleteHorizon: true,
    baseTimestamp: 9_000n,
    maxTimestamp: 1_200n,
    records: [{ timestampDelta: -8_000n }, { timestampDelta: -7_800n }],
  };
  expect(await verdict(horizon, { start: 1_000, end: 1_200 })).toBe('inside');
  expect(await verdict(horizon, { start: 1_001 })).toBe('cut');
  expect(await verdict(horizon, { end: 1_199 })).toBe('cut');
  expect(await verdict(horizon, { start: 1_201 })).toBe('outside');
  expect(await verdict(horizon, { end: 999 })).toBe('outside');
});

test('the records are looked at only where the header does not say it', async () => {
  const broken = (craft: Craft) => {
    const bytes = craftBatch({ ...craft, codec: 4, maxTimestamp: 100n });
    bytes.fill(0xff, 61);
    return { bytes, header: { ...stored(craftBatch(craft))[0]!.header, end: bytes.length, codec: 'zstd' as const } };
  };
  const check = ({ bytes, header }: ReturnType<typeof broken>, window: TimeWindow) =>
    windowVerdict(bytes, { ...header, maxTimestamp: 100 }, timeBounds(window));
  expect(await check(broken({}), { start: 101 })).toBe('outside');
  expect(await check(broken({}), { end: 100 })).toBe('inside');
  expect(await check(broken({ logAppendTime: true }), { start: 100, end: 100 })).toBe('inside');
  expect(await check(broken({ logAppendTime: true }), { start: 1, end: 99 })).toBe('outside');
  await expect(check(broken({ baseOffset: 77 }), { start: 100 })).rejects.toMatchObject({
    code: 'DECOMPRESSION_FAILED',
    message: expect.stringMatching(/^record batch at offset 77: /),
  });
});

test('what else asks for rebuilding is still said of a batch that lies inside', async () => {
  const reason = (craft: Craft, options: Parameters<typeof rebuildReason>[2]) => {
    const [batch] = stored(craftBatch({ baseTimestamp: 50n, maxTimestamp: 50n, ...craft }));
    return rebuildReason(batch!.buffer, batch!.header, options);
  };
  const inside = { fromTimestamp: 50, untilTimestamp: 51 };
  expect(await reason({}, inside)).toBeUndefined();
  expect(await reason({ lastOffsetDelta: 3 }, inside)).toBe('holes');
  expect(await reason({ logAppendTime: true }, inside)).toBe('log-append-time');
  expect(await reason({}, { ...inside, addHeaders: { partition: 0 } })).toBe('headers');
  expect(await reason({}, { ...inside, maxBytes: 61 })).toBe('size');
  expect(await reason({ baseOffset: 5 }, { ...inside, until: 5 })).toBe('empty');
  expect(await reason({ records: [], lastOffsetDelta: 2 }, inside)).toBe('empty');
  expect(await reason({}, { fromTimestamp: 51 })).toBe('empty');
});
