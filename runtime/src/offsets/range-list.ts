import type { OffsetRange } from './offset-map.ts';

/** Every so many ranges can be gone to directly. */
const STEP = 128;
/** Three numbers of up to 8 bytes each. */
const MOST_BYTES = 24;

type Side = 'source' | 'target';

/**
 * Ranges that ascend on both sides, in some 3 bytes each: compacted topics and small transactions make tens of millions.
 *
 *     range = source hole, target hole, length    (unsigned LEB128)
 *
 * A hole is the number of offsets since the end of the range before, from 0 for the first.
 */
export class RangeList {
  /** All but the last range, which may still grow. */
  #bytes = Buffer.alloc(64);
  #used = 0;
  #last: OffsetRange | undefined;
  #size = 0;
  /** Where the last range that is in the bytes ends. */
  #end = { source: 0, target: 0 };
  /** Of every STEP-th range: where it is in the bytes, and where the range before it ends. */
  readonly #marks: { at: number[] } & { [side in Side]: number[] } = { at: [], source: [], target: [] };

  get size(): number {
    return this.#size;
  }

  get last(): Readonly<OffsetRange> | undefined {
    return this.#last;
  }

  /** @param range behind the last one on both sides */
  push({ source, target, length }: OffsetRange): void {
    this.#settle();
    this.#last = { source, target, length };
    this.#size++;
  }

  /** Adds to the length of the last range. */
  extend(length: number): void {
    this.#last!.length += length;
  }

  /** From the `first` on, in their order. */
  *from(first: number): Generator<OffsetRange> {
    const mark = Math.floor(first / STEP);
    if (first < this.#size - 1) {
      let skip = first - mark * STEP;
      for (const range of this.#decode(mark)) if (skip-- <= 0) yield range;
    }
    if (this.#last !== undefined && first < this.#size) yield { ...this.#last };
  }

  /** The range that holds an offset of a side, and the first one that begins behind it. */
  find(side: Side, offset: number): { range?: OffsetRange; next?: OffsetRange } {
    const last = this.#last;
    if (last === undefined) return {};
    if (offset >= last[side]) return offset < last[side] + last.length ? { range: last } : {};
    let range: OffsetRange | undefined;
    for (const next of this.from(Math.max(0, this.#markAtMost(this.#marks[side], offset)) * STEP)) {
      if (next[side] > offset) return range === undefined ? { next } : { range, next };
      range = offset < next[side] + next.length ? next : undefined;
    }
    throw new Error('the last range begins behind the offset');
  }

  /** All ranges as bytes. */
  toBytes(): Buffer {
    const all = Buffer.alloc(this.#used + MOST_BYTES);
    this.#bytes.copy(all, 0, 0, this.#used);
    const end = this.#last === undefined ? this.#used : encode(all, this.#used, this.#last, this.#end);
    return all.subarray(0, end);
  }

  /** The ranges of `toBytes`. */
  static *ofBytes(bytes: Uint8Array): Generator<OffsetRange> {
    yield* decode(bytes, bytes.length, 0, { source: 0, target: 0 });
  }

  #settle(): void {
    const last = this.#last;
    if (last === undefined) return;
    if (this.#bytes.length - this.#used < MOST_BYTES) {
      const larger = Buffer.alloc(this.#bytes.length * 2);
      this.#bytes.copy(larger, 0, 0, this.#used);
      this.#bytes = larger;
    }
    if ((this.#size - 1) % STEP === 0) {
      this.#marks.at.push(this.#used);
      this.#marks.source.push(this.#end.source);
      this.#marks.target.push(this.#end.target);
    }
    this.#used = encode(this.#bytes, this.#used, last, this.#end);
    this.#end = { source: last.source + last.length, target: last.target + last.length };
  }

  #decode(mark: number): Generator<OffsetRange> {
    const { at, source, target } = this.#marks;
    return decode(this.#bytes, this.#used, at[mark]!, { source: source[mark]!, target: target[mark]! });
  }

  /** Index of the last mark that is not larger; -1 when all are. */
  #markAtMost(marks: number[], offset: number): number {
    let low = 0;
    let high = marks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (marks[middle]! <= offset) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}

/** @returns where it ends in the bytes */
function encode(bytes: Buffer, at: number, { source, target, length }: OffsetRange, end: { [side in Side]: number }) {
  return write(bytes, write(bytes, write(bytes, at, source - end.source), target - end.target), length);
}

function* decode(
  bytes: Uint8Array,
  until: number,
  from: number,
  end: { [side in Side]: number },
): Generator<OffsetRange> {
  const cursor = { at: from };
  let { source, target } = end;
  while (cursor.at < until) {
    source += read(bytes, cursor);
    target += read(bytes, cursor);
    const length = read(bytes, cursor);
    yield { source, target, length };
    source += length;
    target += length;
  }
}

function write(bytes: Buffer, start: number, value: number): number {
  let at = start;
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes[at++] = (rest % 0x80) | 0x80;
  bytes[at++] = rest;
  return at;
}

function read(bytes: Uint8Array, cursor: { at: number }): number {
  let value = 0;
  for (let scale = 1; ; scale *= 0x80) {
    const byte = bytes[cursor.at++]!;
    value += (byte & 0x7f) * scale;
    if (!(byte >= 0x80)) return value;
  }
}
