import { MskBackupError } from '../errors.ts';
import { BATCH_HEADER_BYTES, type BatchHeader } from './header.ts';
import type { OffsetRun } from './offset-runs.ts';
import type { ProduceOptions } from './produce-form.ts';
import { inBatch, RecordCursor } from './record-cursor.ts';
import { sourceHeaderCount, sourceHeaderTemplate } from './source-headers.ts';
import { type Cursor, readVarint, varintSize, writeVarint } from './varint.ts';

/** Uncompressed records to take over. */
export interface RecordSource {
  records: Buffer;
  count: number;
  baseOffset: number;
  baseTimestamp: number;
  /** The timestamp of every record, whatever they say themselves: of LogAppendTime batches. */
  appendTime: number | undefined;
}

/** Uncompressed records of one batch to be, numbered from 0 without gaps. */
export interface Assembled {
  /** 61 bytes of room for the header, then the records. */
  room: Buffer;
  count: number;
  baseTimestamp: number;
  maxTimestamp: number;
  /** Where the records come from. One run only when they are asked to be contiguous. */
  runs: OffsetRun[];
}

export function sourceOf(header: BatchHeader, records: Buffer): RecordSource {
  return {
    records,
    count: header.recordCount,
    baseOffset: header.baseOffset,
    baseTimestamp: header.baseTimestamp,
    appendTime: header.timestampType === 'LogAppendTime' ? header.maxTimestamp : undefined,
  };
}

/**
 * Copies the wanted records of all sources, numbering them anew and adding headers. Record objects are never made: of each
 * record only the numbers in front are read and written, the rest is moved as it is.
 *
 * Moving within one buffer (`copyWithin`) costs half of copying between two, so each source is first copied as a whole to
 * behind the place where its records go, as far behind as they can grow, and then taken forward record by record.
 *
 * @returns one; with `contiguous` one for each run of consecutive offsets; none when no record is wanted
 */
export function assemble(sources: readonly RecordSource[], options: ProduceOptions): Assembled[] {
  const baseTimestamp = sources[0]?.appendTime ?? sources[0]?.baseTimestamp ?? -1;
  const total = sources.reduce((sum, { count }) => sum + count, 0);
  const template = options.addHeaders === undefined ? undefined : sourceHeaderTemplate(options.addHeaders);
  const extraBytes = template?.bytes.length ?? 0;
  const growth = sources.map((source) => source.count * growthPerRecord(source, baseTimestamp, total, extraBytes));
  const needed = sources.reduce((sum, { records }, index) => sum + records.length + growth[index]!, 0);
  const bytes = workspace(BATCH_HEADER_BYTES + needed + extraBytes);
  const templateAt = BATCH_HEADER_BYTES + needed;
  template?.bytes.copy(bytes, templateAt);
  const mover: Mover = {
    bytes,
    view: new DataView(bytes.buffer, bytes.byteOffset),
    at: BATCH_HEADER_BYTES,
    baseTimestamp,
    from: options.from ?? 0,
    until: options.until ?? Number.MAX_SAFE_INTEGER,
    fromTimestamp: options.fromTimestamp ?? Number.NEGATIVE_INFINITY,
    untilTimestamp: options.untilTimestamp ?? Number.POSITIVE_INFINITY,
    addedCount: options.addHeaders === undefined ? 0 : sourceHeaderCount(options.addHeaders),
    templateAt,
    templateEnd: templateAt + extraBytes,
    offsetAt: template?.offsetAt ?? 0,
    timestampAt: template?.timestampAt ?? 0,
    contiguous: options.contiguous ?? false,
    startedAt: BATCH_HEADER_BYTES,
    count: 0,
    maxTimestamp: Number.NEGATIVE_INFINITY,
    runs: [],
    finished: [],
  };
  for (const [index, source] of sources.entries()) {
    try {
      move(mover, source, mover.at + growth[index]!);
    } catch (error) {
      throw inBatch(error, source.baseOffset);
    }
  }
  if (mover.count > 0) finish(mover);
  return mover.finished;
}

/** Takes what was moved out of the workspace and begins anew behind it. */
function finish(mover: Mover): void {
  const { bytes, startedAt, at, count, baseTimestamp, maxTimestamp, runs } = mover;
  const room = Buffer.allocUnsafeSlow(BATCH_HEADER_BYTES + at - startedAt);
  bytes.copy(room, BATCH_HEADER_BYTES, startedAt, at);
  mover.finished.push({ room, count, baseTimestamp, maxTimestamp, runs });
  mover.startedAt = at;
  mover.count = 0;
  mover.maxTimestamp = Number.NEGATIVE_INFINITY;
  mover.runs = [];
}

const KEPT_WORKSPACE_BYTES = 4 * 1024 * 1024;
let kept: Buffer = Buffer.alloc(0);

/** Used until the end of the turn only, so one is enough, and the result gets a buffer of exactly its size. */
function workspace(size: number): Buffer {
  if (size > KEPT_WORKSPACE_BYTES) return Buffer.allocUnsafeSlow(size);
  if (kept.length < size) kept = Buffer.allocUnsafeSlow(Math.min(size * 2, KEPT_WORKSPACE_BYTES));
  return kept;
}

