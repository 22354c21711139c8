import { type Assembled, assemble, type RecordSource, sourceOf } from './assemble.ts';
import { decompressRecords } from './codec.ts';
import { BATCH_HEADER_BYTES, type BatchCodec, type BatchHeader } from './header.ts';
import { type OffsetRun, sliceRuns } from './offset-runs.ts';
import type { ProduceOptions } from './produce-form.ts';
import { inBatch, RecordCursor } from './record-cursor.ts';
import { recordSection } from './records.ts';
import { sealBatch } from './seal.ts';
import { exactlySized } from './zstd.ts';

/** A stored batch: the header, and the buffer it was read from. */
export interface StoredBatch {
  buffer: Buffer;
  header: BatchHeader;
}

/** A new batch in produce form: base offset 0, numbered without gaps, CreateTime; producer fields are -1 until patched. */
export interface RebuiltBatch {
  bytes: Buffer;
  records: number;
  /** Where the records come from: offsets at the source. Exactly one run when `contiguous` was asked for. */
  runs: OffsetRun[];
}

/**
 * Stored batches are put together up to this many bytes of uncompressed records: compressed ones may be a hundredth of
 * what they hold, and several copies of it are in memory while a new batch is made.
 */
const RAW_BYTES = 1024 * 1024;

/**
 * Makes new batches of one or several neighbouring stored ones: drops records outside the offsets and times of the
 * options, numbers the others from 0, adds headers, gives records of LogAppendTime batches their append time as CreateTime,
 * and compresses with the codec they had. The sources stay as they are.
 *
 * @param stored all of one codec, in the order of their offsets; CRCs have been checked
 * @returns usually one batch; several when it would be larger than `maxBytes`, hold much uncompressed, or have holes that
 *   `contiguous` forbids; none when no record is left. A record that is larger than `maxBytes` alone comes in a batch of
 *   its own, for the target to refuse.
 * @throws MskBackupError kind `data`: `BATCH_MALFORMED`, `DECOMPRESSION_FAILED`, `OFFSET_TOO_LARGE`, naming the batch by its offset
 */
export async function rebuildBatches(stored: readonly StoredBatch[], options: ProduceOptions): Promise<RebuiltBatch[]> {
  const codec = stored[0]?.header.codec ?? 'none';
  const batches: RebuiltBatch[] = [];
  let sources: RecordSource[] = [];
  let bytes = 0;
  const makeBatches = async () => {
    const parts = assemble(sources, options);
    sources = [];
    bytes = 0;
    for (const part of parts) {
      batches.push(...(await sealWithin(part, codec, options.maxBytes ?? Number.POSITIVE_INFINITY)));
    }
  };
  for (const { buffer, header } of stored) {
    if (header.codec !== codec) throw new Error(`batches of ${codec} and ${header.codec} cannot be rebuilt together`);
    let records: Buffer;
    try {
      records = await decompressRecords(recordSection(buffer, header), codec);
    } catch (error) {
      throw inBatch(error, header.baseOffset);
    }
    if (sources.length > 0 && bytes + records.length > RAW_BYTES) await makeBatches();
    sources.push(sourceOf(header, records));
    bytes += records.length;
  }
  await makeBatches();
  return batches;
}

async function sealWithin(assembled: Assembled, codec: BatchCodec, maxBytes: number): Promise<RebuiltBatch[]> {
  const { room, count, baseTimestamp, maxTimestamp, runs } = assembled;
  // Uncompressed, the size is known beforehand.
  let limit = maxBytes;
  if (codec !== 'none' || room.length <= maxBytes || count === 1) {
    const bytes = await sealBatch(room, { codec, baseTimestamp, maxTimestamp, recordCount: count });
    if (bytes.length <= maxBytes || count === 1) return [{ bytes: exactlySized(bytes), records: count, runs }];
    // Parts that probably compress as well as the whole, with some reserve; smaller than the whole in any case.
    limit = Math.min((room.length * maxBytes * 0.9) / bytes.length, room.length - 1);
  }
  const batches: RebuiltBatch[] = [];
  for (const part of split(assembled, limit)) batches.push(...(await sealWithin(part, codec, maxBytes)));
  return batches;
}

/** Cuts into parts of at most `limit` uncompressed bytes with their header, or of one record. */
function* split({ room, count, baseTimestamp, runs }: Assembled, limit: number): Generator<Assembled> {
  const cursor = new RecordCursor(room, BATCH_HEADER_BYTES, room.length, count);
  let start = BATCH_HEADER_BYTES;
  let first = 0;
  const take = (end: number, next: number): Assembled => {
    const records = room.subarray(start, end);
    const source = { records, count: next - first, baseOffset: 0, baseTimestamp, appendTime: undefined };
    const part = { ...assemble([source], {})[0]!, runs: sliceRuns(runs, first, next - first) };
    start = end;
    first = next;
    return part;
  };
  let before = start;
  for (let index = 0; cursor.next(); index++) {
    if (index > first && BATCH_HEADER_BYTES + cursor.end - start > limit) yield take(before, index);
    before = cursor.end;
  }
  yield take(room.length, count);
}
