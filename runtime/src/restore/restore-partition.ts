import type { LimitFunction } from 'p-limit';
import type { PartitionFrames } from '../archive/snapshot-frames.ts';
import type { ByteBudget } from '../flow/byte-budget.ts';
import { readAhead } from '../flow/read-ahead.ts';
import type { Progress } from '../observe/progress.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import { type Chunk, groupFrames, readChunk } from './chunk.ts';
import type { PartitionWriter } from './partition-writer.ts';
import { type PrepareOptions, prepareChunk } from './prepare.ts';
import type { Producer } from './producer.ts';
import type { RateLimit } from './rate-limit.ts';
import type { AtStake } from './retention.ts';

/** One partition to restore. */
export interface PartitionTask {
  frames: PartitionFrames;
  writer: PartitionWriter;
  prepare: PrepareOptions;
  atStake: AtStake;
  /** Records that the archive holds of it, by the index; of frames that are cut, as they are read. Complete when done. */
  expectedRecords: number;
  /** Everything has been acknowledged. */
  done: boolean;
}

export interface RestoreMeans {
  store: ObjectStore;
  producer: Producer;
  budget: ByteBudget;
  rate: RateLimit;
  /** Bounds the chunks that are taken apart at once: each may need several times its bytes. */
  preparing: LimitFunction;
  progress: Progress;
  signal: AbortSignal;
  /** Ends the whole run with the error, at once: others may wait for room that the failed partition holds. */
  fail(error: unknown): void;
  /** Rejects with the signal's reason. */
  halted: Promise<never>;
}

/** Chunks of one partition that are read before they are written: hides the storage's latency. */
const CHUNKS_AHEAD = 4;

/** Reads, prepares and writes one partition; resolves when the target has acknowledged all of it. */
export async function restorePartition(task: PartitionTask, means: RestoreMeans): Promise<void> {
  const { writer } = task;
  const chunks = readAhead(chunkJobs(task, means), CHUNKS_AHEAD, (chunk) => chunk.release());
  for await (const chunk of chunks) {
    await pushChunk(chunk, task, means).catch((error: unknown) => {
      means.fail(error);
      throw error;
    });
    means.signal.throwIfAborted();
  }
  await Promise.race([writer.flushed(), means.halted]);
  task.done = true;
}

function* chunkJobs({ frames }: PartitionTask, { store, budget, fail }: RestoreMeans): Generator<() => Promise<Chunk>> {
  for (const group of groupFrames(frames.frames())) {
    yield () =>
      readChunk(store, group, budget).catch((error: unknown) => {
        // Not when its turn comes: chunks that are ahead of it may hold the room that an earlier one needs for its turn.
        fail(error);
        throw error;
      });
  }
}

async function pushChunk(chunk: Chunk, task: PartitionTask, means: RestoreMeans): Promise<void> {
  const { producer, progress, rate, signal } = means;
  const prepared = await means.preparing(() => prepareChunk(chunk.frames, task.prepare));
  for (const batch of prepared.counted) task.atStake.add(batch);
  for (const { bytes } of prepared.batches) task.atStake.addProduced(bytes.length);
  task.expectedRecords += prepared.expectedRecords;
  let waiting = prepared.batches.length;
  for (const batch of prepared.batches) {
    await rate.take(batch.bytes.length, batch.records, signal);
    producer.push(task.writer, {
      ...batch,
      acknowledged: () => {
        progress.advance({ bytes: batch.sourceBytes, records: batch.records });
        if (--waiting === 0) chunk.release();
      },
    });
  }
  task.writer.account(prepared.leftOver.crcs);
  if (prepared.leftOver.sourceBytes > 0) progress.advance({ bytes: prepared.leftOver.sourceBytes });
  if (prepared.batches.length === 0) chunk.release();
}
