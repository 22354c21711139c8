/**
 * The records of a batch, uncompressed:
 *
 *     Record = length varint              bytes after this field
 *              attributes int8            unused, 0
 *              timestampDelta varlong     to the batch's base timestamp
 *              offsetDelta varint         to the batch's base offset
 *              keyLength varint, key      -1 for null
 *              valueLength varint, value  -1 for null
 *              headerCount varint, Header*
 *     Header = nameLength varint, name, valueLength varint (-1 for null), value
 */
import { MskBackupError } from '../errors.ts';
import { type Cursor, readVarint, readVarlong } from './varint.ts';

/**
 * Visits records without making an object for each: `next` moves on and sets the fields. Half of the cost of rewriting a
 * batch is here, so the fields are plain and the common one-byte numbers are read in place.
 */
export class RecordCursor {
  readonly #bytes: Buffer;
  readonly #limit: number;
  #left: number;
  readonly #varint: Cursor = { at: 0 };
  attributes = 0;
  timestampDelta = 0;
  offsetDelta = 0;
  /** Position of keyLength: what lies before it is all that renumbering changes. */
  bodyStart = 0;
  /** Position after the record. */
  end: number;

  /**
   * @param start first byte of the first record in `bytes`
   * @param limit byte after the last record
   * @param count of records that lie between, as the batch header says
   */
  constructor(bytes: Buffer, start: number, limit: number, count: number) {
    this.#bytes = bytes;
    this.#limit = limit;
    this.#left = count;
    this.end = start;
  }

  /**
   * Moves to the next record.
   * @returns false after the last
   * @throws MskBackupError `BATCH_MALFORMED` when the records do not fill the bytes exactly
   */
  next(): boolean {
    const bytes = this.#bytes;
    if (this.#left === 0) {
      if (this.end !== this.#limit) throw malformed('bytes are left after the last record');
      return false;
    }
    this.#left--;
    const cursor = this.#varint;
    let at = this.end;
    if (at >= this.#limit) throw malformed('records are missing at its end');
    cursor.at = at;
    const length = readVarint(bytes, cursor);
    at = cursor.at;
    const end = at + length;
    if (length < 0 || end > this.#limit) throw malformed('a record is longer than the batch');
    this.attributes = bytes[at++]!;
    cursor.at = at;
    this.timestampDelta = readVarlong(bytes, cursor);
    this.offsetDelta = readVarint(bytes, cursor);
    if (cursor.at > end) throw malformed('a record is shorter than its fields');
    this.bodyStart = cursor.at;
    this.end = end;
    return true;
  }

  /** Position of headerCount in the record. */
  findHeaders(): number {
    const cursor = this.#varint;
    cursor.at = this.bodyStart;
    const keyLength = readVarint(this.#bytes, cursor);
    if (keyLength > 0) cursor.at += keyLength;
    const valueLength = readVarint(this.#bytes, cursor);
    if (valueLength > 0) cursor.at += valueLength;
    if (cursor.at >= this.end) throw malformed('a record is shorter than its fields');
    return cursor.at;
  }
}

export function malformed(problem: string): MskBackupError {
  return new MskBackupError('data', 'BATCH_MALFORMED', `it is malformed: ${problem}`);
}

/** Adds which batch it was to an error from inside it. */
export function inBatch(error: unknown, baseOffset: number): unknown {
  if (!(error instanceof MskBackupError)) return error;
  return new MskBackupError(error.kind, error.code, `record batch at offset ${baseOffset}: ${error.message}`, {
    cause: error,
  });
}
