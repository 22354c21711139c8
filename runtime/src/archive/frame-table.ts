/**
 * Rows that describe frames, as index objects and pack trailers hold them. Little-endian, without compression here:
 *
 *     Table   => RowCount RowSize PackCount StringCount StringBytes Zero [Pack] [String] Padding [Row]
 *       RowCount, RowSize, PackCount, StringCount, StringBytes, Zero => uint32
 *                 RowSize is 88 in version 1; StringBytes is the size of [String] Padding, a multiple of 8
 *     Pack    => Key Zero Size
 *       Key     => uint32         number of a string
 *       Zero    => uint32
 *       Size    => uint64         bytes of the whole pack; 0 in the pack's own trailer
 *     String  => Length Bytes
 *       Length  => uint32
 *       Bytes   => UTF-8
 *     Row     => Pack Topic TopicId Partition Generation Codec
 *                Position BaseOffset LastOffset MaxTimestamp MinTimestamp
 *                Length RawLength Records Batches Checksum BatchChain
 *       Pack    => uint32         number of a pack
 *       Topic, TopicId => uint32  numbers of strings
 *       Partition, Generation => uint32
 *       Codec   => uint32         0 none, 1 zstd
 *       Position, BaseOffset, LastOffset => uint64
 *       MaxTimestamp, MinTimestamp => int64     ms; -1 none; MinTimestamp -2 unknown
 *       Length, RawLength, Records, Batches, Checksum, BatchChain => uint32
 *
 * The same grammar, for people without this source, is in docs/archive-format.md.
 */
import type { Frame } from './frame.ts';

const HEADER_BYTES = 24;
const PACK_BYTES = 16;
const ROW_BYTES = 88;
const CODECS = ['none', 'zstd'] as const;
const UNKNOWN_TIMESTAMP = -2;
const UINT32 = 2 ** 32;

/**
 * @param frames iterated twice, so that rows can be made on the way
 * @throws Error when a number does not fit its field: a bug
 */
export function encodeFrameTable(frames: Iterable<Frame>): Buffer {
  const strings = new Map<string, number>();
  const stringNumber = (text: string) => {
    const number = strings.get(text) ?? strings.size;
    if (number === strings.size) strings.set(text, number);
    return number;
  };
  const packs = new Map<string, { number: number; size: number }>();
  let count = 0;
  for (const { pack, packSize, topic, topicId } of frames) {
    count++;
    if (!packs.has(pack)) packs.set(pack, { number: packs.size, size: packSize });
    stringNumber(pack);
    stringNumber(topic);
    stringNumber(topicId);
  }
  const encoded = [...strings.keys()].map((text) => Buffer.from(text, 'utf8'));
  const stringBytes = Math.ceil(encoded.reduce((sum, { length }) => sum + 4 + length, 0) / 8) * 8;
  const rowsAt = HEADER_BYTES + packs.size * PACK_BYTES + stringBytes;
  const table = Buffer.alloc(rowsAt + count * ROW_BYTES);
  const view = new DataView(table.buffer, table.byteOffset, table.length);
  [count, ROW_BYTES, packs.size, strings.size, stringBytes].forEach((value, n) => {
    setUint32(view, n * 4, value);
  });
  let at = HEADER_BYTES;
  for (const [key, { size }] of packs) {
    setUint32(view, at, stringNumber(key));
    setInt64(view, at + 8, size);
    at += PACK_BYTES;
  }
  for (const text of encoded) {
    setUint32(view, at, text.length);
    text.copy(table, at + 4);
    at += 4 + text.length;
  }
  at = rowsAt;
  for (const frame of frames) {
    setUint32(view, at, packs.get(frame.pack)!.number);
    setUint32(view, at + 4, stringNumber(frame.topic));
    setUint32(view, at + 8, stringNumber(frame.topicId));
    setUint32(view, at + 12, frame.partition);
    setUint32(view, at + 16, frame.generation);
    setUint32(view, at + 20, CODECS.indexOf(frame.codec));
    setInt64(view, at + 24, frame.position);
    setInt64(view, at + 32, frame.baseOffset);
    setInt64(view, at + 40, frame.lastOffset);
    setInt64(view, at + 48, frame.maxTimestamp);
    setInt64(view, at + 56, frame.minTimestamp ?? UNKNOWN_TIMESTAMP);
    setUint32(view, at + 64, frame.length);
    setUint32(view, at + 68, frame.rawLength);
    setUint32(view, at + 72, frame.records);
    setUint32(view, at + 76, frame.batches);
    setUint32(view, at + 80, frame.checksum);
    setUint32(view, at + 84, frame.batchChain);
    at += ROW_BYTES;
  }
  return table;
}

/** Rows as they are stored, turned into frames one at a time: a large index costs its bytes and little else. */
export class FrameTable {
  readonly length: number;
  readonly packs: readonly { key: string; size: number }[];
  readonly strings: readonly string[];
  readonly #view: DataView;
  readonly #rowsAt: number;
  readonly #rowBytes: number;

