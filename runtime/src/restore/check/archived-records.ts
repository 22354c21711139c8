import { readFrame } from '../../archive/frame-reader.ts';
import { decodeRecords, type Record } from '../../batch/records.ts';
import type { SourceHeaders } from '../../batch/source-headers.ts';
import { walkBatches } from '../../batch/walk.ts';
import { readAhead } from '../../flow/read-ahead.ts';
import type { ObjectStore } from '../../storage/object-store.ts';
import type { PartitionTask } from '../write/partition-task.ts';

/** What of the archive is restored, and how. */
type Archived = Pick<PartitionTask, 'frames' | 'prepare'>;

/** Records of one batch that are wanted. */
export interface ArchivedBatch {
  /** Of the batch at the source. */
  baseOffset: number;
  /** None where the batch holds none that is wanted. */
  records: Record[];
}

/** The records of a partition as the target should hold them, batch by batch, with the headers that a restore adds. */
export async function* archivedBatches(
  store: ObjectStore,
  { frames, prepare }: Archived,
): AsyncGenerator<ArchivedBatch, void, void> {
  const { fromTimestamp: first = Number.NEGATIVE_INFINITY, untilTimestamp: last = Number.POSITIVE_INFINITY } =
    prepare.times ?? {};
  const jobs = frames
    .frames()
    .map((clipped) => async () => ({ ...clipped, raw: await readFrame(store, clipped.frame) }));
  for await (const { frame, raw, from, until } of readAhead(jobs, 2)) {
    for (const header of walkBatches(raw, frame).batches) {
      if (header.lastOffset < from || header.baseOffset >= until || header.recordCount === 0) continue;
      const records = (await decodeRecords(raw, header)).filter(
        ({ offset, timestamp }) => offset >= from && offset < until && timestamp >= first && timestamp < last,
      );
      if (prepare.headers !== undefined) addHeaders(records, prepare.headers);
      yield { baseOffset: header.baseOffset, records };
    }
  }
}

/** The same without the batches. */
export async function* archivedRecords(store: ObjectStore, task: Archived): AsyncGenerator<Record[], void, void> {
  for await (const { records } of archivedBatches(store, task)) yield records;
}

/** Told again here and not shared with the code that writes them, because this is what checks that code. */
function addHeaders(records: Record[], { partition, cluster }: SourceHeaders): void {
  for (const record of records) {
    const offset = Buffer.alloc(8);
    offset.writeBigInt64LE(BigInt(record.offset));
    const timestamp = Buffer.alloc(8);
    timestamp.writeBigInt64LE(BigInt(record.timestamp));
    const number = Buffer.alloc(4);
    number.writeInt32LE(partition);
    record.headers.push(
      [Buffer.from('x-original-offset'), offset],
      [Buffer.from('x-original-timestamp'), timestamp],
      [Buffer.from('x-source-partition'), number],
    );
    if (cluster !== undefined) record.headers.push([Buffer.from('x-source-cluster'), Buffer.from(cluster)]);
  }
}
