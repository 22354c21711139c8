import { crc32c, replaceInCrc } from './crc32c.ts';
import { ATTRIBUTE, BATCH_HEADER_BYTES, type BatchHeader, FIELD, writeInt64 } from './header.ts';
import type { SourceHeaders } from './source-headers.ts';

/** -1 in each for a producer that is not idempotent. */
export interface ProducerFields {
  producerId: number;
  producerEpoch: number;
  /** Sequence of the first record, 0 to 2^31 - 1. */
  baseSequence: number;
}

/**
 * Makes a stored batch one that a broker takes, in place: base offset 0, no leader epoch, the producer's identity, not
 * transactional, no delete horizon, CRC to match. Doing it again with another sequence is fine.
 *
 * The CRC is not computed over the records again but changed by what the header changes. So it stays the source's: records
 * that were damaged on their way here would be refused by the target's broker.
 *
 * The delete horizon goes because the cleaner of the target would drop tombstones by the source's clock (KIP-534). Its bit
 * alone is cleared: the base timestamp keeps the horizon, since the records' timestamps are deltas to it, as in any batch.
 *
 * @param batch exactly one batch, owned by the caller, for which `needsRebuild` says undefined
 */
export function patchForProduce(batch: Buffer, producer: ProducerFields): void {
  const covered = batch.subarray(FIELD.attributes, BATCH_HEADER_BYTES);
  const before = crc32c(covered);
  writeInt64(batch, 0, FIELD.baseOffset);
  batch.writeInt32BE(-1, FIELD.partitionLeaderEpoch);
  const attributes = batch.readInt16BE(FIELD.attributes);
  batch.writeInt16BE(attributes & ~(ATTRIBUTE.transactional | ATTRIBUTE.deleteHorizon), FIELD.attributes);
  writeInt64(batch, producer.producerId, FIELD.producerId);
  batch.writeInt16BE(producer.producerEpoch, FIELD.producerEpoch);
  batch.writeInt32BE(producer.baseSequence, FIELD.baseSequence);
  const crc = replaceInCrc(batch.readUInt32BE(FIELD.crc), before, crc32c(covered), batch.length - BATCH_HEADER_BYTES);
  batch.writeUInt32BE(crc, FIELD.crc);
}

/** What is to become of the records on their way to a target. */
export interface ProduceOptions {
  /** First offset to keep. Default: all. */
  from?: number;
  /** Exclusive. */
  until?: number;
  /** Epoch ms, first timestamp to keep. Records without a timestamp (-1) are not kept then. */
  fromTimestamp?: number;
  /** Epoch ms, exclusive. Records without a timestamp (-1) are kept, when it is alone. */
  untilTimestamp?: number;
  /**
   * Every batch that is made holds consecutive offsets of the source: it ends where a record is missing or not wanted, and
   * the next begins at 0 again. So batches can be produced at the source's offsets. Default: holes are closed.
   */
  contiguous?: boolean;
  /** Tell each record where it comes from: see `source-headers.ts`. */
  addHeaders?: SourceHeaders;
  /** Bytes of a batch that the target takes at most. Default: no limit. */
  maxBytes?: number;
}

/**
 * - `empty`: no record of the batch is to be produced, neither by its header: compaction emptied it, or it lies outside
 * - `holes`: offsets without records; the broker wants records to be numbered without gaps
 * - `log-append-time`: produced as it is, the records would get another time or the batch be refused
 * - `trim`: some records lie outside what is wanted; by timestamp this is a maybe, as the header knows no smallest
 *   one: `rebuildReason` looks it up
 * - `headers`: records get headers
 * - `size`: too large for the target
 */
export type RebuildReason = 'empty' | 'holes' | 'log-append-time' | 'trim' | 'headers' | 'size';

/** Why the batch cannot be produced as it is, by its header; undefined when it can. */
export function needsRebuild(header: BatchHeader, options: ProduceOptions = {}): RebuildReason | undefined {
  const { from = 0, until = Number.POSITIVE_INFINITY } = options;
  const { recordCount, baseOffset, lastOffset, maxTimestamp } = header;
  if (recordCount === 0 || lastOffset < from || baseOffset >= until) return 'empty';
  if (options.fromTimestamp !== undefined && maxTimestamp < options.fromTimestamp) return 'empty';
  if (baseOffset < from || lastOffset >= until) return 'trim';
  if (options.fromTimestamp !== undefined || options.untilTimestamp !== undefined) return 'trim';
  if (header.timestampType === 'LogAppendTime') return 'log-append-time';
  if (header.lastOffsetDelta + 1 !== recordCount) return 'holes';
  if (options.addHeaders !== undefined) return 'headers';
  if (options.maxBytes !== undefined && header.end - header.start > options.maxBytes) return 'size';
  return undefined;
}
