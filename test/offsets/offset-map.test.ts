import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toOffsetMap, toOffsetsPartition } from '../../runtime/src/journal/offset-map-object.ts';
import { storedRange } from '../../runtime/src/journal/stored-ranges.ts';
import { OffsetMap } from '../../runtime/src/offsets/offset-map.ts';

/** A partition record by record: how many offsets are left out before each, at the source and at the target. */
const record = fc.record({
  sourceHole: fc.oneof(
    { weight: 4, arbitrary: fc.constant(0) },
    { weight: 1, arbitrary: fc.integer({ min: 1, max: 5 }) },
  ),
  targetHole: fc.oneof(
    { weight: 6, arbitrary: fc.constant(0) },
    { weight: 1, arbitrary: fc.integer({ min: 1, max: 3 }) },
  ),
});
interface Partition {
  sourceStart: number;
  targetStart: number;
  records: { sourceHole: number; targetHole: number }[];
  /** Offsets behind the last record: markers at the target. */
  tail: number;
  /** How many records a range has at most when it is added. */
  portion: number;
}

const partition: fc.Arbitrary<Partition> = fc.record({
  sourceStart: fc.constantFrom(0, 7, 5_000_000_000),
  targetStart: fc.constantFrom(0, 3, 6_000_000_000),
  records: fc.array(record, { maxLength: 40 }),
  tail: fc.nat({ max: 3 }),
  portion: fc.integer({ min: 1, max: 6 }),
});

/** The same thing twice: as a map, and as a plain list of [source, target] to look everything up in the slow way. */
function both({ sourceStart, targetStart, records, tail, portion }: Partition) {
  const pairs: [number, number][] = [];
  let source = sourceStart;
  let target = targetStart;
  for (const { sourceHole, targetHole } of records) {
    source += sourceHole;
    target += targetHole;
    pairs.push([source++, target++]);
  }
  const map = new OffsetMap(targetStart);
  for (let at = 0; at < pairs.length; ) {
    const [from, to] = pairs[at]!;
    let length = 1;
    const follows = () => pairs[at + length]?.[0] === from + length && pairs[at + length]?.[1] === to + length;
    while (length < portion && follows()) length += 1;
    map.add({ source: from, target: to, length });
    at += length;
  }
  map.advance(target + tail);
  const offsets = Array.from({ length: source - sourceStart + 10 }, (_, i) => sourceStart - 5 + i);
  return { map, pairs, offsets, end: target + tail, targets: { from: targetStart - 5, until: target + 5 } };
}

describe('an offset map', () => {
  it('finds the record, the first one at or after an offset, and the way back, like a list of all records', () => {
    fc.assert(
      fc.property(partition, (input) => {
        const { map, pairs, offsets, end, targets } = both(input);
        expect(map.end).toBe(end);
        for (const offset of offsets) {
          expect(map.targetOf(offset)).toBe(pairs.find(([source]) => source === offset)?.[1]);
          expect(map.targetAtOrAfter(offset)).toBe(pairs.find(([source]) => source >= offset)?.[1] ?? end);
        }
        for (let target = targets.from; target < targets.until; target++) {
          expect(map.sourceOf(target)).toBe(pairs.find(([, to]) => to === target)?.[0]);
        }
      }),
    );
  });

  it('has as few ranges as there are, whatever the portions in which they came', () => {
    fc.assert(
      fc.property(partition, (input) => {
        const { map, pairs } = both(input);
        const breaks = pairs.filter(([source, target], i) => {
          const before = pairs[i - 1];
          return before === undefined || source !== before[0] + 1 || target !== before[1] + 1;
        });
        expect([...map.ranges()].map(({ source, target }) => [source, target])).toEqual(breaks);
        expect([...map.ranges()].reduce((sum, { length }) => sum + length, 0)).toBe(pairs.length);
        expect([...map.ranges(1)]).toEqual([...map.ranges()].slice(1));
      }),
    );
  });

  it('never sends a consumer back behind a record that it has read, nor past one that it has not', () => {
    fc.assert(
      fc.property(partition, (input) => {
        const { map, pairs, offsets } = both(input);
        for (const committed of offsets) {
          const position = map.targetAtOrAfter(committed);
          const unread = pairs.filter(([, target]) => target >= position);
          expect(unread).toEqual(pairs.filter(([source]) => source >= committed));
        }
      }),
    );
  });

  it('is the same after it was written and read', () => {
    fc.assert(
      fc.property(partition, (input) => {
        const { map } = both(input);
        const read = toOffsetMap(JSON.parse(JSON.stringify(toOffsetsPartition(0, 0, map))));
        expect([...read.ranges()].map(storedRange)).toEqual([...map.ranges()].map(storedRange));
        expect(read.end).toBe(map.end);
      }),
    );
  });

  it('refuses ranges that do not ascend on both sides', () => {
    const map = new OffsetMap(0);
    map.add({ source: 10, target: 0, length: 5 });
    expect(() => map.add({ source: 14, target: 5, length: 1 })).toThrow('offsets 14 -> 5 do not follow 15 -> 5');
    expect(() => map.add({ source: 15, target: 4, length: 1 })).toThrow('offsets 15 -> 4 do not follow 15 -> 5');
    expect([...map.ranges()]).toEqual([{ source: 10, target: 0, length: 5 }]);
  });

  describe('of a log with holes, restored from target offset 100 on', () => {
    // Source: 0-2 records, 3 a commit marker, 4-5 of an aborted transaction, 6 its marker, 7-8 records, 9 compacted away,
    // 10 a record, 11 a marker at the end; the cut is 12.
    const map = new OffsetMap(100);
    map.add({ source: 0, target: 100, length: 3 });
    map.add({ source: 7, target: 103, length: 2 });
    map.add({ source: 10, target: 105, length: 1 });

    it.each([
      ['the first record', 0, 100],
      ['a record', 2, 102],
      ['a commit marker: the next record', 3, 103],
      ['an aborted record: the next committed one', 4, 103],
      ['an abort marker', 6, 103],
      ['a compacted record: the next that is left', 9, 105],
      ['the marker behind the last record: the end', 11, 106],
      ['the cut', 12, 106],
      ['beyond the cut', 1000, 106],
    ])('%s', (_what, committed, expected) => {
      expect(map.targetAtOrAfter(committed)).toBe(expected);
    });

    it('nothing restored at all: the end', () => {
      expect(new OffsetMap(42).targetAtOrAfter(7)).toBe(42);
    });
  });
});
