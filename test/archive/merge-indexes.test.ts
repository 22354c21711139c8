import { describe, expect, test } from 'vitest';
import { commitKey, writeCommit } from '../../runtime/src/archive/commits.ts';
import { openArchive } from '../../runtime/src/archive/format-file.ts';
import { readIndex, writeIndex } from '../../runtime/src/archive/index-object.ts';
import { mergeIndexes, planMerge } from '../../runtime/src/archive/merge-indexes.ts';
import type { IndexReference } from '../../runtime/src/archive/snapshot.ts';
import { framesOf } from '../../runtime/src/archive/snapshot-frames.ts';
import { CLUSTER, metadata, partition, snapshot, temporaryStore, writePack } from './fixture.ts';

// Hundreds of files, each made durable before the next.
test('300 commits stay small, and the last one holds everything', { timeout: 60_000 }, async () => {
  const { store } = await temporaryStore();
  const { id } = await openArchive(store, { clusterId: CLUSTER });
  let indexes: IndexReference[] = [];
  let rowsWritten = 0;
  const specs = Array.from({ length: 300 }, (_, n) => ({ at: [n * 10] }));
  const frames = await writePack(store, metadata(id, 'run-0'), 0, specs);
  const sizes: number[] = [];
  for (let n = 0; n < 300; n++) {
    indexes.push(await writeIndex(store, `run-${n}`, 0, [frames[n]!]));
    const before = new Set(indexes);
    const next = snapshot(n, id, [], [partition(0, (n + 1) * 10)]);
    indexes = await mergeIndexes(store, `run-${n}`, indexes, next.topics);
    for (const reference of indexes) if (!before.has(reference)) rowsWritten += reference.frames;
    next.indexes = [...indexes];
    await writeCommit(store, next);
    sizes.push((await store.size(commitKey(n)))!);
  }
  expect(indexes.length).toBeLessThanOrEqual(100);
  expect(Math.max(...sizes)).toBeLessThan(25_000);
  // Each frame is written again only a few times.
  expect(rowsWritten).toBeLessThan(600);
  const last = snapshot(299, id, indexes, [partition(0, 3000)]);
  const [all] = (await framesOf(store, last))[0]!.partitions;
  expect(all).toMatchObject({ count: 300, records: 3000, uncovered: [] });
});

describe('a merged index', () => {
  test('leaves out frames that are no part of the snapshot', async () => {
    const { store } = await temporaryStore();
    const indexes: IndexReference[] = [];
    for (let n = 0; n < 101; n++) {
      const topicId = n < 30 ? 'BBBBBBBBQBCAAAAAAAAAAg' : undefined;
      const frames = await writePack(store, metadata('archive', `run-${n}`, 'orders', topicId), 0, [
        { at: [n * 10], generation: n < 40 ? 0 : 1 },
      ]);
      indexes.push(await writeIndex(store, `run-${n}`, 0, frames));
    }
    const part = partition(0, 1010, { generations: [{ generation: 1, from: 300 }] });
    const { topics } = snapshot(0, 'archive', [], [part]);
    const merged = await mergeIndexes(store, 'run', indexes, topics);
    const rows = await readIndex(store, merged.at(-1)!);
    expect(rows.map(({ generation }) => generation)).toEqual(rows.map(() => 1));
    const frames = await framesOf(store, snapshot(0, 'archive', merged, [part]));
    expect(frames[0]!.partitions[0]!.count).toBe(61);
  });
});

describe('planMerge', () => {
  const of = (...frames: number[]): IndexReference[] =>
    frames.map((count, n) => ({ key: `index/${n}.idx`, size: 1, sha256: '', frames: count }));

  test('does nothing up to 100 objects', () => {
    expect(planMerge(of(...Array(100).fill(5))).merge).toEqual([]);
  });

  test('takes the smallest, so that 50 are left', () => {
    const indexes = of(...Array(60).fill(1000), ...Array(41).fill(1));
    const { merge, keep } = planMerge(indexes);
    expect(merge.filter(({ frames }) => frames === 1)).toHaveLength(41);
    expect(keep.length + 1).toBe(50);
    expect([...keep, ...merge]).toHaveLength(101);
  });

  test('leaves large ones alone', () => {
    expect(planMerge(of(...Array(101).fill(400_000))).merge).toEqual([]);
  });
});
