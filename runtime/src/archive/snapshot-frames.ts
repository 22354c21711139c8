import pLimit from 'p-limit';
import type { TimeWindow } from '../batch/time-window.ts';
import { MskBackupError } from '../errors.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import type { Frame } from './frame.ts';
import type { FrameTable } from './frame-table.ts';
import { type FrameVerdict, frameVerdict } from './frame-time.ts';
import { readIndexTable } from './index-object.ts';
import type { Snapshot, SnapshotPartition, SnapshotTopic } from './snapshot.ts';
import { SnapshotRows } from './snapshot-rows.ts';

/** Inclusive, exclusive. */
export interface OffsetWindow {
  from: number;
  until: number;
}

/** A frame, and the offsets of it that count: batches and records outside are not part of what was asked for. */
export interface ClippedFrame extends OffsetWindow {
  frame: Frame;
  /** Set when records outside the window of time may be in it. */
  mayBeCutByTime?: true;
}

/** What a snapshot holds of one partition. */
export interface PartitionFrames {
  partition: SnapshotPartition;
  /** Number of frames. */
  count: number;
  /** Exact, or with `mayBeCut` an upper bound. */
  records: number;
  /** The window of time or the offsets that count cut through frames, or may, and the index does not say how many records lie inside. */
  mayBeCut: boolean;
  /** Of whole frames, clipped or not. */
  storedBytes: number;
  rawBytes: number;
  /** Offsets between the frames, of which there is no record: aborted transactions, markers, compaction, lost ranges. */
  uncovered: OffsetWindow[];
  /** Offsets of the frames that the window of time leaves out: there may be records, none of them wanted. */
  leftOut: OffsetWindow[];
  /** These frames; none of the other counts has them. */
  skipped: { frames: number; storedBytes: number };
  /** In the order of the offsets. Made anew by each call, because all frames of a large archive at once need memory. */
  frames(): ClippedFrame[];
}

export interface TopicFrames {
  topic: SnapshotTopic;
  /** Every partition that was asked for, also those without frames. */
  partitions: PartitionFrames[];
}

/** Two frames of one partition that claim the same offsets. */
export interface Overlap {
  topic: string;
  partition: number;
  first: ClippedFrame;
  second: ClippedFrame;
}

export interface FrameSelection {
  /** Default all. */
  topics?: (name: string) => boolean;
  /** Default all. */
  partitions?: readonly number[];
  /** With what lay below the log start at the cut, as far as the archive holds it. Default false. */
  includeExpired?: boolean;
  /** Frames that cannot hold a record of this time are left out; see `frameVerdict`. Default all times. */
  timeWindow?: TimeWindow;
}

const READS_AT_ONCE = 8;

/**
 * The frames that make up the snapshot.
 * @throws MskBackupError kind `data`: `INDEX_MISSING`, `INDEX_DAMAGED`, `FRAMES_OVERLAP`
 */
export async function framesOf(
  store: ObjectStore,
  snapshot: Snapshot,
  selection: FrameSelection = {},
): Promise<TopicFrames[]> {
  const limit = pLimit(READS_AT_ONCE);
  const tables = await limit.map(snapshot.indexes, (reference) => readIndexTable(store, reference));
  const { topics, overlaps } = selectFrames(tables, snapshot, selection);
  if (overlaps.length > 0) throw new MskBackupError('data', 'FRAMES_OVERLAP', overlapMessage(overlaps[0]!));
  return topics;
}

export function overlapMessage({ topic, partition, first, second }: Overlap): string {
  return (
    `topic ${topic}, partition ${partition}: ${second.frame.pack} and ${first.frame.pack} both hold offsets ` +
    `${second.from} to ${Math.min(first.until, second.until) - 1}; use an older snapshot, or a replica of the archive`
  );
}

/** As `framesOf`, from index tables that were read before. Pure. */
export function selectFrames(
  tables: FrameTable[],
  snapshot: Snapshot,
  { topics: wanted = () => true, partitions, includeExpired = false, timeWindow = {} }: FrameSelection = {},
): { topics: TopicFrames[]; overlaps: Overlap[] } {
  const topics = snapshot.topics.filter(({ name }) => wanted(name));
  const selected = (partition: number) => partitions === undefined || partitions.includes(partition);
  const found = new Map<SnapshotPartition, PartitionRows>();
  for (const { partitions } of topics) {
    for (const partition of partitions) {
      if (!selected(partition.partition)) continue;
      found.set(partition, new PartitionRows(tables, partition, includeExpired, timeWindow));
    }
  }
  const rows = new SnapshotRows(topics);
  for (const [number, table] of tables.entries()) {
    rows.visit(table, (row, _topic, partition, from, until) => found.get(partition)?.add(number, row, from, until));
  }
  const overlaps: Overlap[] = [];
  return {
    topics: topics.map((topic) => ({
      topic,
      partitions: topic.partitions
        .filter(({ partition }) => selected(partition))
        .map((partition) => found.get(partition)!.finish(topic.name, overlaps)),
    })),
    overlaps,
  };
}

