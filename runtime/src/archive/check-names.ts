import type { ObjectStore } from '../storage/object-store.ts';
import type { Finding } from './finding.ts';
import type { Inventory, NeededPack } from './inventory.ts';
import type { Snapshot } from './snapshot.ts';
import { overlapMessage, selectFrames } from './snapshot-frames.ts';

/** A needed pack that is missing or has not the size that the index says. */
export function wrongSize(store: ObjectStore, { key, expectedSize, foundSize, topic, rows }: NeededPack): Finding {
  const frames = rows.map(({ table, row }) => table.frame(row));
  const held = new Map<number, { from: number; until: number }>();
  for (const { partition, baseOffset, lastOffset } of frames) {
    const { from, until } = held.get(partition) ?? { from: baseOffset, until: 0 };
    held.set(partition, { from: Math.min(from, baseOffset), until: Math.max(until, lastOffset + 1) });
  }
  const some = [...held]
    .slice(0, 3)
    .map(([partition, { from, until }]) => `${topic}[${partition}] ${from} to ${until - 1}`);
  const what = foundSize === undefined ? 'the pack is missing' : `the pack has ${foundSize} bytes, not ${expectedSize}`;
  const first = held.size === 1 ? { partition: frames[0]!.partition, ...held.get(frames[0]!.partition)! } : {};
  return {
    severity: 'error',
    code: foundSize === undefined ? 'PACK_MISSING' : foundSize < expectedSize ? 'PACK_TRUNCATED' : 'PACK_DAMAGED',
    object: key,
    topic,
    ...first,
    message: `${key} in ${store.location}: ${what} (offsets of ${some.join(', ')}${held.size > 3 ? ` and ${held.size - 3} partitions more` : ''}); copy it again from a replica of the archive`,
  };
}

/** Packs that no snapshot needs: ordinary, but they cost. Makes sense only when every commit and index could be read. */
export function reportUnused({ sizes, packs }: Inventory, report: (finding: Finding) => void): void {
  const needed = new Set(packs.map(({ key }) => key));
  let count = 0;
  let bytes = 0;
  for (const [key, size] of sizes) {
    if (needed.has(key) || !key.startsWith('packs/')) continue;
    count++;
    bytes += size;
  }
  if (count === 0) return;
  const message = `${count} ${count === 1 ? 'pack' : 'packs'} with ${bytes} bytes are part of no snapshot: a run is writing them now, was ended hard, or their history was replaced`;
  report({ severity: 'info', code: 'PACKS_UNUSED', object: '', message });
}

/** Frames of the snapshot that claim the same offsets; once, however many snapshots have them. */
export function reportOverlaps({ tables }: Inventory, snapshot: Snapshot, findings: Finding[]): void {
  const present = snapshot.indexes.flatMap(({ key }) => tables.get(key) ?? []);
  for (const overlap of selectFrames(present, snapshot, { includeExpired: true }).overlaps) {
    const { topic, partition, first, second } = overlap;
    const message = overlapMessage(overlap);
    if (findings.some((known) => known.message === message)) continue;
    const until = Math.min(first.until, second.until);
    const object = second.frame.pack;
    findings.push({
      severity: 'error',
      code: 'FRAMES_OVERLAP',
      object,
      topic,
      partition,
      from: second.from,
      until,
      message,
    });
  }
}
