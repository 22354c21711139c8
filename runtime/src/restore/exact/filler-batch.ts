import { BATCH_HEADER_BYTES } from '../../batch/header.ts';
import { sealBatch } from '../../batch/seal.ts';
import { varintSize, writeVarint } from '../../batch/varint.ts';

/**
 * Records of one batch at most: 59 kB. Measured: brokers take 22 million records a second in batches of 50,000 to 500,000,
 * 15 in batches of a million; per record these compress best from 100,000 to 200,000.
 */
const MOST_RECORDS = 100_000;
/** Kafka's "no timestamp". */
const NO_TIMESTAMP = -1;
/** Attributes, timestamp delta 0, null key, null value, no headers. */
const FIXED_BYTES = 5;
/** Uncompressed. Compressed ones take less than a byte from some hundred on, but `compression.type` may undo that. */
const RECORD_BYTES = 9;
/** Header of the batch, and what a codec adds to few records. */
const OVERHEAD_BYTES = 200;

const BATCHES_KEPT = 8;
const kept = new Map<number, Promise<Buffer>>();

/**
 * A batch of empty records (no key, no value, no headers, no timestamp), as producers send it; zstd.
 * @param count 1 to 100,000
 * @returns a buffer of the caller's own: producer id and sequence may be written into it (`patchForProduce`)
 */
export async function fillerBatch(count: number): Promise<Buffer> {
  let batch = kept.get(count);
  if (batch === undefined) {
    batch = makeBatch(count);
    kept.set(count, batch);
    if (kept.size > BATCHES_KEPT) kept.delete(kept.keys().next().value!);
  }
  return Buffer.from(await batch);
}

/**
 * The record counts of the batches that lead from one offset to another.
 * @param maxBatchBytes `max.message.bytes` of the topic: each batch stays below it, whatever codec the topic has
 */
export function* fillerCounts(from: number, until: number, maxBatchBytes: number): Generator<number> {
  const fitting = Math.floor((maxBatchBytes - OVERHEAD_BYTES) / RECORD_BYTES);
  const most = Math.max(1, Math.min(MOST_RECORDS, fitting));
  for (let at = from; at < until; at += most) yield Math.min(most, until - at);
}

function makeBatch(count: number): Promise<Buffer> {
  let bytes = BATCH_HEADER_BYTES;
  for (let delta = 0; delta < count; delta++) bytes += 1 + FIXED_BYTES + varintSize(delta);
  const room = Buffer.allocUnsafeSlow(bytes);
  let at = BATCH_HEADER_BYTES;
  for (let delta = 0; delta < count; delta++) {
    at = writeVarint(room, FIXED_BYTES + varintSize(delta), at);
    room[at++] = 0;
    room[at++] = 0;
    at = writeVarint(room, delta, at);
    at = writeVarint(room, -1, at);
    at = writeVarint(room, -1, at);
    room[at++] = 0;
  }
  return sealBatch(room, {
    codec: 'zstd',
    baseTimestamp: NO_TIMESTAMP,
    maxTimestamp: NO_TIMESTAMP,
    recordCount: count,
  });
}
