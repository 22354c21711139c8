import { MskBackupError } from '../../errors.ts';

/**
 * The primitive types of Kafka's protocol (https://kafka.apache.org/protocol#protocol_types), big-endian.
 *
 *     STRING           => length(INT16) utf8               NULLABLE_STRING: length -1
 *     BYTES            => length(INT32) bytes              NULLABLE_BYTES: length -1
 *     ARRAY            => count(INT32) items               -1: null
 *     COMPACT_STRING   => length + 1(UVARINT) utf8         0: null
 *     COMPACT_ARRAY    => count + 1(UVARINT) items         0: null
 *     TAGGED_FIELDS    => count(UVARINT) [tag(UVARINT) size(UVARINT) bytes]
 *     UVARINT          => groups of 7 bits, least significant first, the high bit set on all but the last
 */

const TWO_TO_32 = 0x1_0000_0000;

/** Reads an answer from front to back. Bytes are handed out as views of the buffer. */
export class Reader {
  readonly #buffer: Buffer;
  #at = 0;

  constructor(buffer: Buffer) {
    this.#buffer = buffer;
  }

  get remaining(): number {
    return this.#buffer.length - this.#at;
  }

  boolean(): boolean {
    return this.int8() !== 0;
  }

  int8(): number {
    const value = this.#buffer.readInt8(this.#at);
    this.#at += 1;
    return value;
  }

  int16(): number {
    const value = this.#buffer.readInt16BE(this.#at);
    this.#at += 2;
    return value;
  }

  int32(): number {
    const value = this.#buffer.readInt32BE(this.#at);
    this.#at += 4;
    return value;
  }

  /** @throws MskBackupError `OFFSET_TOO_LARGE` for what a JS number does not hold exactly (2^53 and more). */
  int64(): number {
    const high = this.#buffer.readInt32BE(this.#at);
    const value = high * TWO_TO_32 + this.#buffer.readUInt32BE(this.#at + 4);
    if (!Number.isSafeInteger(value)) {
      throw new MskBackupError(
        'data',
        'OFFSET_TOO_LARGE',
        `the broker answered with the number ${this.#buffer.readBigInt64BE(this.#at)}, which is beyond 2^53: not supported`,
      );
    }
    this.#at += 8;
    return value;
  }

  uvarint(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.#buffer.readUInt8(this.#at++);
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw new RangeError('an unsigned varint of more than 5 bytes');
  }

  /** Kafka's own way to print a UUID: base64url without padding. */
  uuid(): string {
    return this.take(16).toString('base64url');
  }

  string(): string {
    return this.#utf8(this.int16());
  }

  nullableString(): string | null {
    const length = this.int16();
    return length < 0 ? null : this.#utf8(length);
  }

  compactString(): string {
    return this.#utf8(this.uvarint() - 1);
  }

  compactNullableString(): string | null {
    const length = this.uvarint() - 1;
    return length < 0 ? null : this.#utf8(length);
  }

  /** A null is read as empty. */
  bytes(): Buffer {
    return this.take(Math.max(0, this.int32()));
  }

  /** A null is read as empty. */
  array<T>(item: (reader: this) => T): T[] {
    return this.#items(this.int32(), item);
  }

  /** A null is read as empty. */
  compactArray<T>(item: (reader: this) => T): T[] {
    return this.#items(this.uvarint() - 1, item);
  }

  skipTags(): void {
    for (let left = this.uvarint(); left > 0; left--) {
      this.uvarint();
      this.take(this.uvarint());
    }
  }

  /** The next bytes, as a view. */
  take(length: number): Buffer {
    if (length < 0 || length > this.remaining) {
      throw new RangeError(`${length} bytes announced at ${this.#at} where ${this.remaining} are left`);
    }
    const view = this.#buffer.subarray(this.#at, this.#at + length);
    this.#at += length;
    return view;
  }

  #utf8(length: number): string {
    return this.take(length).toString('utf8');
  }

  #items<T>(count: number, item: (reader: this) => T): T[] {
    // An item takes at least a byte: a larger count is damage, and must not run out of memory first.
    if (count > this.remaining) throw new RangeError(`${count} items announced where ${this.remaining} bytes are left`);
    const items: T[] = [];
    for (let i = 0; i < count; i++) items.push(item(this));
    return items;
  }
}

const INITIAL_BYTES = 256;

/** Writes a request body; bytes given to `append` stay where they are, and become pieces of their own. */
export class Writer {
  readonly #pieces: Uint8Array[] = [];
  #buffer = Buffer.allocUnsafe(INITIAL_BYTES);
  #at = 0;

  boolean(value: boolean): this {
    return this.int8(value ? 1 : 0);
  }

  int8(value: number): this {
    this.#at = this.#room(1).writeInt8(value, this.#at);
    return this;
  }

  int16(value: number): this {
    this.#at = this.#room(2).writeInt16BE(value, this.#at);
    return this;
  }

  int32(value: number): this {
    this.#at = this.#room(4).writeInt32BE(value, this.#at);
    return this;
  }

  /** A safe integer. */
  int64(value: number): this {
    const high = Math.floor(value / TWO_TO_32);
    this.int32(high);
    this.#at = this.#room(4).writeUInt32BE(value - high * TWO_TO_32, this.#at);
    return this;
  }

  uvarint(value: number): this {
    let left = value;
    while (left >= 0x80) {
      this.#at = this.#room(1).writeUInt8((left % 0x80) + 0x80, this.#at);
      left = Math.floor(left / 0x80);
    }
    this.#at = this.#room(1).writeUInt8(left, this.#at);
    return this;
  }

  /** @param value as `Reader.uuid` gives it */
  uuid(value: string): this {
    this.#at += Buffer.from(value, 'base64url').copy(this.#room(16), this.#at, 0, 16);
    return this;
  }

  string(value: string): this {
    const length = Buffer.byteLength(value);
    return this.int16(length).#utf8(value, length);
  }

  nullableString(value: string | null): this {
    return value === null ? this.int16(-1) : this.string(value);
  }

  compactString(value: string): this {
    const length = Buffer.byteLength(value);
    return this.uvarint(length + 1).#utf8(value, length);
  }

  array<T>(items: readonly T[], item: (value: T) => void): this {
    this.int32(items.length);
    items.forEach(item);
    return this;
  }

  compactArray<T>(items: readonly T[], item: (value: T) => void): this {
    this.uvarint(items.length + 1);
    items.forEach(item);
    return this;
  }

  /** No tagged fields. */
  noTags(): this {
    return this.uvarint(0);
  }

  /** Adds bytes without copying them. */
  append(bytes: Uint8Array): this {
    this.#closePiece();
    this.#pieces.push(bytes);
    return this;
  }

  /** The body; the writer is used up. */
  pieces(): Uint8Array[] {
    this.#closePiece();
    return this.#pieces;
  }

  #utf8(value: string, length: number): this {
    this.#at += this.#room(length).write(value, this.#at, length, 'utf8');
    return this;
  }

  #closePiece(): void {
    if (this.#at === 0) return;
    this.#pieces.push(this.#buffer.subarray(0, this.#at));
    // What is left of the buffer takes the next numbers.
    this.#buffer = this.#buffer.subarray(this.#at);
    this.#at = 0;
  }

  #room(bytes: number): Buffer {
    if (this.#at + bytes > this.#buffer.length) {
      const larger = Buffer.allocUnsafe(Math.max(INITIAL_BYTES, 2 * (this.#at + bytes)));
      this.#buffer.copy(larger, 0, 0, this.#at);
      this.#buffer = larger;
    }
    return this.#buffer;
  }
}
