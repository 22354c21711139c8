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
const MOST_FRAMES = 250_000;

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
  const live = liveRows(tables, topics);
  if (live.every(({ length }) => length === 0)) return keep;
  const shard = createHash('sha256')
    .update(merge.map(({ sha256 }) => sha256).join())
    .digest('hex')
    .slice(0, 12);
  return [...keep, await writeIndex(store, runId, `merged-${shard}`, framesOf(tables, live))];
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

/** Rows of each table that belong to a snapshot. */
function liveRows(tables: FrameTable[], topics: SnapshotTopic[]): number[][] {
  const rows = new SnapshotRows(topics);
  return tables.map((table) => {
    const live: number[] = [];
    rows.visit(table, (row) => live.push(row));
    return live;
  });
}

/** The frames in those rows, made anew for each iteration: all at once need memory. */
function framesOf(tables: FrameTable[], rows: number[][]): Iterable<Frame> {
  return {
    *[Symbol.iterator]() {
      for (const [n, table] of tables.entries()) for (const row of rows[n]!) yield table.frame(row);
    },
  };
}
