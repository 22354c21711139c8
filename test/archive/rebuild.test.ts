import { cp, readFile, rm, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { newestCommit } from '../../runtime/src/archive/commits.ts';
import { openArchive, readArchive } from '../../runtime/src/archive/format-file.ts';
import type { Frame } from '../../runtime/src/archive/frame.ts';
import { rebuildFromPacks } from '../../runtime/src/archive/rebuild.ts';
import { rebuildPartition } from '../../runtime/src/archive/rebuild-partition.ts';
import { framesOf, type TopicFrames } from '../../runtime/src/archive/snapshot-frames.ts';
import { verifyArchive } from '../../runtime/src/archive/verify.ts';
import { openStore } from '../../runtime/src/storage/open-store.ts';
import { CLUSTER, metadata, sampleArchive, temporaryStore, writePack } from './fixture.ts';

const all = (topics: TopicFrames[]) => topics.flatMap(({ partitions }) => partitions.map((one) => one.frames()));

describe('an archive rebuilt from packs alone', () => {
  test('has the same frames, id and topics', async () => {
    const { store: original, path, snapshots } = await sampleArchive();
    const { id } = await readArchive(original);
    const before = all(await framesOf(original, snapshots[1]!));
    for (const gone of ['FORMAT', 'commits', 'index']) await rm(join(path, gone), { recursive: true });
    const store = await openStore({ backend: 'filesystem', path, prefix: '' });
    const { snapshot, unreadable } = await rebuildFromPacks(store, { clusterId: CLUSTER });
    expect(unreadable).toEqual([]);
    expect(snapshot).toMatchObject({ sequence: 0, parent: null, kind: 'complete', archiveId: id, groups: [] });
    expect(await newestCommit(store)).toEqual(snapshot);
    expect(all(await framesOf(store, snapshot))).toEqual(before);
    const [topic] = snapshots[1]!.topics;
    expect(snapshot.topics[0]).toMatchObject({
      name: topic!.name,
      topicId: topic!.topicId,
      partitionCount: 2,
      replicationFactor: 3,
      config: topic!.config,
    });
    expect((await openArchive(store, { clusterId: CLUSTER })).id).toBe(id);
    expect((await verifyArchive(store, { depth: 'full' })).findings).toEqual([]);
  });

  test('takes the next free commit and leaves the others alone', async () => {
    const { store, path } = await sampleArchive();
    const before = await readFile(join(path, 'commits/0000000001.json'));
    expect((await rebuildFromPacks(store)).snapshot).toMatchObject({ sequence: 2, parent: 1 });
    expect(await readFile(join(path, 'commits/0000000001.json'))).toEqual(before);
  });

  test('takes what a dead run left once, and the last topic of a name', async () => {
    const { store } = await sampleArchive();
    const { id } = await readArchive(store);
    // Two runs that never committed: the same data in other frames, and one batch more.
    await writePack(store, { ...metadata(id, 'run-2'), createdAt: '2026-01-03T00:00:00.000Z' }, 0, [
      { at: [50] },
      { at: [60, 70] },
    ]);
    const old = {
      ...metadata(id, 'run-00', 'orders', 'BBBBBBBBQBCAAAAAAAAAAg'),
      createdAt: '2025-01-01T00:00:00.000Z',
    };
    await writePack(store, old, 0, [{ at: [500] }]);
    const { snapshot } = await rebuildFromPacks(store);
    const [first] = (await framesOf(store, snapshot))[0]!.partitions;
    expect(first!.frames().map(({ from, until }) => [from, until])).toEqual([
      [0, 20],
      [20, 40],
      [50, 60],
      [60, 80],
    ]);
    expect(snapshot.topics[0]!.partitions[0]).toMatchObject({ logStart: 0, reached: 80, cut: 80 });
  });

  test('tells of packs that cannot be read', async () => {
    const { store, path } = await sampleArchive();
    const key = 'packs/orders/run-1-000000.pack';
    await truncate(join(path, key), 100);
    const { snapshot, unreadable } = await rebuildFromPacks(store);
    expect(unreadable).toMatchObject([{ code: 'PACK_TRUNCATED', message: expect.stringContaining(key) }]);
    expect(snapshot.topics[0]!.partitions.map(({ reached }) => reached)).toEqual([40, 10]);
  });

  test('refuses another cluster, mixed archives, and a place without packs', async () => {
    const { store, path } = await sampleArchive();
    await expect(rebuildFromPacks(store, { clusterId: 'cluster-2' })).rejects.toMatchObject({
      code: 'ARCHIVE_OTHER_CLUSTER',
    });
    const other = await sampleArchive();
    await cp(join(other.path, 'packs/orders/run-0-000000.pack'), join(path, 'packs/orders/from-elsewhere.pack'));
    await expect(rebuildFromPacks(store)).rejects.toMatchObject({ code: 'ARCHIVES_MIXED' });
    await expect(rebuildFromPacks((await temporaryStore()).store)).rejects.toMatchObject({ code: 'ARCHIVE_MISSING' });
    expect((await newestCommit(store))!.sequence).toBe(1);
  });
});

describe('rebuildPartition', () => {
  const of = (run: string, baseOffset: number, lastOffset: number, generation = 0) => ({
    createdAt: run,
    frame: { pack: run, generation, baseOffset, lastOffset, records: lastOffset - baseOffset + 1 } as Frame,
  });
  const chosen = (...found: ReturnType<typeof of>[]) =>
    rebuildPartition(0, found).frames.map(({ pack, baseOffset, lastOffset }) => [pack, baseOffset, lastOffset]);

  test('keeps all that a commit held, whichever of two racing runs won', () => {
    const a = [of('a', 0, 99), of('a', 100, 199)];
    const b = [of('b', 0, 79), of('b', 80, 149)];
    const c = [of('c', 200, 250)];
    expect(chosen(...b, ...c, ...a)).toEqual([
      ['a', 0, 99],
      ['a', 100, 199],
      ['c', 200, 250],
    ]);
    const d = [of('d', 150, 250)];
    expect(chosen(...a, ...d, ...b).map(([pack]) => pack)).toEqual(['b', 'b', 'd']);
  });

  test('of equal frames takes the later run', () => {
    expect(chosen(of('b', 0, 9), of('a', 0, 9), of('a', 10, 19), of('b', 10, 19)).map(([pack]) => pack)).toEqual([
      'b',
      'b',
    ]);
  });

  test('ends older generations where newer ones begin', () => {
    const { partition, frames } = rebuildPartition(3, [
      of('a', 5, 99, 0),
      of('b', 60, 80, 1),
      of('c', 150, 160, 2),
      of('d', 120, 170, 3),
    ]);
    expect(partition).toMatchObject({
      partition: 3,
      logStart: 5,
      reached: 171,
      generations: [
        { generation: 0, from: 5, until: 60 },
        { generation: 1, from: 60, until: 120 },
        { generation: 3, from: 120 },
      ],
    });
    expect(frames.map(({ pack }) => pack)).toEqual(['a', 'b', 'd']);
  });

  test('of nothing is an empty partition', () => {
    expect(rebuildPartition(1, [])).toMatchObject({ partition: { reached: 0, logStart: 0 }, frames: [] });
  });
});
