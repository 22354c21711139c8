import type { LimitFunction } from 'p-limit';
import type { ClippedFrame } from '../../archive/snapshot-frames.ts';
import type { ByteBudget } from '../../flow/byte-budget.ts';
import type { RateLimit } from '../../flow/rate-limit.ts';
import { unlessAborted } from '../../flow/unless-aborted.ts';
import type { KafkaClient } from '../../kafka/client.ts';
import type { ClusterDescription } from '../../kafka/describe-cluster.ts';
import type { Progress } from '../../observe/progress.ts';
import type { ObjectStore } from '../../storage/object-store.ts';
import type { HoleFiller } from '../exact/hole-filler.ts';
import type { TargetReader } from '../read/target-reader.ts';
import { AlreadyThere } from './already-there.ts';
import { fillTo, leadTo } from './bring-forward.ts';
import { type Chunk, readChunks } from './chunk.ts';
import type { PartitionTask } from './partition-task.ts';
import { type LeftOver, type PreparedBatch, prepareChunk } from './prepare-chunk.ts';
import type { Producer } from './producer.ts';
import { milestone } from './progress-keeper.ts';

export interface RestoreMeans {
  store: ObjectStore;
  /** Of the target. */
  client: KafkaClient;
  cluster: ClusterDescription;
  producer: Producer;
  /** Reads what an earlier run has written. */
  reader: TargetReader;
  /** Fills holes, for records that keep their offsets. */
  filler?: HoleFiller;
  budget: ByteBudget;
  rate: RateLimit;
  /** Bounds the chunks that are taken apart at once: each may need several times its bytes. */
  preparing: LimitFunction;
  progress: Progress;
  signal: AbortSignal;
  /** Ends the whole run with the error, at once: others may wait for room that the failed partition holds. */
  fail(error: unknown): void;
}

/** Reads, prepares and writes one partition; resolves when the target has acknowledged all of it. */
export async function restorePartition(task: PartitionTask, means: RestoreMeans): Promise<void> {
  const { extent, writer } = task;
  const there = task.resume && new AlreadyThere(task, task.resume, means.reader);
  const carried = nothingCarried();
  try {
    if (extent !== undefined) await leadTo(extent.start, task, means);
    for await (const chunk of readChunks(framesLeft(task), means)) {
      await pushChunk(chunk, task, there, carried, means);
      means.signal.throwIfAborted();
    }
    await there?.check();
    if (extent !== undefined) await fillTo(extent.end, task, means);
  } catch (error) {
    means.fail(error);
    throw error;
  }
  await unlessAborted(writer.flushed(), means.signal);
  accountForCarried(task, carried, means);
  task.done = true;
}

/** Chunks without a batch to send, behind the last one with some. */
interface Carried extends LeftOver {
  /** Source offset behind them; undefined when there are none. */
  next: number | undefined;
}

/** Only when all that was pushed is acknowledged: what lies behind it is done with too then. */
function accountForCarried(task: PartitionTask, carried: Carried, { progress }: RestoreMeans): void {
  if (carried.next === undefined) return;
  task.writer.account(carried.crcs);
  progress.advance({ bytes: carried.sourceBytes });
  task.milestone = milestone(task, carried.next, task.atStake.soFar);
  Object.assign(carried, nothingCarried());
}

function nothingCarried(): Carried {
  return { crcs: [], sourceBytes: 0, next: undefined };
}

/** A milestone lies between frames, so none is cut by it. */
function framesLeft({ frames, resume }: PartitionTask): ClippedFrame[] {
  const all = frames.frames();
  return resume === undefined ? all : all.filter(({ until }) => until > resume.next);
}

async function pushChunk(
  chunk: Chunk,
  task: PartitionTask,
  there: AlreadyThere | undefined,
  carried: Carried,
  means: RestoreMeans,
): Promise<void> {
  const { producer, progress, rate, signal } = means;
  const prepared = await means.preparing(() => prepareChunk(chunk.frames, task.prepare));
  const { batches, counted, leftOver } = prepared;
  for (const batch of counted) task.atStake.add(batch);
  for (const { bytes } of batches) task.atStake.addProduced(bytes.length);
  task.expectedRecords += prepared.expectedRecords;
  const next = chunk.frames.at(-1)!.until;
  // Batches that were put together or made anew have memory of their own: the frames' is not to wait for them.
  chunk.frames = [];
  const [first, last] = [batches[0], batches.at(-1)];
  if (first === undefined || last === undefined) {
    carried.crcs = [...carried.crcs, ...leftOver.crcs];
    carried.sourceBytes += leftOver.sourceBytes;
    carried.next = next;
    chunk.release();
    if (task.writer.nextOffset === task.writer.ledger.end) accountForCarried(task, carried, means);
    return;
  }
  // A milestone is between chunks: what one accounts for must not be left to the next.
  first.crcs = [...carried.crcs, ...first.crcs];
  last.crcs = [...last.crcs, ...leftOver.crcs];
  last.sourceBytes += leftOver.sourceBytes + carried.sourceBytes;
  Object.assign(carried, nothingCarried());
  const stake = task.atStake.soFar;
  let waiting = batches.length;
  const acknowledged = ({ sourceBytes, records }: PreparedBatch) => {
    progress.advance({ bytes: sourceBytes, records });
    if (--waiting > 0) return;
    task.milestone = milestone(task, next, stake);
    chunk.release();
  };
  for (const batch of batches) {
    const left = there === undefined ? batch : await there.skip(batch, () => acknowledged(batch));
    if (left === undefined) continue;
    if (task.extent !== undefined) await fillTo(left.runs[0]!.from, task, means);
    await rate.take(left.bytes.length, left.records, signal);
    producer.push(task.writer, { ...left, acknowledged: () => acknowledged(batch) });
  }
}
