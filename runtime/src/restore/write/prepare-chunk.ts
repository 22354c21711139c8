import type { BatchHeader } from '../../batch/header.ts';
import { groupBatches } from '../../batch/merge.ts';
import { needsRebuild, type ProduceOptions } from '../../batch/produce-form.ts';
import { rebuildBatches, type StoredBatch } from '../../batch/rebuild.ts';
import { type SourceHeaders, sourceHeaderBytes } from '../../batch/source-headers.ts';
import { type TimeBounds, windowVerdict } from '../../batch/time-window.ts';
import type { OpenFrame } from './chunk.ts';
import type { OutgoingBatch } from './outgoing.ts';

export interface PrepareOptions {
  /** What the target takes at most, in bytes. */
  maxBatchBytes: number;
  /** Small neighbours are put together up to this size, in bytes. */
  mergeBytes: number;
  /** And up to this many records, about. */
  mergeRecords: number;
  /** Compressed batches of this size or more go as they are, in bytes: see merge-sizes.ts. */
  aloneBytes: number;
  /** Headers to add to every record. */
  headers?: SourceHeaders;
  /** Only records of these times. */
  times?: TimeBounds;
  /** Batches hold consecutive offsets of the source only, so that records can keep them. */
  contiguous?: boolean;
}

export interface PreparedBatch extends Omit<OutgoingBatch, 'acknowledged'> {
  /** Archived bytes that are done with once it is acknowledged. */
  sourceBytes: number;
}

export interface PreparedChunk {
  /** In the order of the offsets. */
  batches: PreparedBatch[];
  /** The archived batches that hold records to restore. */
  counted: BatchHeader[];
  /** Records of the chunk by the index; of frames that are cut, by the batches' headers; of a batch that is cut, as made. */
  expectedRecords: number;
  /** Archived batches behind the last one that put anything into the target. */
  leftOver: LeftOver;
}

/** Archived batches that put nothing into the target: their CRC fields, and their bytes. */
export interface LeftOver {
  crcs: number[];
  sourceBytes: number;
}

/**
 * Makes of archived batches what a broker takes. Most go untouched, or put together with their neighbours; those with
 * holes, append times, headers to add, or more bytes than the target takes are made anew.
 */
export async function prepareChunk(frames: OpenFrame[], options: PrepareOptions): Promise<PreparedChunk> {
  const chunk: PreparedChunk = { batches: [], counted: [], expectedRecords: 0, leftOver: { crcs: [], sourceBytes: 0 } };
  // Whole frames need no window, so their batches may be put together across frames.
  let whole: Stored[] = [];
  for (const frame of frames) {
    const stored = frame.batches.map((header) => ({ buffer: frame.raw, header }));
    if (isWhole(frame) && options.times === undefined) {
      whole.push(...stored);
      chunk.expectedRecords += frame.frame.records;
      continue;
    }
    await prepareRun(whole, options, {}, chunk);
    whole = [];
    await prepareCut(frame, options, chunk);
  }
  await prepareRun(whole, options, {}, chunk);
  return chunk;
}

/** With `unwanted` set it is accounted for, and puts nothing into the target. */
interface Stored extends StoredBatch {
  unwanted?: boolean;
}

/**
 * Only part of the frame counts. A batch that the window of offsets or times cuts goes by itself: how many of its records
 * lie inside is known only afterwards. Of all others the headers say it, so that what is made of them is checked.
 */
async function prepareCut(frame: OpenFrame, options: PrepareOptions, chunk: PreparedChunk): Promise<void> {
  const { from, until, raw } = frame;
  let run: Stored[] = [];
  for (const header of frame.batches) {
    const verdict = await verdictOn(header, frame, options);
    if (verdict !== 'cut') {
      run.push({ buffer: raw, header, unwanted: verdict === 'outside' });
      if (verdict === 'inside') chunk.expectedRecords += header.recordCount;
      continue;
    }
    await prepareRun(run, options, {}, chunk);
    run = [];
    const before = chunk.batches.length;
    await prepareRun([{ buffer: raw, header }], options, { from, until, ...options.times }, chunk);
    for (const { records } of chunk.batches.slice(before)) chunk.expectedRecords += records;
  }
  await prepareRun(run, options, {}, chunk);
}

async function verdictOn(header: BatchHeader, { from, until, raw }: OpenFrame, { times }: PrepareOptions) {
  const { baseOffset, lastOffset } = header;
  if (lastOffset < from || baseOffset >= until) return 'outside';
  const byTime = times === undefined ? 'inside' : await windowVerdict(raw, header, times);
  return byTime === 'inside' && (from > baseOffset || until <= lastOffset) ? 'cut' : byTime;
}

