import { compressRecords } from './codec.ts';
import { crc32c } from './crc32c.ts';
import {
  ATTRIBUTE,
  BATCH_HEADER_BYTES,
  type BatchCodec,
  codecId,
  FIELD,
  LENGTH_PREFIX_BYTES,
  type TimestampType,
  writeInt64,
} from './header.ts';

/** What a new batch says of its records. */
export interface BatchFacts {
  codec: BatchCodec;
  baseTimestamp: number;
  maxTimestamp: number;
  recordCount: number;
  /** Default `CreateTime`. */
  timestampType?: TimestampType;
  /** Default 0, as producers send it. */
  baseOffset?: number;
  /** Default recordCount - 1. */
  lastOffsetDelta?: number;
}

/**
 * Makes a batch of records: compresses them and writes the header. Leader epoch and producer fields are -1.
 * @param room the uncompressed records, with 61 bytes of room before them for the header; for codec `none` it becomes the
 *   batch
 */
export async function sealBatch(room: Buffer, facts: BatchFacts): Promise<Buffer> {
  if (facts.codec === 'none') {
    writeHeader(room, facts);
    return room;
  }
  const compressed = await compressRecords(room.subarray(BATCH_HEADER_BYTES), facts.codec);
  const batch = Buffer.allocUnsafeSlow(BATCH_HEADER_BYTES + compressed.length);
  compressed.copy(batch, BATCH_HEADER_BYTES);
  writeHeader(batch, facts);
  return batch;
}

function writeHeader(batch: Buffer, facts: BatchFacts): void {
  writeInt64(batch, facts.baseOffset ?? 0, FIELD.baseOffset);
  batch.writeInt32BE(batch.length - LENGTH_PREFIX_BYTES, FIELD.batchLength);
  batch.writeInt32BE(-1, FIELD.partitionLeaderEpoch);
  batch.writeInt8(2, FIELD.magic);
  const timestampType = facts.timestampType === 'LogAppendTime' ? ATTRIBUTE.logAppendTime : 0;
  batch.writeInt16BE(codecId(facts.codec) | timestampType, FIELD.attributes);
  batch.writeInt32BE(facts.lastOffsetDelta ?? facts.recordCount - 1, FIELD.lastOffsetDelta);
  writeInt64(batch, facts.baseTimestamp, FIELD.baseTimestamp);
  writeInt64(batch, facts.maxTimestamp, FIELD.maxTimestamp);
  writeInt64(batch, -1, FIELD.producerId);
  batch.writeInt16BE(-1, FIELD.producerEpoch);
  batch.writeInt32BE(-1, FIELD.baseSequence);
  batch.writeInt32BE(facts.recordCount, FIELD.recordCount);
  batch.writeUInt32BE(crc32c(batch.subarray(FIELD.attributes)), FIELD.crc);
}
