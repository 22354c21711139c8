import type { LimitFunction } from 'p-limit';
import type { RunContext } from '../../observe/run-context.ts';
import { partitionFor, partitionWithoutKey } from '../../repartition/partitioner.ts';
import type { ObjectStore } from '../../storage/object-store.ts';
import type { TargetReader } from '../read/target-reader.ts';
import type { PartitionWriter } from '../write/partition-writer.ts';
import type { SpreadTask } from '../write/restore-spread.ts';
import { archivedBatches } from './archived-records.ts';
import { RecordDigest } from './record-digest.ts';

/**
 * Reads a topic that was repartitioned back. The records of several source partitions lie between each other there, so the
 * digest of each target partition is compared with that of the records which belong there by their keys.
 * @param spreads all of one topic, at least one
 * @returns the records read, and a line per partition that differs
 */
export async function readBackSpread(
  spreads: SpreadTask[],
  store: ObjectStore,
  reader: TargetReader,
  limit: LimitFunction,
  context: RunContext,
): Promise<{ records: number; differences: string[] }> {
  const { writers } = spreads[0]!;
  const expected = writers.map(() => new RecordDigest());
  const [found] = await Promise.all([
    limit.map(writers, (writer) => digestOf(writer, reader, context)),
    limit.map(spreads, (task) => addArchived(task, expected, store, context)),
  ]);
  const differences = writers.flatMap(({ topic, partition }, index) => {
    const what = differenceOf(expected[index]!, found[index]!);
    return what === undefined ? [] : [`${topic}[${partition}] ${what}`];
  });
  return { records: found.reduce((sum, { records }) => sum + records, 0), differences };
}

function differenceOf(expected: RecordDigest, found: RecordDigest): string | undefined {
  if (found.equals(expected)) return undefined;
  return found.records === expected.records
    ? `holds ${found.records} records, but some differ in key, value, headers or timestamp from those that the archive has for it`
    : `holds ${found.records} records, not the ${expected.records} that the archive has for it`;
}

async function addArchived(
  { frames, prepare, writers }: SpreadTask,
  expected: RecordDigest[],
  store: ObjectStore,
  { signal }: RunContext,
): Promise<void> {
  const { partition } = frames.partition;
  for await (const { baseOffset, records } of archivedBatches(store, { frames, prepare })) {
    signal.throwIfAborted();
    const withoutKey = partitionWithoutKey(partition, baseOffset, writers.length);
    for (const record of records) {
      expected[record.key === null ? withoutKey : partitionFor(record.key, writers.length)]!.add(record);
    }
  }
}

async function digestOf(
  { topic, partition, ledger }: PartitionWriter,
  reader: TargetReader,
  { signal, progress }: RunContext,
): Promise<RecordDigest> {
  const digest = new RecordDigest();
  for await (const records of reader.records(topic, partition, ledger.map.targetRanges())) {
    signal.throwIfAborted();
    for (const record of records) digest.add(record);
    progress.advance({ records: records.length });
  }
  return digest;
}