function isWhole({ frame, from, until }: OpenFrame): boolean {
  return from <= frame.baseOffset && until > frame.lastOffset;
}

/** A batch that puts records into the target, with those before it that do not. */
interface Item extends StoredBatch {
  crcs: number[];
  sourceBytes: number;
}

async function prepareRun(
  run: Stored[],
  options: PrepareOptions,
  window: TimeBounds & { from?: number; until?: number },
  chunk: PreparedChunk,
): Promise<void> {
  const produce: ProduceOptions = {
    ...window,
    maxBytes: options.maxBatchBytes,
    ...(options.contiguous && { contiguous: true }),
    ...(options.headers !== undefined && { addHeaders: options.headers }),
  };
  const { items, trailing } = itemsOf(run, produce, chunk);
  let carried: LeftOver = { crcs: [], sourceBytes: 0 };
  for (const group of groupItems(items, options)) {
    const made = await produceForm(group, produce);
    const accounted = accountFor([carried, ...group]);
    carried = { crcs: [], sourceBytes: 0 };
    const last = made.pop();
    for (const batch of made) chunk.batches.push({ ...batch, crcs: [], sourceBytes: 0 });
    if (last !== undefined) chunk.batches.push({ ...last, ...accounted });
    else carried = accounted;
  }
  chunk.leftOver = accountFor([carried, trailing]);
}

function accountFor(parts: LeftOver[]): LeftOver {
  return {
    crcs: parts.flatMap(({ crcs }) => crcs),
    sourceBytes: parts.reduce((sum, { sourceBytes }) => sum + sourceBytes, 0),
  };
}

/** Takes the batches that hold wanted records; each accounts for the unwanted ones before it. */
function itemsOf(run: Stored[], produce: ProduceOptions, chunk: PreparedChunk): { items: Item[]; trailing: LeftOver } {
  const items: Item[] = [];
  let waiting = chunk.leftOver;
  for (const { header, buffer, unwanted } of run) {
    waiting.crcs.push(header.crc);
    waiting.sourceBytes += header.end - header.start;
    if (unwanted || needsRebuild(header, produce) === 'empty') continue;
    items.push({ header, buffer, ...waiting });
    waiting = { crcs: [], sourceBytes: 0 };
    chunk.counted.push(header);
  }
  return { items, trailing: waiting };
}

function* groupItems(items: Item[], options: PrepareOptions): Generator<Item[]> {
  const bytes = items.reduce((sum, { header }) => sum + header.end - header.start, 0);
  const records = items.reduce((sum, { header }) => sum + header.recordCount, 0);
  // A batch that outgrows the target's limit would be taken apart again, which costs as much as putting it together.
  const grown = bytes + headerBytes(items, options);
  const target = bytes * Math.min(options.mergeBytes / Math.max(1, grown), options.mergeRecords / Math.max(1, records));
  let at = 0;
  while (at < items.length) {
    let small = at;
    while (small < items.length && !goesAlone(items[small]!.header, options)) small++;
    const headers = items.slice(at, small).map(({ header }) => header);
    const { contiguous = false } = options;
    const groups = small === at ? [[items[at]!.header]] : groupBatches(headers, target, { contiguous });
    for (const { length } of groups) {
      yield items.slice(at, at + length);
      at += length;
    }
  }
}

/** What the added headers take. Compressed they are next to nothing, since their names repeat. */
function headerBytes(items: Item[], { headers }: PrepareOptions): number {
  if (headers === undefined) return 0;
  const each = sourceHeaderBytes(headers);
  return items.reduce((sum, { header }) => sum + (header.codec === 'none' ? header.recordCount * each : 0), 0);
}

function goesAlone({ codec, start, end }: BatchHeader, { aloneBytes }: PrepareOptions): boolean {
  return codec !== 'none' && end - start >= aloneBytes;
}

type Made = Pick<OutgoingBatch, 'bytes' | 'records' | 'runs'>;

async function produceForm(group: Item[], produce: ProduceOptions): Promise<Made[]> {
  const [first] = group;
  if (first === undefined) return [];
  if (group.length === 1 && needsRebuild(first.header, produce) === undefined) {
    const { buffer, header } = first;
    return [
      {
        bytes: buffer.subarray(header.start, header.end),
        records: header.recordCount,
        runs: [{ from: header.baseOffset, until: header.lastOffset + 1 }],
      },
    ];
  }
  return rebuildBatches(group, produce);
}
