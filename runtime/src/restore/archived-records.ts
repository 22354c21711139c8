import { readFrame } from '../archive/frame-reader.ts';
import { decodeRecords, type Record } from '../batch/records.ts';
import type { SourceHeaders } from '../batch/source-headers.ts';
import { walkBatches } from '../batch/walk.ts';
import { readAhead } from '../flow/read-ahead.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import type { PartitionTask } from './partition-task.ts';

/** The records of a partition as the target should hold them, batch by batch, with the headers that a restore adds. */
export async function* archivedRecords(store: ObjectStore, task: PartitionTask): AsyncGenerator<Record[], void, void> {
  const { topic, partition } = task.writer;
  const { fromTimestamp: first = Number.NEGATIVE_INFINITY, untilTimestamp: last = Number.POSITIVE_INFINITY } =
    task.prepare.times ?? {};
  const jobs = task.frames
    .frames()
    .map((clipped) => async () => ({ ...clipped, raw: await readFrame(store, clipped.frame) }));
  for await (const { raw, from, until } of readAhead(jobs, 2)) {
    for (const header of walkBatches(raw, { topic, partition }).batches) {
      if (header.lastOffset < from || header.baseOffset >= until || header.recordCount === 0) continue;
      const records = (await decodeRecords(raw, header)).filter(
        ({ offset, timestamp }) => offset >= from && offset < until && timestamp >= first && timestamp < last,
      );
      if (task.prepare.headers !== undefined) addHeaders(records, task.prepare.headers);
      yield records;
    }
  }
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
