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
  readonly #source: number[] = [];
  readonly #target: number[] = [];
  readonly #length: number[] = [];

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
    return this.#source.length;
  }

  /** @throws Error when the range does not ascend: a bug */
  add({ source, target, length }: OffsetRange): void {
    const last = this.size - 1;
    if (last >= 0) {
      const sourceEnd = this.#source[last]! + this.#length[last]!;
      const targetEnd = this.#target[last]! + this.#length[last]!;
      if (source < sourceEnd || target < targetEnd) {
        throw new Error(`offsets ${source} -> ${target} do not follow ${sourceEnd} -> ${targetEnd}`);
      }
      if (source === sourceEnd && target === targetEnd) {
        this.#length[last]! += length;
        this.#end = Math.max(this.#end, target + length);
        return;
      }
    }
    this.#source.push(source);
    this.#target.push(target);
    this.#length.push(length);
    this.#end = Math.max(this.#end, target + length);
  }

  /** The target goes on behind offsets without records. */
  advance(end: number): void {
    this.#end = Math.max(this.#end, end);
  }

  /** Where the record is; undefined when the source had none at that offset, or it was not restored. */
  targetOf(source: number): number | undefined {
    const at = this.#lastAtMost(this.#source, source);
    if (at < 0 || source >= this.#source[at]! + this.#length[at]!) return undefined;
    return this.#target[at]! + source - this.#source[at]!;
  }

  /** Where the first record at or after a source offset is: what a committed offset becomes. The end when there is none. */
  targetAtOrAfter(source: number): number {
    const exact = this.targetOf(source);
    if (exact !== undefined) return exact;
    return this.#target[this.#lastAtMost(this.#source, source) + 1] ?? this.#end;
  }

  /** Where a record of the target was; undefined when it is none that was restored. */
  sourceOf(target: number): number | undefined {
    const at = this.#lastAtMost(this.#target, target);
    if (at < 0 || target >= this.#target[at]! + this.#length[at]!) return undefined;
    return this.#source[at]! + target - this.#target[at]!;
  }

  /** From the `first` on, in their order. */
  *ranges(first = 0): Generator<OffsetRange> {
    for (let at = first; at < this.size; at++) {
      yield { source: this.#source[at]!, target: this.#target[at]!, length: this.#length[at]! };
    }
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

  /** Index of the last entry that is not larger; -1 when all are. */
  #lastAtMost(starts: number[], offset: number): number {
    let low = 0;
    let high = starts.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (starts[middle]! <= offset) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}
