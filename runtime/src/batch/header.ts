/**
 * The header of a record batch (message format 2, Kafka 0.11 and later), big-endian. Offsets in the batch are on the left.
 *
 *      RecordBatch =
 *  0     baseOffset            int64
 *  8     batchLength           int32   bytes after this field, 49 or more
 * 12     partitionLeaderEpoch  int32
 * 16     magic                 int8    2; it is here in the old formats 0 and 1 too
 * 17     crc                   uint32  CRC-32C of everything below, so not of the fields above
 * 21     attributes            int16   bits 0-2 codec: 0 none, 1 gzip, 2 snappy, 3 lz4, 4 zstd
 *                                      bit 3 timestamp type: 0 CreateTime, 1 LogAppendTime
 *                                      bit 4 transactional, bit 5 control
 *                                      bit 6 baseTimestamp is a delete horizon (KIP-534)
 * 23     lastOffsetDelta       int32   kept by compaction, so it can be larger than recordsCount - 1
 * 27     baseTimestamp         int64   what the records' timestamp deltas count from, also as a delete horizon
 * 35     maxTimestamp          int64   of LogAppendTime: the timestamp of every record
 * 43     producerId            int64   -1 when not idempotent
 * 51     producerEpoch         int16
 * 53     baseSequence          int32
 * 57     recordsCount          int32   0 in batches that compaction emptied
 * 61     records               as in records.ts, compressed together when there is a codec
 */
import { MskBackupError } from '../errors.ts';

export type BatchCodec = 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd';
export type TimestampType = 'CreateTime' | 'LogAppendTime';

export interface BatchHeader {
  /** First byte of the batch in the buffer it was read from. */
  start: number;
  /** Byte after the batch. */
  end: number;
  baseOffset: number;
  /** Inclusive. */
  lastOffset: number;
  partitionLeaderEpoch: number;
  magic: number;
  /** Unsigned. */
  crc: number;
  attributes: number;
  codec: BatchCodec;
  timestampType: TimestampType;
  isTransactional: boolean;
  isControl: boolean;
  hasDeleteHorizon: boolean;
  lastOffsetDelta: number;
  /** Epoch ms. Beyond 2^53 the nearest number: decoding refuses such timestamps, and frame rows hold 2^53 - 1. */
  baseTimestamp: number;
  /** Epoch ms, as baseTimestamp. -1 when no record has a timestamp. */
  maxTimestamp: number;
  producerId: number;
  producerEpoch: number;
  baseSequence: number;
  recordCount: number;
}

/** Bytes before the records. */
export const BATCH_HEADER_BYTES = 61;
/** Bytes up to and including batchLength: what batchLength does not count. */
export const LENGTH_PREFIX_BYTES = 12;

/** Where the fields lie, for those who write them. */
export const FIELD = {
  baseOffset: 0,
  batchLength: 8,
  partitionLeaderEpoch: 12,
  magic: 16,
  crc: 17,
  attributes: 21,
  lastOffsetDelta: 23,
  baseTimestamp: 27,
  maxTimestamp: 35,
  producerId: 43,
  producerEpoch: 51,
  baseSequence: 53,
  recordCount: 57,
} as const;

export const ATTRIBUTE = {
  codec: 0x07,
  logAppendTime: 0x08,
  transactional: 0x10,
  control: 0x20,
  deleteHorizon: 0x40,
} as const;

const CODECS: readonly BatchCodec[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd'];

/** The codec's number in the attributes. */
export function codecId(codec: BatchCodec): number {
  return CODECS.indexOf(codec);
}

/**
 * Reads the header of the batch at `start`. The caller has seen that the batch is complete; nothing is checked but what
 * would make the fields meaningless.
 * @throws MskBackupError `OFFSET_TOO_LARGE`, `BATCH_MALFORMED` (unknown codec)
 */
export function readBatchHeader(buffer: Buffer, start: number): BatchHeader {
  const baseOffset = readInt64(buffer, start);
  const lastOffsetDelta = buffer.readInt32BE(start + 23);
  const attributes = buffer.readInt16BE(start + 21);
  const codec = CODECS[attributes & ATTRIBUTE.codec];
  if (codec === undefined) throw unknownCodec(baseOffset, attributes);
  if (!Number.isSafeInteger(baseOffset + lastOffsetDelta)) throw offsetTooLarge(baseOffset);
  return {
    start,
    end: start + LENGTH_PREFIX_BYTES + buffer.readInt32BE(start + 8),
    baseOffset,
    lastOffset: baseOffset + lastOffsetDelta,
    partitionLeaderEpoch: buffer.readInt32BE(start + 12),
    magic: buffer.readInt8(start + 16),
    crc: buffer.readUInt32BE(start + 17),
    attributes,
    codec,
    timestampType: (attributes & ATTRIBUTE.logAppendTime) !== 0 ? 'LogAppendTime' : 'CreateTime',
    isTransactional: (attributes & ATTRIBUTE.transactional) !== 0,
    isControl: (attributes & ATTRIBUTE.control) !== 0,
    hasDeleteHorizon: (attributes & ATTRIBUTE.deleteHorizon) !== 0,
    lastOffsetDelta,
    baseTimestamp: readInt64(buffer, start + 27),
    maxTimestamp: readInt64(buffer, start + 35),
    producerId: readInt64(buffer, start + 43),
    producerEpoch: buffer.readInt16BE(start + 51),
    baseSequence: buffer.readInt32BE(start + 53),
    recordCount: buffer.readInt32BE(start + 57),
  };
}

/** Reads an int64 as a number: exact below 2^53, the nearest number beyond. */
export function readInt64(buffer: Buffer, at: number): number {
  return buffer.readInt32BE(at) * 4294967296 + buffer.readUInt32BE(at + 4);
}

/** Writes an integer between -2^53 and 2^53 as an int64. */
export function writeInt64(buffer: Buffer, value: number, at: number): void {
  const high = Math.floor(value / 4294967296);
  buffer.writeInt32BE(high, at);
  buffer.writeUInt32BE(value - high * 4294967296, at + 4);
}

function unknownCodec(baseOffset: number, attributes: number): MskBackupError {
  return new MskBackupError(
    'data',
    'BATCH_MALFORMED',
    `record batch at offset ${baseOffset}: compression codec ${attributes & ATTRIBUTE.codec} is not known; a newer version of this program may read it`,
  );
}

function offsetTooLarge(baseOffset: number): MskBackupError {
  return new MskBackupError(
    'data',
    'OFFSET_TOO_LARGE',
    `record batch at offset ${baseOffset}: offsets from 2^53 on are not supported; exclude the topic`,
  );
}
