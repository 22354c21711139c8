import type { Frame } from './frame.ts';
import type { SnapshotPartition } from './snapshot.ts';

/** A frame that a pack says it has, and when the run that wrote it began. */
export interface FoundFrame {
  frame: Frame;
  /** ISO 8601, UTC. */
  createdAt: string;
}

/**
 * One partition from the frames in the packs, whatever runs they are of. Runs that never committed left frames that overlap
 * others: within a generation both have the same batches, so the frames are chosen that together hold the most records, and
 * of equals the later run's. A newer generation counts from its first frame on, as it does in a commit. Pure.
 * @param found frames of one partition of one topic id
 */
export function rebuildPartition(
  partition: number,
  found: FoundFrame[],
): { partition: SnapshotPartition; frames: Frame[] } {
  const byGeneration = Map.groupBy(found, ({ frame }) => frame.generation);
  const generations = [...byGeneration]
    .sort(([a], [b]) => a - b)
    .map(([generation, frames]) => ({ generation, frames: mostRecords(frames) }));
  const windows: SnapshotPartition['generations'] = [];
  for (const { generation, frames } of generations) {
    const from = frames[0]!.baseOffset;
    // Older ones end where this one begins; those that begin later are replaced as a whole.
    while ((windows.at(-1)?.from ?? -1) >= from) windows.pop();
    const last = windows.at(-1);
    if (last !== undefined) last.until = from;
    windows.push({ generation, from });
  }
  const newest = generations.at(-1);
  const reached = newest === undefined ? 0 : newest.frames.at(-1)!.lastOffset + 1;
  const kept = new Set(windows.map(({ generation }) => generation));
  return {
    partition: {
      partition,
      logStart: windows[0]?.from ?? 0,
      cut: reached,
      highWatermark: reached,
      reached,
      leaderEpoch: -1,
      generations: windows.length === 0 ? [{ generation: 0, from: 0 }] : windows,
      lost: [],
      aborted: { batches: 0, records: 0 },
    },
    frames: generations.flatMap(({ generation, frames }) => (kept.has(generation) ? frames : [])),
  };
}

/** Of frames that may overlap, those without overlap that hold the most records: weighted interval scheduling. */
function mostRecords(found: FoundFrame[]): Frame[] {
  // Of frames with the same offsets the later run's comes last, and the last of equals is taken.
  const sorted = found.toSorted(
    (a, b) =>
      a.frame.lastOffset - b.frame.lastOffset ||
      a.frame.baseOffset - b.frame.baseOffset ||
      (a.createdAt < b.createdAt ? -1 : 1),
  );
  const ends = sorted.map(({ frame }) => frame.lastOffset);
  /** Most records of the first n frames; the number of frames that end before the n-th begins. */
  const most = [0];
  const before: number[] = [];
  for (const [n, { frame }] of sorted.entries()) {
    const fits = countBelow(ends, frame.baseOffset, n);
    before.push(fits);
    most.push(Math.max(most[n]!, most[fits]! + frame.records));
  }
  const chosen: Frame[] = [];
  for (let n = sorted.length; n > 0; ) {
    const { frame } = sorted[n - 1]!;
    if (most[before[n - 1]!]! + frame.records < most[n]!) n--;
    else {
      chosen.push(frame);
      n = before[n - 1]!;
    }
  }
  return chosen.reverse();
}

/** How many of the first `length` ascending numbers are below the limit. */
function countBelow(ascending: number[], limit: number, length: number): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ascending[middle]! < limit) low = middle + 1;
    else high = middle;
  }
  return low;
}
