import { RangeList } from './range-list.ts';

/** `length` records of a source partition and where they are at the target: consecutive on both sides. */
export interface OffsetRange {
  /** First offset at the source. */
  source: number;
  /** First offset at the target. */
  target: number;
  /** At least 1. */
  length: number;
}

/**
 * Where the records of one source partition are at the target. Exact: offsets of a source without a record (markers, aborted
 * transactions, compaction) are in no range. Ranges ascend on both sides; neighbours that continue each other are one.
 */
export class OffsetMap {
  /** Offset at the target after the last record; where it continues when nothing was written. */
  #end: number;
  readonly #ranges = new RangeList();

  /** @param end where the first record would go */
  constructor(end: number) {
    this.#end = end;
  }

  /** Offset at the target that follows everything. */
  get end(): number {
    return this.#end;
  }

  /** Number of ranges. */
  get size(): number {
    return this.#ranges.size;
  }

  /** @throws Error when the range does not ascend: a bug */
  add({ source, target, length }: OffsetRange): void {
    const { last } = this.#ranges;
    const sourceEnd = last === undefined ? 0 : last.source + last.length;
    const targetEnd = last === undefined ? 0 : last.target + last.length;
    if (source < sourceEnd || target < targetEnd) {
      throw new Error(`offsets ${source} -> ${target} do not follow ${sourceEnd} -> ${targetEnd}`);
    }
    if (last !== undefined && source === sourceEnd && target === targetEnd) this.#ranges.extend(length);
    else this.#ranges.push({ source, target, length });
    this.#end = Math.max(this.#end, target + length);
  }

  /** The target goes on behind offsets without records. */
  advance(end: number): void {
    this.#end = Math.max(this.#end, end);
  }

  /** Where the record is; undefined when the source had none at that offset, or it was not restored. */
  targetOf(source: number): number | undefined {
    const { range } = this.#ranges.find('source', source);
    return range && range.target + source - range.source;
  }

  /** Where the first record at or after a source offset is: what a committed offset becomes. The end when there is none. */
  targetAtOrAfter(source: number): number {
    const { range, next } = this.#ranges.find('source', source);
    return range === undefined ? (next?.target ?? this.#end) : range.target + source - range.source;
  }

  /** Where a record of the target was; undefined when it is none that was restored. */
  sourceOf(target: number): number | undefined {
    const { range } = this.#ranges.find('target', target);
    return range && range.source + target - range.target;
  }

  /** From the `first` on, in their order. */
  ranges(first = 0): Generator<OffsetRange> {
    return this.#ranges.from(first);
  }

  /** Offsets of the target that hold restored records, exclusive at the end; neighbours are one. */
  targetRanges(): { from: number; until: number }[] {
    const found: { from: number; until: number }[] = [];
    for (const { target, length } of this.ranges()) {
      const last = found.at(-1);
      if (last?.until === target) last.until += length;
      else found.push({ from: target, until: target + length });
    }
    return found;
  }
}
