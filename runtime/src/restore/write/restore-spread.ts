import type { PartitionFrames } from '../../archive/snapshot-frames.ts';
import type { BatchHeader } from '../../batch/header.ts';
import type { ProduceOptions } from '../../batch/produce-form.ts';
import type { RebuiltBatch, StoredBatch } from '../../batch/rebuild.ts';
import { unlessAborted } from '../../flow/unless-aborted.ts';
import { repartitionBatches } from '../../repartition/repartition-batches.ts';
import type { AtStake } from '../plan/retention.ts';
import { type Chunk, type OpenFrame, readChunks } from './chunk.ts';
import type { PartitionWriter } from './partition-writer.ts';
import type { PrepareOptions } from './prepare-chunk.ts';
import type { RestoreMeans } from './restore-partition.ts';

/** One partition of the source whose records are spread over all partitions of the target's topic by their keys. */
export interface SpreadTask {
  frames: PartitionFrames;
  /** Of the target's partitions, by their numbers; shared by all partitions of the source. */
  writers: PartitionWriter[];
  prepare: PrepareOptions;
  atStake: AtStake;
  /** By the index; of frames that count in part, as they are read. */
  expectedRecords: number;
  /** Acknowledged. */
  records: number;
  done: boolean;
}

type SpreadMeans = Omit<RestoreMeans, 'reader' | 'filler'>;

/**
 * Reads one partition of the source and writes its records to the target's partitions, in their order, so that the order
 * within a key stays. Resolves when all of it is acknowledged.
 */
export async function restoreSpread(task: SpreadTask, means: SpreadMeans): Promise<void> {
  const { fail, signal } = means;
  const acknowledged: Promise<void>[] = [];
  try {
    for await (const chunk of readChunks(task.frames.frames(), means)) {
      acknowledged.push((await pushSpread(chunk, task, means)).acknowledged);
      signal.throwIfAborted();
    }
  } catch (error) {
    fail(error);
    throw error;
  }
  await unlessAborted(Promise.all(acknowledged), signal);
  task.done = true;
}

/** @returns `acknowledged` resolves when the target has all of the chunk */
async function pushSpread(
  chunk: Chunk,
  task: SpreadTask,
  means: SpreadMeans,
): Promise<{ acknowledged: Promise<void> }> {
  const { producer, progress, rate, signal } = means;
  const all = Promise.withResolvers<void>();
  let waiting = 1;
  const finish = () => {
    if (--waiting > 0) return;
    chunk.release();
    all.resolve();
  };
  for (const frame of chunk.frames) {
    const made = await means.preparing(() => spreadFrame(frame, task));
    for (const batch of frame.batches) task.atStake.add(batch);
    progress.advance({ bytes: frame.raw.length });
    for (const [partition, batches] of made) {
      for (const { bytes, records, runs } of batches) {
        task.atStake.addProduced(bytes.length);
        await rate.take(bytes.length, records, signal);
        waiting++;
        producer.push(task.writers[partition]!, {
          bytes,
          records,
          runs,
          crcs: [],
          acknowledged() {
            task.records += records;
            progress.advance({ records });
            finish();
          },
        });
      }
    }
  }
  finish();
  return { acknowledged: all.promise };
}

async function spreadFrame(frame: OpenFrame, task: SpreadTask): Promise<Map<number, RebuiltBatch[]>> {
  const { frames, writers, prepare } = task;
  const whole = frame.from <= frame.frame.baseOffset && frame.until > frame.frame.lastOffset;
  const options: ProduceOptions = {
    maxBytes: prepare.maxBatchBytes,
    ...(!whole && { from: frame.from, until: frame.until }),
    ...prepare.times,
    ...(prepare.headers !== undefined && { addHeaders: prepare.headers }),
  };
  const by = { sourcePartition: frames.partition.partition, partitions: writers.length };
  const made = new Map<number, RebuiltBatch[]>();
  let records = 0;
  for (const run of runsOfCodec(frame)) {
    for (const [partition, batches] of await repartitionBatches(run, by, options)) {
      made.set(partition, [...(made.get(partition) ?? []), ...batches]);
      records += batches.reduce((sum, batch) => sum + batch.records, 0);
    }
  }
  task.expectedRecords += whole && prepare.times === undefined ? frame.frame.records : records;
  return made;
}

/** Batches that may be put together: neighbours of one codec. */
function* runsOfCodec({ batches, raw }: OpenFrame): Generator<StoredBatch[]> {
  let run: StoredBatch[] = [];
  const withRecords = batches.filter(({ recordCount }: BatchHeader) => recordCount > 0);
  for (const header of withRecords) {
    if (run.length > 0 && run[0]!.header.codec !== header.codec) {
      yield run;
      run = [];
    }
    run.push({ buffer: raw, header });
  }
  if (run.length > 0) yield run;
}
