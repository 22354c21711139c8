import { BATCH_HEADER_BYTES } from '../../batch/header.ts';
import { sealBatch } from '../../batch/seal.ts';
import { varintSize, writeVarint } from '../../batch/varint.ts';

/** Records of one batch at most: 0.8 MB compressed. */
const MOST_RECORDS = 1_000_000;
/** Kafka's "no timestamp". */
const NO_TIMESTAMP = -1;
/** Attributes, timestamp delta 0, null key, null value, no headers. */
const FIXED_BYTES = 5;

const made = new Map<number, Promise<Buffer>>();

/**
 * A batch of empty records (no key, no value, no headers, no timestamp), as producers send it; zstd.
 * @param count 1 to 1,000,000
 * @returns a buffer of the caller's own: producer id and sequence may be written into it (`patchForProduce`)
 */
export async function fillerBatch(count: number): Promise<Buffer> {
  let batch = made.get(count);
  if (batch === undefined) {
    batch = makeBatch(count);
    made.set(count, batch);
  }
  return Buffer.from(await batch);
}

/**
 * The record counts of the batches that lead from one offset to another, each within the bytes that the topic takes
 * (`max.message.bytes`).
 */
export function* fillerCounts(from: number, until: number, maxBatchBytes: number): Generator<number> {
  // A record takes less than a byte once it is compressed.
  const most = Math.min(MOST_RECORDS, Math.max(1, maxBatchBytes - 2 * BATCH_HEADER_BYTES));
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
