import { readFrame } from '../../archive/frame-reader.ts';
import type { ClippedFrame, PartitionFrames } from '../../archive/snapshot-frames.ts';
import { decompressRecords } from '../../batch/codec.ts';
import type { BatchHeader } from '../../batch/header.ts';
import { inBatch, RecordCursor } from '../../batch/record-cursor.ts';
import { recordSection } from '../../batch/records.ts';
import { walkBatches } from '../../batch/walk.ts';
import type { ObjectStore } from '../../storage/object-store.ts';

/** Which offsets a partition of the target has in the end, when its records keep their offsets. */
export interface ExactExtent {
  /** Log start: the source's, or the first record where that is later. */
  start: number;
  /** Log end: the cut, or the last record + 1 with a time window; with the headroom. */
  end: number;
  /** Records between the two. */
  records: number;
  /** Offsets between them without a record: each takes a marker. */
  markers: number;
}

export interface ExtentOptions {
  /** Epoch ms, both included. */
  timeWindow?: { start?: number; end?: number };
  /** With records below the log start at the cut. */
  includeExpired: boolean;
  /** Offsets left unused past the end. */
  headroom: number;
}

/**
 * Finds the extent from the index where it suffices. Frames that count only in part are read and counted, with a time window
 * all that it does not leave out: how many holes there are has to be known before anything is written.
 */
export async function exactExtent(
  store: ObjectStore,
  frames: PartitionFrames,
  { timeWindow, includeExpired, headroom }: ExtentOptions,
): Promise<ExactExtent> {
  let records = 0;
  let first: number | undefined;
  let last = -1;
  for (const clipped of frames.frames()) {
    const found = await countFrame(store, clipped, timeWindow, first === undefined);
    if (found.records === 0) continue;
    first ??= found.first;
    last = found.last;
    records += found.records;
  }
  const { logStart, reached } = frames.partition;
  const log = includeExpired ? (first ?? logStart) : logStart;
  if (timeWindow !== undefined) {
    // Without a record there is no place to lead to.
    const start = first === undefined ? log : Math.max(log, first);
    const end = first === undefined ? log : last + 1;
    return extent(start, end, records, headroom);
  }
  return extent(first === undefined ? reached : Math.max(log, first), reached, records, headroom);
}

function extent(start: number, end: number, records: number, headroom: number): ExactExtent {
  return { start, end: end + headroom, records, markers: end - start - records + headroom };
}

interface Counted {
  records: number;
  first: number;
  /** Inclusive. */
  last: number;
}

/** @param needsFirst whether the first record matters: else the index suffices for whole frames */
async function countFrame(
  store: ObjectStore,
  clipped: ClippedFrame,
  window: ExtentOptions['timeWindow'],
  needsFirst: boolean,
): Promise<Counted> {
  const { frame, from, until } = clipped;
  if (window === undefined) {
    const dense = frame.records === frame.lastOffset - frame.baseOffset + 1;
    const first = Math.max(from, frame.baseOffset);
    const last = Math.min(until - 1, frame.lastOffset);
    if (dense) return { records: last - first + 1, first, last };
    const whole = from <= frame.baseOffset && until > frame.lastOffset;
    if (whole && !needsFirst) return { records: frame.records, first, last };
  }
  const raw = await readFrame(store, frame);
  const total: Counted = { records: 0, first: -1, last: -1 };
  for (const header of walkBatches(raw, { topic: frame.topic, partition: frame.partition }).batches) {
    if (header.recordCount === 0 || header.lastOffset < from || header.baseOffset >= until) continue;
    await countBatch(raw, header, clipped, window, total);
  }
  return total;
}

async function countBatch(
  raw: Buffer,
  header: BatchHeader,
  { from, until }: ClippedFrame,
  window: ExtentOptions['timeWindow'],
  total: Counted,
): Promise<void> {
  const start = window?.start ?? Number.NEGATIVE_INFINITY;
  const end = window?.end ?? Number.POSITIVE_INFINITY;
  if (header.maxTimestamp < start) return;
  const count = (offset: number) => {
    if (total.records++ === 0) total.first = offset;
    total.last = offset;
  };
  const certain = window === undefined || (window.start === undefined && header.maxTimestamp <= end);
  const dense = header.lastOffsetDelta + 1 === header.recordCount;
  if (certain && dense) {
    const first = Math.max(from, header.baseOffset);
    const last = Math.min(until - 1, header.lastOffset);
    count(first);
    total.records += last - first;
    total.last = last;
    return;
  }
  try {
    const records = await decompressRecords(recordSection(raw, header), header.codec);
    const cursor = new RecordCursor(records, 0, records.length, header.recordCount);
    const appendTime = header.timestampType === 'LogAppendTime' ? header.maxTimestamp : undefined;
    while (cursor.next()) {
      const offset = header.baseOffset + cursor.offsetDelta;
      const timestamp = appendTime ?? header.baseTimestamp + cursor.timestampDelta;
      if (offset >= from && offset < until && timestamp >= start && timestamp <= end) count(offset);
    }
  } catch (error) {
    throw inBatch(error, header.baseOffset);
  }
}
