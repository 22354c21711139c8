import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { OffsetRange } from '../../runtime/src/offsets/offset-map.ts';
import { RangeList } from '../../runtime/src/offsets/range-list.ts';

const hole = fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 3 }), fc.constantFrom(127, 128, 5_000_000_000));
const steps = fc.record({ source: hole, target: hole, length: fc.oneof(fc.integer({ min: 1, max: 3 }), hole) });

/** Enough of them for several of the places that are gone to directly. */
const lists = fc.array(steps, { minLength: 1, maxLength: 60 }).map((some) => {
  const ranges: OffsetRange[] = [];
  let [source, target] = [0, 0];
  for (let round = 0; round < 10; round++) {
    for (const step of some) {
      const range = { source: source + step.source, target: target + step.target, length: Math.max(1, step.length) };
      ranges.push(range);
      [source, target] = [range.source + range.length, range.target + range.length];
    }
  }
  return ranges;
});

function listOf(ranges: OffsetRange[]): RangeList {
  const list = new RangeList();
  for (const range of ranges) {
    list.push({ ...range, length: 1 });
    if (range.length > 1) list.extend(range.length - 1);
  }
  return list;
}

test('ranges come back from any place on, and from the bytes', () => {
  fc.assert(
    fc.property(lists, fc.nat(), (ranges, any) => {
      const list = listOf(ranges);
      const first = any % (ranges.length + 1);
      expect(list.size).toBe(ranges.length);
      expect([...list.from(first)]).toEqual(ranges.slice(first));
      expect([...RangeList.ofBytes(list.toBytes())]).toEqual(ranges);
    }),
  );
});

test('the range that holds an offset is found, and the one behind it', () => {
  fc.assert(
    fc.property(lists, fc.nat(), fc.integer({ min: -2, max: 2 }), (ranges, any, near) => {
      const list = listOf(ranges);
      const at = ranges[any % ranges.length]!;
      for (const side of ['source', 'target'] as const) {
        for (const offset of [at[side] + near, at[side] + at.length + near]) {
          const range = ranges.find((one) => one[side] <= offset && offset < one[side] + one.length);
          const next = ranges.find((one) => one[side] > offset);
          expect(list.find(side, offset)).toEqual({ ...(range && { range }), ...(next && { next }) });
        }
      }
    }),
  );
});

test('none are none', () => {
  const list = new RangeList();
  expect([...list.from(0), ...RangeList.ofBytes(list.toBytes())]).toEqual([]);
  expect(list.find('source', 0)).toEqual({});
});

test('millions take a few bytes each', () => {
  const list = new RangeList();
  const before = process.memoryUsage();
  for (let n = 0; n < 3_000_000; n++) list.push({ source: 6 * n, target: 5 * n, length: 5 });
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  expect(list.toBytes().length).toBeLessThan(10_000_000);
  expect(heapUsed + arrayBuffers - before.heapUsed - before.arrayBuffers).toBeLessThan(100_000_000);
});
