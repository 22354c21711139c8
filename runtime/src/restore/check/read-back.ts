import { randomInt } from 'node:crypto';
import pLimit from 'p-limit';
import type { Record } from '../../batch/records.ts';
import type { KafkaClient } from '../../kafka/client.ts';
import type { ClusterDescription } from '../../kafka/describe-cluster.ts';
import type { RunContext } from '../../observe/run-context.ts';
import type { ObjectStore } from '../../storage/object-store.ts';
import { differenceOf } from '../read/compare-records.ts';
import { TargetReader } from '../read/target-reader.ts';
import type { RestoreReport } from '../report/report.ts';
import type { TopicWork } from '../write/open-topics.ts';
import type { PartitionTask } from '../write/partition-task.ts';
import { archivedRecords } from './archived-records.ts';
import { readBackSpread } from './read-back-spread.ts';

/** Each holds a frame of the archive and a fetch answer in memory. */
const PARTITIONS_AT_ONCE = 4;
/** More would not tell more. */
const DIFFERENCES_LISTED = 20;

type ReadBack = NonNullable<RestoreReport['readBack']>;

/**
 * Reads the restored partitions back from the target and compares each record with the archive: key, value, headers,
 * timestamp and order; of topics that were repartitioned what each partition holds, whatever its order.
 * @param atMost so many partitions, chosen at random; those that were repartitioned all
 * @returns the records compared, and the first differences, in words that hold no record content
 */
export async function readBack(
  work: Pick<TopicWork, 'tasks' | 'spreads'>[],
  client: KafkaClient,
  cluster: ClusterDescription,
  store: ObjectStore,
  context: RunContext,
  atMost = Number.POSITIVE_INFINITY,
): Promise<ReadBack> {
  const tasks = chosen(
    work.flatMap((one) => one.tasks),
    atMost,
  );
  const writers = [...tasks.map(({ writer }) => writer), ...work.flatMap(({ spreads }) => spreads[0]?.writers ?? [])];
  context.progress.stage('verify', { records: writers.reduce((sum, { ledger }) => sum + ledger.records, 0) });
  const reader = new TargetReader(client, cluster, context.signal);
  const result: ReadBack = { records: 0, differences: [] };
  const limit = pLimit(PARTITIONS_AT_ONCE);
  const compared = tasks.map((task) => limit(() => comparePartition(task, store, reader, context, result)));
  const spread = work
    .filter(({ spreads }) => spreads.length > 0)
    .map(async ({ spreads }) => {
      const { records, differences } = await readBackSpread(spreads, store, reader, limit, context);
      result.records += records;
      result.differences.push(...differences);
    });
  await Promise.all([...compared, ...spread]);
  return { ...result, differences: result.differences.slice(0, DIFFERENCES_LISTED) };
}

/** Another choice each time, so that in time every partition has been looked at. */
function chosen<T>(all: T[], atMost: number): T[] {
  const left = [...all];
  while (left.length > atMost) left.splice(randomInt(left.length), 1);
  return left;
}

async function comparePartition(
  task: PartitionTask,
  store: ObjectStore,
  reader: TargetReader,
  context: RunContext,
  result: ReadBack,
): Promise<void> {
  const { topic, partition } = task.writer;
  const archived = new RecordStream(archivedRecords(store, task));
  const restored = new RecordStream(reader.records(topic, partition, rangesOf(task)));
  const tell = (what: string) => result.differences.push(`${topic}[${partition}] ${what}`);
  while (result.differences.length < DIFFERENCES_LISTED) {
    context.signal.throwIfAborted();
    const [more, moreRestored] = [await archived.fill(), await restored.fill()];
    if (more !== moreRestored) {
      tell(
        more ? `ends before source offset ${archived.take().offset}` : `has more from offset ${restored.take().offset}`,
      );
    }
    if (!more || !moreRestored) break;
    const count = Math.min(archived.left, restored.left);
    for (let n = 0; n < count; n++) {
      const [expected, found] = [archived.take(), restored.take()];
      const what = differenceOf(expected, found) ?? otherOffset(task, expected.offset, found.offset);
      if (what === undefined) continue;
      tell(`offset ${found.offset} (source offset ${expected.offset}): ${what}`);
      if (result.differences.length >= DIFFERENCES_LISTED) break;
    }
    result.records += count;
    context.progress.advance({ records: count });
  }
  await Promise.all([archived.close(), restored.close()]);
}

/** Of records that keep their offsets all between the first and the last: there may be a hole between any two. */
function rangesOf({ writer, extent }: PartitionTask): { from: number; until: number }[] {
  const ranges = writer.ledger.map.targetRanges();
  if (extent === undefined || ranges.length === 0) return ranges;
  return [{ from: ranges[0]!.from, until: ranges.at(-1)!.until }];
}

function otherOffset({ extent }: PartitionTask, expected: number, found: number): string | undefined {
  return extent !== undefined && found !== expected ? 'is at another offset than at the source' : undefined;
}

/** Records that come in lots, taken one by one without waiting for each. */
class RecordStream {
  readonly #lots: AsyncGenerator<Record[], void, void>;
  #lot: Record[] = [];
  #at = 0;

  constructor(lots: AsyncGenerator<Record[], void, void>) {
    this.#lots = lots;
  }

  /** How many can be taken now. */
  get left(): number {
    return this.#lot.length - this.#at;
  }

  /** Resolves when at least one can be taken; false at the end. */
  async fill(): Promise<boolean> {
    while (this.left === 0) {
      const { value, done } = await this.#lots.next();
      if (done) return false;
      this.#lot = value;
      this.#at = 0;
    }
    return true;
  }

  take(): Record {
    return this.#lot[this.#at++]!;
  }

  async close(): Promise<void> {
    await this.#lots.return();
  }
}
