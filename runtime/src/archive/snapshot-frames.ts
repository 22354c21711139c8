import pLimit from 'p-limit';
import { MskBackupError } from '../errors.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import type { Frame } from './frame.ts';
import type { FrameTable } from './frame-table.ts';
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
}

/** What a snapshot holds of one partition. */
export interface PartitionFrames {
  partition: SnapshotPartition;
  /** Number of frames. */
  count: number;
  /** Exact for whole frames; of a clipped one no more than the offsets that count. */
  records: number;
  /** Of whole frames, clipped or not. */
  storedBytes: number;
  rawBytes: number;
  /** Offsets between the frames, of which there is no record: aborted transactions, markers, compaction, lost ranges. */
  uncovered: OffsetWindow[];
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
  { topics: wanted = () => true, partitions, includeExpired = false }: FrameSelection = {},
): { topics: TopicFrames[]; overlaps: Overlap[] } {
  const topics = snapshot.topics.filter(({ name }) => wanted(name));
  const selected = (partition: number) => partitions === undefined || partitions.includes(partition);
  const found = new Map<SnapshotPartition, PartitionRows>();
  for (const { partitions } of topics) {
    for (const partition of partitions) {
      if (selected(partition.partition)) found.set(partition, new PartitionRows(tables, partition, includeExpired));
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
  storedBytes = 0;
  rawBytes = 0;
  uncovered: OffsetWindow[] = [];
  readonly #tables: FrameTable[];
  readonly #start: number;
  readonly #table: number[] = [];
  readonly #row: number[] = [];
  readonly #from: number[] = [];
  readonly #until: number[] = [];
  /** Entries that count, in the order of the offsets. */
  #order = new Uint32Array();

  constructor(tables: FrameTable[], partition: SnapshotPartition, includeExpired: boolean) {
    this.#tables = tables;
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
      const table = this.#tables[this.#table[entry]!]!;
      const row = this.#row[entry]!;
      this.records += Math.min(table.records(row), until[entry]! - from[entry]!);
      this.storedBytes += table.storedLength(row);
      this.rawBytes += table.rawLength(row);
      sorted[this.count++] = entry;
    }
    if (end < this.partition.reached) this.uncovered.push({ from: end, until: this.partition.reached });
    this.#order = sorted.slice(0, this.count);
    return this;
  }

  frames(): ClippedFrame[] {
    return Array.from(this.#order, (entry) => this.#clipped(entry));
  }

  #clipped(entry: number): ClippedFrame {
    const frame = this.#tables[this.#table[entry]!]!.frame(this.#row[entry]!);
    return { frame, from: this.#from[entry]!, until: this.#until[entry]! };
  }

  #same(one: number, other: number): boolean {
    const [a, b] = [this.#tables[this.#table[one]!]!, this.#tables[this.#table[other]!]!];
    const [rowA, rowB] = [this.#row[one]!, this.#row[other]!];
    return a.position(rowA) === b.position(rowB) && a.packs[a.pack(rowA)]!.key === b.packs[b.pack(rowB)]!.key;
  }
}
