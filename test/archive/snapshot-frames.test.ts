import { describe, expect, test } from 'vitest';
import { openArchive } from '../../runtime/src/archive/format-file.ts';
import { writeIndex } from '../../runtime/src/archive/index-object.ts';
import { framesOf, type TopicFrames } from '../../runtime/src/archive/snapshot-frames.ts';
import { CLUSTER, metadata, partition, sampleArchive, snapshot, temporaryStore, writePack } from './fixture.ts';

/** `[from, until]` of the frames, by partition. */
function windows(topics: TopicFrames[]): Record<string, [number, number][]> {
  return Object.fromEntries(
    topics.flatMap(({ topic, partitions }) =>
      partitions.map((one) => [
        `${topic.name}[${one.partition.partition}]`,
        one.frames().map(({ from, until }) => [from, until]),
      ]),
    ),
  );
}

describe('framesOf', () => {
  test('gives what the snapshot holds, in order, over several runs', async () => {
    const { store, snapshots } = await sampleArchive();
    const topics = await framesOf(store, snapshots[1]!);
    expect(windows(topics)).toEqual({
      'orders[0]': [
        [0, 20],
        [20, 40],
        [50, 70],
      ],
      'orders[1]': [
        [0, 10],
        [10, 20],
      ],
    });
    const [first] = topics[0]!.partitions;
    expect(first).toMatchObject({ count: 3, records: 60, uncovered: [{ from: 40, until: 50 }] });
    expect(windows(await framesOf(store, snapshots[0]!))).toEqual({
      'orders[0]': [
        [0, 20],
        [20, 40],
      ],
      'orders[1]': [[0, 10]],
    });
  });

  test('selects topics and partitions', async () => {
    const { store, snapshots } = await sampleArchive();
    expect(await framesOf(store, snapshots[1]!, { topics: (name) => name !== 'orders' })).toEqual([]);
    expect(Object.keys(windows(await framesOf(store, snapshots[1]!, { partitions: [1, 7] })))).toEqual(['orders[1]']);
  });

  test('leaves out what lay below the log start, unless asked for', async () => {
    const { store, snapshots } = await sampleArchive();
    const later = { ...snapshots[1]!, topics: [{ ...snapshots[1]!.topics[0]! }] };
    later.topics[0]!.partitions = [partition(0, 70, { logStart: 25 })];
    const [short] = (await framesOf(store, later))[0]!.partitions;
    expect(short!.frames().map(({ from, until }) => [from, until])).toEqual([
      [25, 40],
      [50, 70],
    ]);
    expect(short).toMatchObject({ records: 35, uncovered: [{ from: 40, until: 50 }] });
    const [whole] = (await framesOf(store, later, { includeExpired: true }))[0]!.partitions;
    expect(whole!.frames().map(({ from }) => from)).toEqual([0, 20, 50]);
  });

  test('ends an older generation where a newer one begins', async () => {
    const { store } = await temporaryStore();
    const { id } = await openArchive(store, { clusterId: CLUSTER });
    const frames = [
      ...(await writePack(store, metadata(id, 'a'), 0, [{ at: [0, 10] }, { at: [20, 30] }, { at: [40] }])),
      ...(await writePack(store, metadata(id, 'b'), 0, [
        { generation: 1, at: [25] },
        { generation: 1, at: [35, 45] },
      ])),
    ];
    const index = await writeIndex(store, 'b', 0, frames);
    const generations = [
      { generation: 0, from: 5, until: 25 },
      { generation: 1, from: 25 },
    ];
    const taken = snapshot(0, id, [index], [partition(0, 50, { logStart: 5, generations })]);
    expect(windows(await framesOf(store, taken))).toEqual({
      'orders[0]': [
        [5, 20],
        [20, 25],
        [25, 35],
        [35, 50],
      ],
    });
  });

  test('never mixes in frames of an older topic of the same name', async () => {
    const { store } = await temporaryStore();
    const { id } = await openArchive(store, { clusterId: CLUSTER });
    const old = await writePack(store, metadata(id, 'a', 'orders', 'BBBBBBBBQBCAAAAAAAAAAg'), 0, [{ at: [0, 10] }]);
    const now = await writePack(store, metadata(id, 'b'), 0, [{ at: [0] }]);
    const indexes = [await writeIndex(store, 'a', 0, old), await writeIndex(store, 'b', 0, now)];
    const topics = await framesOf(store, snapshot(0, id, indexes, [partition(0, 20)]));
    expect(topics[0]!.partitions[0]!.frames().map(({ frame }) => frame)).toEqual(now);
  });

  test('takes a frame once that two index objects name, and refuses two frames for one offset', async () => {
    const { store } = await temporaryStore();
    const { id } = await openArchive(store, { clusterId: CLUSTER });
    const frames = await writePack(store, metadata(id, 'a'), 0, [{ at: [0, 10] }, { at: [20] }]);
    const indexes = [await writeIndex(store, 'a', 0, frames), await writeIndex(store, 'a', 1, frames)];
    const topics = await framesOf(store, snapshot(0, id, indexes, [partition(0, 30)]));
    expect(windows(topics)).toEqual({
      'orders[0]': [
        [0, 20],
        [20, 30],
      ],
    });
    const again = await writePack(store, metadata(id, 'b'), 0, [{ at: [10] }]);
    indexes.push(await writeIndex(store, 'b', 0, again));
    await expect(framesOf(store, snapshot(0, id, indexes, [partition(0, 30)]))).rejects.toMatchObject({
      code: 'FRAMES_OVERLAP',
      message: expect.stringMatching(/orders, partition 0: packs\/orders\/b-.* offsets 10 to 19/),
    });
  });
});
