import { type RecordSource, sourceOf } from './assemble.ts';
import { decompressRecords } from './codec.ts';
import type { BatchHeader } from './header.ts';
import { makeBatches, type RebuiltBatch } from './make-batches.ts';
import type { ProduceOptions } from './produce-form.ts';
import { inBatch } from './record-cursor.ts';
import { recordSection } from './records.ts';

export type { RebuiltBatch } from './make-batches.ts';

/** A stored batch: the header, and the buffer it was read from. */
export interface StoredBatch {
  buffer: Buffer;
  header: BatchHeader;
}

/**
 * Stored batches are put together up to this many bytes of uncompressed records: compressed ones may be a hundredth of
 * what they hold, and several copies of it are in memory while a new batch is made.
 */
export const RAW_BYTES = 1024 * 1024;

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
  const flush = async () => {
    const waiting = sources;
    sources = [];
    bytes = 0;
    for (const batch of await makeBatches(waiting, codec, options)) batches.push(batch);
  };
  for (const { buffer, header } of stored) {
    if (header.codec !== codec) throw new Error(`batches of ${codec} and ${header.codec} cannot be rebuilt together`);
    let records: Buffer;
    try {
      records = await decompressRecords(recordSection(buffer, header), codec);
    } catch (error) {
      throw inBatch(error, header.baseOffset);
    }
    if (sources.length > 0 && bytes + records.length > RAW_BYTES) await flush();
    sources.push(sourceOf(header, records));
    bytes += records.length;
  }
  await flush();
  return batches;
}
