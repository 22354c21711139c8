import pLimit from 'p-limit';
import type { RestoreJob } from '../../config/job.ts';
import { ByteBudget } from '../../flow/byte-budget.ts';
import type { RateLimit } from '../../flow/rate-limit.ts';
import { endsInTime, isStop } from '../../flow/stopping.ts';
import type { RestoreJournal } from '../../journal/journal.ts';
import type { KafkaClient } from '../../kafka/client.ts';
import type { RunContext } from '../../observe/run-context.ts';
import type { ObjectStore } from '../../storage/object-store.ts';
import { TargetReader } from '../read/target-reader.ts';
import type { ExecuteOptions } from './execute-options.ts';
import type { OpenTarget } from './open-target.ts';
import type { PartitionTask } from './partition-task.ts';
import { Producer } from './producer.ts';
import { NOTE_EVERY_MS, ProgressKeeper } from './progress-keeper.ts';
import { type RestoreMeans, restorePartition } from './restore-partition.ts';
import { restoreSpread, type SpreadTask } from './restore-spread.ts';

/** As many as Node has threads for compression. */
const CHUNKS_PREPARED_AT_ONCE = 4;

/**
 * Writes all partitions, so many at once as the job says, the largest first so that the end is not one long partition.
 * What is in flight when it stops is waited for, within limits: a broker that hangs would never answer.
 * How far each has got is noted in the journal on the way and in the end.
 * @returns whether the signal stopped it
 * @throws the first error that stopped it
 */
export async function writePartitions(
  { work, identity, cluster, filler }: OpenTarget,
  client: KafkaClient,
  journal: RestoreJournal,
  store: ObjectStore,
  job: RestoreJob,
  rate: RateLimit,
  context: RunContext,
  { stallMs, noteEveryMs = NOTE_EVERY_MS }: ExecuteOptions,
): Promise<{ interrupted: boolean }> {
  const tasks: PartitionTask[] = work.flatMap((one) => one.tasks);
  const spreads: SpreadTask[] = work.flatMap((one) => one.spreads);
  const fatal = new AbortController();
  const signal = AbortSignal.any([context.signal, fatal.signal]);
  const fail = (error: unknown) => {
    if (!isStop(error, signal)) fatal.abort(error);
  };
  const budget = new ByteBudget(job.bufferBytes);
  const halt = () => budget.fail(signal.reason);
  if (signal.aborted) halt();
  else signal.addEventListener('abort', halt, { once: true });

  const producer = new Producer(client, identity, {
    timeoutMs: job.produceTimeoutMs,
    exclusive: !job.allowNonEmpty || job.offsets === 'exact',
    signal,
    onFatal: fail,
    ...(stallMs !== undefined && { stallMs }),
  });
  const { progress } = context;
  const preparing = pLimit(CHUNKS_PREPARED_AT_ONCE);
  const means: RestoreMeans = {
    store,
    client,
    cluster,
    producer,
    reader: new TargetReader(client, cluster, signal),
    ...(filler !== undefined && { filler }),
    budget,
    rate,
    preparing,
    progress,
    signal,
    fail,
  };
  const keeper = new ProgressKeeper(journal, work, noteEveryMs, fail);
  const limit = pLimit(job.maxConcurrentPartitions);
  const ordered = [...tasks, ...spreads].sort((a, b) => b.frames.rawBytes - a.frames.rawBytes);
  const partitions = Promise.all(
    ordered.map((task) =>
      limit(async () => {
        if (signal.aborted || task.done) return;
        const written = 'writers' in task ? restoreSpread(task, means) : restorePartition(task, means);
        await written.catch(fail);
        if (!('writers' in task)) return;
        // The topic could not go on if the run was killed before it is noted.
        if (spreads.every(({ writers, done }) => writers !== task.writers || done)) await keeper.note().catch(fail);
      }),
    ),
  );
  await endsInTime(
    partitions.then(() => producer.idle()),
    signal,
  );
  // What stopped it is to be told, not that the note about it failed too.
  if (fatal.signal.aborted) await keeper.stop().catch(() => {});
  else await keeper.stop();
  if (fatal.signal.aborted) throw fatal.signal.reason;
  return { interrupted: ordered.some(({ done }) => !done) };
}