interface Mover {
  readonly bytes: Buffer;
  /** Of the same bytes: faster than the methods of Buffer for the values of added headers. */
  readonly view: DataView;
  /** Where the next record goes. */
  at: number;
  readonly baseTimestamp: number;
  readonly from: number;
  readonly until: number;
  readonly fromTimestamp: number;
  readonly untilTimestamp: number;
  readonly addedCount: number;
  readonly templateAt: number;
  readonly templateEnd: number;
  readonly offsetAt: number;
  readonly timestampAt: number;
  readonly contiguous: boolean;
  /** Where the records of the batch in the making begin, and what is known of them. */
  startedAt: number;
  count: number;
  maxTimestamp: number;
  runs: OffsetRun[];
  readonly finished: Assembled[];
}

/**
 * By how many bytes a record can grow: the number of bytes of a sum is at most one more than that of the larger part.
 */
function growthPerRecord(source: RecordSource, baseTimestamp: number, total: number, extraBytes: number): number {
  const shift = (source.appendTime ?? source.baseTimestamp) - baseTimestamp;
  const timestamp = varintSize(shift);
  const offset = varintSize(total) - 1;
  const headers = extraBytes === 0 ? 0 : extraBytes + 1;
  return timestamp + offset + headers + varintSize(timestamp + offset + headers);
}

/** The hot loop of every restore that changes records. */
function move(mover: Mover, source: RecordSource, sourceAt: number): void {
  const { bytes, baseTimestamp, from, until, fromTimestamp, untilTimestamp, addedCount, contiguous } = mover;
  const { appendTime, baseOffset } = source;
  refuseInexact(source);
  source.records.copy(bytes, sourceAt);
  const records = new RecordCursor(bytes, sourceAt, sourceAt + source.records.length, source.count);
  let { at, count, maxTimestamp } = mover;
  let run = mover.runs[mover.runs.length - 1] ?? { from: -1, until: -1 };
  while (records.next()) {
    const offset = baseOffset + records.offsetDelta;
    const timestamp = appendTime ?? source.baseTimestamp + records.timestampDelta;
    if (offset < from || offset >= until || timestamp < fromTimestamp || timestamp >= untilTimestamp) continue;
    if (run.until !== offset) {
      if (contiguous && count > 0) {
        mover.at = at;
        mover.count = count;
        mover.maxTimestamp = maxTimestamp;
        finish(mover);
        count = 0;
        maxTimestamp = Number.NEGATIVE_INFINITY;
      }
      run = { from: offset, until: offset };
      mover.runs.push(run);
    }
    run.until++;
    const { attributes, bodyStart, end } = records;
    const timestampDelta = timestamp - baseTimestamp;
    const length = 1 + varintSize(timestampDelta) + varintSize(count) + end - bodyStart;
    if (addedCount === 0) {
      at = writePrefix(bytes, at, length, attributes, timestampDelta, count);
      bytes.copyWithin(at, bodyStart, end);
      at += end - bodyStart;
    } else {
      at = moveWithHeaders(mover, records, at, length, timestampDelta, count, offset, timestamp);
    }
    count++;
    if (timestamp > maxTimestamp) maxTimestamp = timestamp;
  }
  mover.at = at;
  mover.count = count;
  mover.maxTimestamp = maxTimestamp;
}

function writePrefix(
  bytes: Buffer,
  start: number,
  length: number,
  attributes: number,
  timestampDelta: number,
  offsetDelta: number,
): number {
  const at = writeVarint(bytes, length, start);
  bytes[at] = attributes;
  return writeVarint(bytes, offsetDelta, writeVarint(bytes, timestampDelta, at + 1));
}

const headerCursor: Cursor = { at: 0 };

/** @param length of the record without added headers */
function moveWithHeaders(
  mover: Mover,
  record: RecordCursor,
  start: number,
  length: number,
  timestampDelta: number,
  offsetDelta: number,
  offset: number,
  timestamp: number,
): number {
  const { bytes, templateAt, templateEnd, addedCount } = mover;
  const { attributes, bodyStart, end } = record;
  headerCursor.at = record.findHeaders();
  const countAt = headerCursor.at - bodyStart;
  const count = readVarint(bytes, headerCursor) + addedCount;
  const headersAt = headerCursor.at - bodyStart;
  const longer = varintSize(count) - (headersAt - countAt);
  const added = templateEnd - templateAt + longer;
  let at = writePrefix(bytes, start, length + added, attributes, timestampDelta, offsetDelta);
  bytes.copyWithin(at, bodyStart, end);
  // Rare: the number of headers takes more bytes now.
  if (longer !== 0) bytes.copyWithin(at + headersAt + longer, at + headersAt, at + end - bodyStart);
  writeVarint(bytes, count, at + countAt);
  at += end - bodyStart + longer;
  bytes.copyWithin(at, templateAt, templateEnd);
  writeInt64LE(mover.view, offset, at + mover.offsetAt);
  writeInt64LE(mover.view, timestamp, at + mover.timestampAt);
  return at + templateEnd - templateAt;
}

function writeInt64LE(view: DataView, value: number, at: number): void {
  view.setInt32(at, value, true);
  view.setInt32(at + 4, Math.floor(value / 4294967296), true);
}

function refuseInexact({ baseTimestamp, appendTime }: RecordSource): void {
  if (Number.isSafeInteger(appendTime ?? baseTimestamp)) return;
  throw new MskBackupError(
    'data',
    'OFFSET_TOO_LARGE',
    'timestamps beyond 2^53 ms cannot be changed; restore it without added headers and time windows',
  );
}
