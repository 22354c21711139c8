import type { OffsetRange } from '../offsets/offset-map.ts';
import { RangeList } from '../offsets/range-list.ts';

/** A range as it is written: first offset at the source, at the target, number of records. */
export type StoredRange = [source: number, target: number, length: number];

/**
 * Ranges as they are written: a list that people can read, or, where it would be long, the bytes of a `RangeList` in base64. Of a
 * topic of small transactions a list would be longer than a string can be.
 */
export type StoredRanges = StoredRange[] | string;

/** Ranges that are written as a list at most. */
const LISTED = 1000;

export function storedRange({ source, target, length }: OffsetRange): StoredRange {
  return [source, target, length];
}

/** @param ranges in their order */
export function storedRanges(ranges: Iterable<OffsetRange>): StoredRanges {
  const list = new RangeList();
  for (const range of ranges) list.push(range);
  if (list.size > LISTED) return list.toBytes().toString('base64');
  return [...list.from(0)].map(storedRange);
}

export function* readRanges(stored: StoredRanges): Generator<OffsetRange> {
  if (typeof stored === 'string') yield* RangeList.ofBytes(Buffer.from(stored, 'base64'));
  else for (const [source, target, length] of stored) yield { source, target, length };
}