/** Gathers one partition's rows as plain numbers, in columns, until somebody asks for the frames. */
class PartitionRows implements PartitionFrames {
  readonly partition: SnapshotPartition;
  count = 0;
  records = 0;
  mayBeCut = false;
  storedBytes = 0;
  rawBytes = 0;
  uncovered: OffsetWindow[] = [];
  leftOut: OffsetWindow[] = [];
  skipped = { frames: 0, storedBytes: 0 };
  readonly #window: TimeWindow;
  readonly #tables: FrameTable[];
  readonly #start: number;
  readonly #table: number[] = [];
  readonly #row: number[] = [];
  readonly #from: number[] = [];
  readonly #until: number[] = [];
  /** Entries that count, in the order of the offsets. */
  #order = new Uint32Array();

  constructor(tables: FrameTable[], partition: SnapshotPartition, includeExpired: boolean, window: TimeWindow) {
    this.#tables = tables;
    this.#window = window;
    this.partition = partition;
    this.#start = includeExpired
      ? Math.min(partition.logStart, ...partition.generations.map(({ from }) => from))
      : partition.logStart;
  }

  add(table: number, row: number, from: number, until: number): void {
    if (until <= this.#start) return;
    this.#table.push(table);
    this.#row.push(row);
    this.#from.push(Math.max(from, this.#start));
    this.#until.push(until);
  }

  finish(topic: string, overlaps: Overlap[]): this {
    const [from, until] = [this.#from, this.#until];
    const sorted = Uint32Array.from(from.keys()).sort((a, b) => from[a]! - from[b]! || until[a]! - until[b]!);
    let end = this.#start;
    let last: number | undefined;
    for (const entry of sorted) {
      if (last !== undefined && from[entry]! < until[last]!) {
        // A merged index and one that it was made of may both be named.
        if (this.#same(last, entry)) continue;
        const [first, second] = [this.#clipped(last), this.#clipped(entry)];
        overlaps.push({ topic, partition: this.partition.partition, first, second });
      }
      if (from[entry]! > end) this.uncovered.push({ from: end, until: from[entry]! });
      if (until[entry]! >= end) last = entry;
      end = Math.max(end, until[entry]!);
      const verdict = this.#verdict(entry);
      if (verdict === 'outside') {
        this.#skip(entry);
        continue;
      }
      this.#count(entry);
      if (verdict === 'maybe') this.mayBeCut = true;
      sorted[this.count++] = entry;
    }
    if (end < this.partition.reached) this.uncovered.push({ from: end, until: this.partition.reached });
    this.#order = sorted.slice(0, this.count);
    return this;
  }

  #count(entry: number): void {
    const table = this.#tables[this.#table[entry]!]!;
    const row = this.#row[entry]!;
    const records = table.records(row);
    const offsets = this.#until[entry]! - this.#from[entry]!;
    const all = table.lastOffset(row) - table.baseOffset(row) + 1;
    this.records += Math.min(records, offsets);
    // Without holes the offsets are the records.
    if (offsets < all && records < all) this.mayBeCut = true;
    this.storedBytes += table.storedLength(row);
    this.rawBytes += table.rawLength(row);
  }

  #skip(entry: number): void {
    const [from, until] = [this.#from[entry]!, this.#until[entry]!];
    const last = this.leftOut.at(-1);
    if (last?.until === from) last.until = until;
    else this.leftOut.push({ from, until });
    this.skipped.frames++;
    this.skipped.storedBytes += this.#tables[this.#table[entry]!]!.storedLength(this.#row[entry]!);
  }

  frames(): ClippedFrame[] {
    return Array.from(this.#order, (entry) => this.#clipped(entry));
  }

  #clipped(entry: number): ClippedFrame {
    const frame = this.#tables[this.#table[entry]!]!.frame(this.#row[entry]!);
    const clipped = { frame, from: this.#from[entry]!, until: this.#until[entry]! };
    return this.#verdict(entry) === 'maybe' ? { ...clipped, mayBeCutByTime: true } : clipped;
  }

  #verdict(entry: number): FrameVerdict {
    const table = this.#tables[this.#table[entry]!]!;
    const row = this.#row[entry]!;
    const times = { minTimestamp: table.minTimestamp(row), maxTimestamp: table.maxTimestamp(row) };
    return frameVerdict(times, this.#window);
  }

  #same(one: number, other: number): boolean {
    const [a, b] = [this.#tables[this.#table[one]!]!, this.#tables[this.#table[other]!]!];
    const [rowA, rowB] = [this.#row[one]!, this.#row[other]!];
    return a.position(rowA) === b.position(rowB) && a.packs[a.pack(rowA)]!.key === b.packs[b.pack(rowB)]!.key;
  }
}
