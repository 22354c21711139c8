import { BATCH_HEADER_BYTES, type BatchCodec, type TimestampType } from './header.ts';
import type { Record } from './records.ts';
import { sealBatch } from './seal.ts';
import { varintSize, writeVarint } from './varint.ts';

export interface EncodeOptions {
  codec: BatchCodec;
  /** LogAppendTime: the batch's time is the largest timestamp, and readers give it to every record. */
  timestampType: TimestampType;
  /** Default: the first record's offset, or 0 when there is none. */
  baseOffset?: number;
}

/**
 * Encodes records into one batch. Offsets ascend; gaps stay gaps.
 * @throws Error when offsets do not ascend or do not fit into one batch
 */
export async function encodeBatch(records: readonly Record[], options: EncodeOptions): Promise<Buffer> {
  const baseOffset = options.baseOffset ?? records[0]?.offset ?? 0;
  const baseTimestamp = records[0]?.timestamp ?? -1;
  const sizes = records.map((record) => bodySize(record, baseOffset, baseTimestamp));
  const total = sizes.reduce((sum, size) => sum + varintSize(size) + size, BATCH_HEADER_BYTES);
  const room = Buffer.allocUnsafeSlow(total);
  let at = BATCH_HEADER_BYTES;
  let maxTimestamp = -1;
  let lastOffset = baseOffset - 1;
  for (const [index, record] of records.entries()) {
    if (record.offset <= lastOffset || record.offset - baseOffset >= 2 ** 31) {
      throw new Error(`offset ${record.offset} cannot follow ${lastOffset} in a batch that begins at ${baseOffset}`);
    }
    lastOffset = record.offset;
    maxTimestamp = Math.max(maxTimestamp, record.timestamp);
    at = writeVarint(room, sizes[index]!, at);
    at = writeBody(room, record, baseOffset, baseTimestamp, at);
  }
  return sealBatch(room, {
    codec: options.codec,
    timestampType: options.timestampType,
    baseOffset,
    baseTimestamp,
    maxTimestamp,
    recordCount: records.length,
    lastOffsetDelta: Math.max(0, lastOffset - baseOffset),
  });
}

function bodySize(record: Record, baseOffset: number, baseTimestamp: number): number {
  let size = 1 + varintSize(record.timestamp - baseTimestamp) + varintSize(record.offset - baseOffset);
  size += bytesSize(record.key) + bytesSize(record.value) + varintSize(record.headers.length);
  for (const [name, value] of record.headers) size += bytesSize(name) + bytesSize(value);
  return size;
}

function writeBody(room: Buffer, record: Record, baseOffset: number, baseTimestamp: number, start: number): number {
  let at = start;
  room[at++] = 0;
  at = writeVarint(room, record.timestamp - baseTimestamp, at);
  at = writeVarint(room, record.offset - baseOffset, at);
  at = writeBytes(room, record.key, at);
  at = writeBytes(room, record.value, at);
  at = writeVarint(room, record.headers.length, at);
  for (const [name, value] of record.headers) at = writeBytes(room, value, writeBytes(room, name, at));
  return at;
}

function bytesSize(bytes: Buffer | null): number {
  return bytes === null ? 1 : varintSize(bytes.length) + bytes.length;
}

function writeBytes(room: Buffer, bytes: Buffer | null, at: number): number {
  if (bytes === null) return writeVarint(room, -1, at);
  const start = writeVarint(room, bytes.length, at);
  return start + bytes.copy(room, start);
}
