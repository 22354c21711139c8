import { createHash } from 'node:crypto';
import type { ObjectStore } from '../storage/object-store.ts';
import type { Frame } from './frame.ts';
import type { FrameTable } from './frame-table.ts';
import { readIndexTable, writeIndex } from './index-object.ts';
import type { IndexReference, SnapshotTopic } from './snapshot.ts';
import { SnapshotRows } from './snapshot-rows.ts';

/** A commit that would name more index objects has small ones merged. */
const MOST_INDEXES = 100;
/** So many are left by a merge: the next one is as many runs away, and each row is merged only a few times in its life. */
const INDEXES_AFTER = 50;
/** A merge holds the rows of what it merges in memory, some 100 bytes each. */
const MOST_FRAMES = 500_000;

/**
 * Keeps commits small however often they are taken. The old index objects stay, since older commits name them.
 * @param indexes what the next commit would name
 * @param topics what the next commit holds: frames that are no part of it are left out of a merged index
 * @returns what it should name instead
 */
export async function mergeIndexes(
  store: ObjectStore,
  runId: string,
  indexes: IndexReference[],
  topics: SnapshotTopic[],
): Promise<IndexReference[]> {
  const { merge, keep } = planMerge(indexes);
  if (merge.length === 0) return indexes;
  const tables: FrameTable[] = [];
  for (const reference of merge) tables.push(await readIndexTable(store, reference));
  const live = new LiveFrames(tables, topics);
  if (live.none) return keep;
  const shard = createHash('sha256')
    .update(merge.map(({ sha256 }) => sha256).join())
    .digest('hex')
    .slice(0, 12);
  return [...keep, await writeIndex(store, runId, `merged-${shard}`, live)];
}

/** Which index objects to merge: the smallest, so that large ones are seldom written again. Pure; the order is kept. */
export function planMerge(indexes: IndexReference[]): { merge: IndexReference[]; keep: IndexReference[] } {
  if (indexes.length <= MOST_INDEXES) return { merge: [], keep: indexes };
  const chosen = new Set<IndexReference>();
  let frames = 0;
  for (const reference of [...indexes].sort((a, b) => a.frames - b.frames)) {
    frames += reference.frames;
    if (chosen.size > indexes.length - INDEXES_AFTER || frames > MOST_FRAMES) break;
    chosen.add(reference);
  }
  if (chosen.size < 2) return { merge: [], keep: indexes };
  return {
    merge: indexes.filter((reference) => chosen.has(reference)),
    keep: indexes.filter((reference) => !chosen.has(reference)),
  };
}

/** The frames of the tables that belong to a snapshot, made anew each time they are asked for. */
class LiveFrames implements Iterable<Frame> {
  readonly #tables: FrameTable[];
  readonly #rows: SnapshotRows;

  constructor(tables: FrameTable[], topics: SnapshotTopic[]) {
    this.#tables = tables;
    this.#rows = new SnapshotRows(topics);
  }

  get none(): boolean {
    return this[Symbol.iterator]().next().done === true;
  }

  *[Symbol.iterator](): Generator<Frame> {
    for (const table of this.#tables) {
      for (const { row } of this.#rows.of(table)) yield table.frame(row);
    }
  }
}
