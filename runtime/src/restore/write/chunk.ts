import type { Frame } from '../../archive/frame.ts';
import { readFrame } from '../../archive/frame-reader.ts';
import type { ClippedFrame } from '../../archive/snapshot-frames.ts';
import { batchChain } from '../../batch/crc32c.ts';
import type { BatchHeader } from '../../batch/header.ts';
import { walkBatches } from '../../batch/walk.ts';
import { MskBackupError } from '../../errors.ts';
import type { ByteBudget } from '../../flow/byte-budget.ts';
import { readAhead } from '../../flow/read-ahead.ts';
import type { ObjectStore } from '../../storage/object-store.ts';

/** Small frames are read together up to this many bytes, so that what hourly backups of a thin topic left is merged. */
const CHUNK_BYTES = 2 * 1024 * 1024;

/** One frame in memory, every checksum checked. */
export interface OpenFrame {
  frame: Frame;
  /** Offsets that count: inclusive, exclusive. */
  from: number;
  until: number;
  /** The record batches, uncompressed as a frame; writable. */
  raw: Buffer;
  batches: BatchHeader[];
}

/** Consecutive frames of a partition that are read, prepared and released together. */
export interface Chunk {
  frames: OpenFrame[];
  /** Gives the bytes back to the budget. Exactly once. */
  release(): void;
}

/** Groups the frames in their order. A chunk holds at least one frame. */
export function* groupFrames(frames: ClippedFrame[]): Generator<ClippedFrame[]> {
  let group: ClippedFrame[] = [];
  let bytes = 0;
  for (const clipped of frames) {
    if (group.length > 0 && bytes + clipped.frame.rawLength > CHUNK_BYTES) {
      yield group;
      group = [];
      bytes = 0;
    }
    group.push(clipped);
    bytes += clipped.frame.rawLength;
  }
  if (group.length > 0) yield group;
}

/** Chunks of one partition that are read before they are written: hides the storage's latency. */
const CHUNKS_AHEAD = 4;

/** The frames' chunks in their order, read ahead. @param means `fail`: called at once with what reading threw */
export function readChunks(
  frames: ClippedFrame[],
  { store, budget, fail }: { store: ObjectStore; budget: ByteBudget; fail(error: unknown): void },
): AsyncGenerator<Chunk, void, void> {
  const jobs = function* () {
    for (const group of groupFrames(frames)) {
      yield () =>
        readChunk(store, group, budget).catch((error: unknown) => {
          // Not when its turn comes: chunks that are ahead of it may hold the room that an earlier one needs for its turn.
          fail(error);
          throw error;
        });
    }
  };
  return readAhead(jobs(), CHUNKS_AHEAD, (chunk) => chunk.release());
}

/**
 * Reads the frames once the budget has room for them.
 * @throws MskBackupError kind `data` naming the pack, topic, partition and offsets when anything differs from the index
 */
export async function readChunk(store: ObjectStore, group: ClippedFrame[], budget: ByteBudget): Promise<Chunk> {
  const bytes = group.reduce((total, { frame }) => total + frame.rawLength, 0);
  await budget.acquire(bytes);
  try {
    const frames = await Promise.all(group.map((clipped) => openFrame(store, clipped)));
    return { frames, release: () => budget.release(bytes) };
  } catch (error) {
    budget.release(bytes);
    throw error;
  }
}

async function openFrame(store: ObjectStore, { frame, from, until }: ClippedFrame): Promise<OpenFrame> {
  const raw = await readFrame(store, frame);
  const { batches, end } = walkBatches(raw, { topic: frame.topic, partition: frame.partition });
  const records = batches.reduce((total, { recordCount }) => total + recordCount, 0);
  const matches =
    end === raw.length &&
    batches.length === frame.batches &&
    records === frame.records &&
    batchChain(batches.map(({ crc }) => crc)) === frame.batchChain;
  if (!matches) {
    throw new MskBackupError(
      'data',
      'FRAME_MISMATCH',
      `${frame.pack}: the frame of topic ${frame.topic}, partition ${frame.partition}, offsets ${frame.baseOffset} to ${frame.lastOffset} holds ${batches.length} batches with ${records} records, not the ${frame.batches} with ${frame.records} of the index; restore an older snapshot, or the replica`,
    );
  }
  return { frame, from, until, raw, batches };
}
