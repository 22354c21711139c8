import { type Assembled, assemble, type RecordSource } from './assemble.ts';
import { BATCH_HEADER_BYTES, type BatchCodec } from './header.ts';
import { type OffsetRun, sliceRuns } from './offset-runs.ts';
import type { ProduceOptions } from './produce-form.ts';
import { RecordCursor } from './record-cursor.ts';
import { sealBatch } from './seal.ts';
import { exactlySized } from './zstd.ts';

/** A new batch in produce form: base offset 0, numbered without gaps, CreateTime; producer fields are -1 until patched. */
export interface RebuiltBatch {
  bytes: Buffer;
  records: number;
  /** Where the records come from: offsets at the source. Exactly one run when `contiguous` was asked for. */
  runs: OffsetRun[];
}

/**
 * Makes what `rebuildBatches` says of records that are uncompressed already.
 * @param sources of one partition, in the order of their offsets
 */
export async function makeBatches(
  sources: readonly RecordSource[],
  codec: BatchCodec,
  options: ProduceOptions,
): Promise<RebuiltBatch[]> {
  const batches: RebuiltBatch[] = [];
  for (const assembled of assemble(sources, options)) {
    batches.push(...(await sealWithin(assembled, codec, options.maxBytes ?? Number.POSITIVE_INFINITY)));
  }
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
