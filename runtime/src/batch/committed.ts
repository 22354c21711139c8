import { ATTRIBUTE, BATCH_HEADER_BYTES, type BatchHeader } from './header.ts';
import { type Cursor, readVarint, readVarlong } from './varint.ts';

/** As a fetch answer lists them: a transaction of this producer was aborted, and its first record has this offset. */
export interface AbortedTransaction {
  producerId: number;
  firstOffset: number;
}

export interface Committed {
  /** The batches that hold committed data, in their order. */
  kept: BatchHeader[];
  /** Control batches left out. */
  control: number;
  abortedBatches: number;
  abortedRecords: number;
}

/**
 * Leaves out control batches and the batches of aborted transactions, by the rule of Kafka's own consumer. It holds for
 * one fetch answer: the list of aborted transactions belongs to it, and covers every batch in it that lies below the last
 * stable offset, whether the markers are in the answer or not. So nothing is carried from one answer to the next.
 *
 * @param records what the headers were read from: the type of a marker is in its record
 * @param batches of one answer fetched with read_committed, in their order; leading ones may be left out, others not
 */
export function dropUncommitted(
  records: Buffer,
  batches: BatchHeader[],
  abortedTransactions: readonly AbortedTransaction[],
): Committed {
  const result: Committed = { kept: [], control: 0, abortedBatches: 0, abortedRecords: 0 };
  const waiting = [...abortedTransactions].sort((a, b) => a.firstOffset - b.firstOffset);
  const aborting = new Set<number>();
  let next = 0;
  for (const batch of batches) {
    // Only what has begun counts: a producer's earlier, committed transactions lie before the first offset of its
    // aborted one, and after an abort marker the next aborted one begins anew.
    for (; next < waiting.length && waiting[next]!.firstOffset <= batch.lastOffset; next++) {
      aborting.add(waiting[next]!.producerId);
    }
    if (batch.isControl) {
      result.control++;
      if (aborting.has(batch.producerId) && isAbortMarker(records, batch)) aborting.delete(batch.producerId);
    } else if (batch.isTransactional && aborting.has(batch.producerId)) {
      result.abortedBatches++;
      result.abortedRecords += batch.recordCount;
    } else {
      result.kept.push(batch);
    }
  }
  return result;
}

/**
 * A marker is the one record of its batch, uncompressed. Its key:
 *
 *     ControlRecordKey = version int16, type int16    0 abort, 1 commit
 */
function isAbortMarker(records: Buffer, batch: BatchHeader): boolean {
  // Compaction can take the record away when everything of the transaction is gone.
  if (batch.recordCount === 0 || (batch.attributes & ATTRIBUTE.codec) !== 0) return false;
  const cursor: Cursor = { at: batch.start + BATCH_HEADER_BYTES };
  readVarint(records, cursor); // length
  cursor.at += 1; // attributes
  readVarlong(records, cursor); // timestamp delta
  readVarint(records, cursor); // offset delta
  const keyLength = readVarint(records, cursor);
  return keyLength >= 4 && records.readInt16BE(cursor.at + 2) === 0;
}