  /**
   * Every reference and offset is checked here, so that the accessors cannot fail.
   * @param damaged makes the error that says where the table was read
   */
  constructor(bytes: Buffer, damaged: (why: string) => Error) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    if (bytes.length < HEADER_BYTES) throw damaged('its frame table is too short');
    const [length, rowBytes, packCount, stringCount, stringBytes] = [0, 4, 8, 12, 16].map((at) =>
      view.getUint32(at, true),
    ) as [number, number, number, number, number];
    const stringsAt = HEADER_BYTES + packCount * PACK_BYTES;
    const rowsAt = stringsAt + stringBytes;
    if (rowBytes < ROW_BYTES || rowsAt + length * rowBytes !== bytes.length) {
      throw damaged('its frame table does not have the size that it says');
    }
    this.strings = readStrings(bytes.subarray(stringsAt, rowsAt), stringCount, damaged);
    this.packs = Array.from({ length: packCount }, (_, n) => {
      const at = HEADER_BYTES + n * PACK_BYTES;
      const key = this.strings[view.getUint32(at, true)];
      if (key === undefined) throw damaged(`pack ${n} of its frame table has no name`);
      return { key, size: getInt64(view, at + 8) };
    });
    for (let at = rowsAt; at < bytes.length; at += rowBytes) {
      const fits =
        view.getUint32(at, true) < packCount &&
        view.getUint32(at + 4, true) < stringCount &&
        view.getUint32(at + 8, true) < stringCount &&
        view.getUint32(at + 20, true) < CODECS.length &&
        // The upper halves of the 64-bit fields: JS numbers are exact below 2^53.
        view.getUint32(at + 28, true) < 0x200000 &&
        view.getUint32(at + 36, true) < 0x200000 &&
        view.getUint32(at + 44, true) < 0x200000;
      if (!fits) throw damaged(`row ${(at - rowsAt) / rowBytes} of its frame table makes no sense`);
    }
    this.length = length;
    this.#view = view;
    this.#rowsAt = rowsAt;
    this.#rowBytes = rowBytes;
  }

  /** Number of the pack in `packs`. */
  pack(row: number): number {
    return this.#uint32(row, 0);
  }

  /** Number of the topic's name in `strings`. */
  topic(row: number): number {
    return this.#uint32(row, 4);
  }

  /** Number of the topic id in `strings`. */
  topicId(row: number): number {
    return this.#uint32(row, 8);
  }

  partition(row: number): number {
    return this.#uint32(row, 12);
  }

  generation(row: number): number {
    return this.#uint32(row, 16);
  }

  position(row: number): number {
    return this.#int64(row, 24);
  }

  baseOffset(row: number): number {
    return this.#int64(row, 32);
  }

  lastOffset(row: number): number {
    return this.#int64(row, 40);
  }

  maxTimestamp(row: number): number {
    return this.#int64(row, 48);
  }

  /** Undefined when it was not looked for. */
  minTimestamp(row: number): number | undefined {
    const timestamp = this.#int64(row, 56);
    return timestamp === UNKNOWN_TIMESTAMP ? undefined : timestamp;
  }

  /** Stored bytes. */
  storedLength(row: number): number {
    return this.#uint32(row, 64);
  }

  rawLength(row: number): number {
    return this.#uint32(row, 68);
  }

  records(row: number): number {
    return this.#uint32(row, 72);
  }

  frame(row: number): Frame {
    const pack = this.packs[this.pack(row)]!;
    const minTimestamp = this.minTimestamp(row);
    return {
      pack: pack.key,
      packSize: pack.size,
      position: this.position(row),
      length: this.storedLength(row),
      rawLength: this.rawLength(row),
      codec: CODECS[this.#uint32(row, 20)]!,
      checksum: this.#uint32(row, 80),
      topic: this.strings[this.topic(row)]!,
      topicId: this.strings[this.topicId(row)]!,
      partition: this.partition(row),
      generation: this.generation(row),
      baseOffset: this.baseOffset(row),
      lastOffset: this.lastOffset(row),
      records: this.records(row),
      batches: this.#uint32(row, 76),
      maxTimestamp: this.maxTimestamp(row),
      ...(minTimestamp === undefined ? {} : { minTimestamp }),
      batchChain: this.#uint32(row, 84),
    };
  }

  /** In the order of the rows. */
  frames(): Frame[] {
    return Array.from({ length: this.length }, (_, row) => this.frame(row));
  }

  #uint32(row: number, field: number): number {
    return this.#view.getUint32(this.#rowsAt + row * this.#rowBytes + field, true);
  }

  #int64(row: number, field: number): number {
    return getInt64(this.#view, this.#rowsAt + row * this.#rowBytes + field);
  }
}

function readStrings(section: Buffer, count: number, damaged: (why: string) => Error): string[] {
  const strings: string[] = [];
  let at = 0;
  for (let n = 0; n < count; n++) {
    const length = at + 4 <= section.length ? section.readUInt32LE(at) : Number.POSITIVE_INFINITY;
    if (at + 4 + length > section.length) throw damaged('the strings of its frame table are cut off');
    strings.push(section.toString('utf8', at + 4, at + 4 + length));
    at += 4 + length;
  }
  return strings;
}

function getInt64(view: DataView, at: number): number {
  return view.getInt32(at + 4, true) * UINT32 + view.getUint32(at, true);
}

function setInt64(view: DataView, at: number, value: number): void {
  if (!Number.isSafeInteger(value)) throw new Error(`${value} is no 64-bit field of a frame table`);
  view.setUint32(at, value % UINT32, true);
  view.setInt32(at + 4, Math.floor(value / UINT32), true);
}

function setUint32(view: DataView, at: number, value: number): void {
  if (!(value >= 0 && value < UINT32 && Number.isInteger(value))) {
    throw new Error(`${value} is no 32-bit field of a frame table`);
  }
  view.setUint32(at, value, true);
}
