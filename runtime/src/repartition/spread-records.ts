import type { RecordSource } from '../batch/assemble.ts';
import { malformed, RecordCursor } from '../batch/record-cursor.ts';
import { type Cursor, readVarint } from '../batch/varint.ts';
import { partitionFor } from './partitioner.ts';

/**
 * Sorts the records of one batch by target partition, in their order. Their bytes are copied as they are, so the numbers in them
 * still count from the batch's base offset and timestamp.
 *
 * @param partitions of the target
 * @param withoutKey the partition for records without a key
 * @returns by target partition, those with records only
 * @throws MskBackupError `BATCH_MALFORMED`
 */
export function spreadRecords(source: RecordSource, partitions: number, withoutKey: number): Map<number, RecordSource> {
  const { records, count } = source;
  const targets = new Uint32Array(count);
  const ends = new Uint32Array(count);
  const counts = new Uint32Array(partitions);
  const sizes = new Uint32Array(partitions);
  const cursor = new RecordCursor(records, 0, records.length, count);
  const key: Cursor = { at: 0 };
  let start = 0;
  for (let n = 0; cursor.next(); n++) {
    key.at = cursor.bodyStart;
    const length = readVarint(records, key);
    const keyEnd = key.at + length;
    if (keyEnd > cursor.end) throw malformed('a key is longer than its record');
    const target = length < 0 ? withoutKey : partitionFor(records, partitions, key.at, keyEnd);
    targets[n] = target;
    ends[n] = cursor.end;
    counts[target]!++;
    sizes[target]! += cursor.end - start;
    start = cursor.end;
  }
  return gather(source, targets, ends, counts, sizes);
}

/** Copies neighbours with the same target at once. */
function gather(
  source: RecordSource,
  targets: Uint32Array,
  ends: Uint32Array,
  counts: Uint32Array,
  sizes: Uint32Array,
): Map<number, RecordSource> {
  const { records, count } = source;
  const sorted = Buffer.allocUnsafeSlow(records.length);
  const spread = new Map<number, RecordSource>();
  const at = new Uint32Array(sizes.length);
  let next = 0;
  for (const [target, size] of sizes.entries()) {
    if (counts[target] === 0) continue;
    at[target] = next;
    spread.set(target, { ...source, records: sorted.subarray(next, next + size), count: counts[target]! });
    next += size;
  }
  for (let n = 0, start = 0; n < count; ) {
    const target = targets[n]!;
    do n++;
    while (n < count && targets[n] === target);
    const end = ends[n - 1]!;
    records.copy(sorted, at[target]!, start, end);
    at[target]! += end - start;
    start = end;
  }
  return spread;
}
