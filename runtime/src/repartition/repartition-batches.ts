import { type RecordSource, sourceOf } from '../batch/assemble.ts';
import { decompressRecords } from '../batch/codec.ts';
import { makeBatches } from '../batch/make-batches.ts';
import type { ProduceOptions } from '../batch/produce-form.ts';
import { RAW_BYTES, type RebuiltBatch, type StoredBatch } from '../batch/rebuild.ts';
import { inBatch } from '../batch/record-cursor.ts';
import { recordSection } from '../batch/records.ts';
import { partitionWithoutKey } from './partitioner.ts';
import { spreadRecords } from './spread-records.ts';

/** From which partition to how many. */
export interface Repartitioning {
  /** The stored batches are of this partition. */
  sourcePartition: number;
  /** Partitions of the target, 1 or more. */
  partitions: number;
}

/**
 * Spreads the records of one or several neighbouring stored batches over the partitions of a target by their keys, as
 * Kafka's producers do: `partitionFor`, and `partitionWithoutKey` for records without a key. The order of the records stays in
 * each partition; apart from that they are rebuilt as by `rebuildBatches`. The sources stay as they are. Several small batches at
 * once make larger ones.
 *
 * @param stored all of one codec, in the order of their offsets; CRCs have been checked
 * @returns by target partition, those with records only: batches in produce form, in their order. Deterministic: the same stored
 *   batches and options give the same.
 * @throws MskBackupError kind `data`: `BATCH_MALFORMED`, `DECOMPRESSION_FAILED`, `OFFSET_TOO_LARGE`, naming the batch by its offset
 */
export async function repartitionBatches(
  stored: readonly StoredBatch[],
  { sourcePartition, partitions }: Repartitioning,
  options: Omit<ProduceOptions, 'contiguous'>,
): Promise<Map<number, RebuiltBatch[]>> {
  const codec = stored[0]?.header.codec ?? 'none';
  const made = new Map<number, RebuiltBatch[]>();
  let sources = new Map<number, RecordSource[]>();
  let bytes = 0;
  const flush = async () => {
    const making = [...sources].map(async ([target, parts]) => ({
      target,
      batches: await makeBatches(parts, codec, options),
    }));
    sources = new Map();
    bytes = 0;
    for (const { target, batches } of await Promise.all(making)) {
      if (batches.length > 0) append(made, target, batches);
    }
  };
  for (const { buffer, header } of stored) {
    if (header.codec !== codec) throw new Error(`batches of ${codec} and ${header.codec} cannot be put together`);
    const spread = await spreadBatch({ buffer, header }, sourcePartition, partitions);
    const size = [...spread.values()].reduce((sum, { records }) => sum + records.length, 0);
    if (bytes > 0 && bytes + size > RAW_BYTES) await flush();
    for (const [target, source] of spread) append(sources, target, [source]);
    bytes += size;
  }
  await flush();
  return made;
}

async function spreadBatch(
  { buffer, header }: StoredBatch,
  sourcePartition: number,
  partitions: number,
): Promise<Map<number, RecordSource>> {
  const withoutKey = partitionWithoutKey(sourcePartition, header.baseOffset, partitions);
  try {
    const records = await decompressRecords(recordSection(buffer, header), header.codec);
    return spreadRecords(sourceOf(header, records), partitions, withoutKey);
  } catch (error) {
    throw inBatch(error, header.baseOffset);
  }
}

function append<T>(lists: Map<number, T[]>, key: number, items: T[]): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, items);
  else list.push(...items);
}
