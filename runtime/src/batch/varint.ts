/**
 * Variable-length integers as Kafka's records have them: zigzag (0, -1, 1, -2 are 0, 1, 2, 3), then groups of seven bits,
 * lowest first, the top bit of a byte set when more follow. Written in the shortest form.
 *
 * A reader hands back two numbers, the value and where it ends; a cursor object that is reused costs no allocation.
 */
import { MskBackupError } from '../errors.ts';

export interface Cursor {
  /** Position in the buffer, moved by the readers. */
  at: number;
}

/** Reads a varint of up to 5 bytes: the value is an int32. */
export function readVarint(bytes: Uint8Array, cursor: Cursor): number {
  let at = cursor.at;
  let byte = bytes[at++]!;
  let value = byte & 0x7f;
  if (byte >= 0x80) {
    byte = bytes[at++]!;
    value |= (byte & 0x7f) << 7;
    if (byte >= 0x80) {
      byte = bytes[at++]!;
      value |= (byte & 0x7f) << 14;
      if (byte >= 0x80) {
        byte = bytes[at++]!;
        value |= (byte & 0x7f) << 21;
        if (byte >= 0x80) {
          byte = bytes[at++]!;
          value |= byte << 28;
          if (byte > 0x0f) throw malformedVarint(cursor.at);
        }
      }
    }
  }
  // Also when the bytes ended: the missing one was undefined, which reads as the end of the number.
  if (at > bytes.length) throw malformedVarint(cursor.at);
  cursor.at = at;
  return (value >>> 1) ^ -(value & 1);
}

/**
 * Reads a varint of up to 10 bytes: the value is an int64, as a number.
 * @throws MskBackupError `OFFSET_TOO_LARGE` beyond ±2^53
 */
export function readVarlong(bytes: Uint8Array, cursor: Cursor): number {
  const start = cursor.at;
  let at = start;
  let low = 0;
  for (let shift = 0; shift < 28; shift += 7) {
    const byte = bytes[at++]!;
    low |= (byte & 0x7f) << shift;
    if (!(byte >= 0x80)) {
      if (at > bytes.length) throw malformedVarint(start);
      cursor.at = at;
      return (low >>> 1) ^ -(low & 1);
    }
  }
  let high = 0;
  let scale = 1;
  for (;;) {
    const byte = bytes[at++];
    if (byte === undefined || at - start > 10) throw malformedVarint(start);
    high += (byte & 0x7f) * scale;
    scale *= 128;
    if (byte < 0x80) break;
  }
  // The zigzag number is high * 2^28 + low; halved without losing its lowest bit.
  const half = high * 134217728 + (low >>> 1);
  const value = low & 1 ? -half - 1 : half;
  if (!Number.isSafeInteger(value)) throw tooLarge(start);
  cursor.at = at;
  return value;
}

/** Bytes that `writeVarint` takes for an integer between -2^53 and 2^53. */
export function varintSize(value: number): number {
  if (value >= -0x40000000 && value < 0x40000000) {
    const zigzag = (value << 1) ^ (value >> 31);
    return zigzag < 0x80 ? 1 : zigzag < 0x4000 ? 2 : zigzag < 0x200000 ? 3 : zigzag < 0x10000000 ? 4 : 5;
  }
  let half = value < 0 ? -value - 1 : value;
  let size = 1;
  for (half = Math.floor(half / 64); half > 0; half = Math.floor(half / 128)) size++;
  return size;
}

/**
 * Writes an integer between -2^53 and 2^53; int32 fields and int64 fields have the same form.
 * @returns the position after it
 */
export function writeVarint(bytes: Uint8Array, value: number, at: number): number {
  if (value < -0x40000000 || value >= 0x40000000) return writeLarge(bytes, value, at);
  let zigzag = (value << 1) ^ (value >> 31);
  while (zigzag >= 0x80) {
    bytes[at++] = zigzag | 0x80;
    zigzag >>>= 7;
  }
  bytes[at++] = zigzag;
  return at;
}

function writeLarge(bytes: Uint8Array, value: number, start: number): number {
  let at = start;
  const half = value < 0 ? -value - 1 : value;
  const sign = value < 0 ? 1 : 0;
  let rest = Math.floor(half / 64);
  bytes[at++] = ((half % 64) << 1) | sign | (rest > 0 ? 0x80 : 0);
  while (rest > 0) {
    const next = Math.floor(rest / 128);
    bytes[at++] = (rest % 128) | (next > 0 ? 0x80 : 0);
    rest = next;
  }
  return at;
}

function malformedVarint(at: number): MskBackupError {
  return new MskBackupError('data', 'BATCH_MALFORMED', `malformed variable-length number at byte ${at} of the records`);
}

function tooLarge(at: number): MskBackupError {
  return new MskBackupError(
    'data',
    'OFFSET_TOO_LARGE',
    `the number at byte ${at} of the records is beyond 2^53, which is not supported`,
  );
}
