import { unlessAborted } from '../../flow/unless-aborted.ts';
import { fillerBatch, fillerCounts } from '../exact/filler-batch.ts';
import { setLogStart } from '../exact/log-start.ts';
import type { PartitionTask } from './partition-task.ts';
import type { RestoreMeans } from './restore-partition.ts';

type Means = Pick<RestoreMeans, 'client' | 'cluster' | 'producer' | 'filler' | 'budget' | 'rate' | 'signal'>;

/**
 * Leads the log end of a partition to its first offset by empty records, and deletes them: nobody reads them, they take no
 * room, and brokers note the log start on their disks while the records come. It is looked at again in the end.
 */
export async function leadTo(offset: number, task: PartitionTask, means: Means): Promise<void> {
  const { writer, resume, prepare } = task;
  const from = resume?.end ?? writer.ledger.end;
  if (from >= offset) return;
  writer.advance(from);
  for (const count of fillerCounts(from, offset, prepare.maxBatchBytes)) {
    means.signal.throwIfAborted();
    const bytes = await fillerBatch(count);
    await means.budget.acquire(bytes.length);
    await means.rate.take(bytes.length, 0, means.signal);
    means.producer.push(writer, {
      bytes,
      records: count,
      runs: [],
      crcs: [],
      acknowledged: () => means.budget.release(bytes.length),
    });
  }
  await unlessAborted(writer.flushed(), means.signal);
  const { topic, partition } = writer;
  await setLogStart(means.client, means.cluster, [{ topic, partition, offset }], means.signal);
}

/** Fills the offsets between what is written and the next record, once everything before has been acknowledged. */
export async function fillTo(offset: number, { writer }: PartitionTask, { filler, signal }: Means): Promise<void> {
  if (writer.nextOffset >= offset) return;
  await unlessAborted(writer.flushed(), signal);
  const { end } = writer.ledger;
  if (filler === undefined) throw new Error('records keep their offsets, but nothing fills holes');
  await unlessAborted(filler.fill({ topic: writer.topic, partition: writer.partition }, end, offset), signal);
  writer.advance(offset);
}
