import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { openArchive } from '../../runtime/src/archive/format-file.ts';
import type { Frame } from '../../runtime/src/archive/frame.ts';
import { encodeFrameTable, FrameTable } from '../../runtime/src/archive/frame-table.ts';
import { writeIndex } from '../../runtime/src/archive/index-object.ts';
import {
  framesOf,
  type PartitionFrames,
  selectFrames,
  type TopicFrames,
} from '../../runtime/src/archive/snapshot-frames.ts';
import type { TimeWindow } from '../../runtime/src/batch/time-window.ts';
import {
  CLUSTER,
  metadata,
  partition,
  sampleArchive,
  snapshot,
  TOPIC_ID,
  temporaryStore,
  writePack,
} from './fixture.ts';

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

describe('with a window of time', () => {
  /** Frames of ten records at consecutive offsets, with their times. */
  interface Spec {
    from: number;
    min?: number;
    max: number;
    records?: number;
  }

  function select(specs: Spec[], timeWindow: TimeWindow, reached = 100): PartitionFrames {
    const frames = specs.map(
      ({ from, min, max, records = 10 }, n): Frame => ({
        pack: 'packs/orders/a-0.pack',
        packSize: 1000,
        position: n * 10,
        length: 7,
        rawLength: 20,
        codec: 'zstd',
        checksum: 0,
        topic: 'orders',
        topicId: TOPIC_ID,
        partition: 0,
        generation: 0,
        baseOffset: from,
        lastOffset: from + 9,
        records,
        batches: 1,
        maxTimestamp: max,
        batchChain: 0,
        ...(min !== undefined && { minTimestamp: min }),
      }),
    );
    const table = new FrameTable(encodeFrameTable(frames), (why) => new Error(why));
    const { topics, overlaps } = selectFrames([table], snapshot(0, 'a', [], [partition(0, reached)]), { timeWindow });
    expect(overlaps).toEqual([]);
    return topics[0]!.partitions[0]!;
  }

  test('frames that cannot overlap it are left out, and told apart from offsets that nothing covers', () => {
    const specs: Spec[] = [
      { from: 0, max: 90 },
      { from: 10, max: 99 },
      { from: 30, max: 100 },
      { from: 40, min: 150, max: 200 },
      { from: 60, min: 201, max: 300 },
      { from: 70, max: 5000 },
    ];
    const found = select(specs, { start: 100, end: 200 });
    expect(found.frames().map(({ from, mayBeCutByTime }) => [from, mayBeCutByTime])).toEqual([
      [30, true],
      [40, undefined],
      [70, true],
    ]);
    expect(found).toMatchObject({
      count: 3,
      records: 30,
      storedBytes: 21,
      rawBytes: 60,
      mayBeCut: true,
      leftOut: [
        { from: 0, until: 20 },
        { from: 60, until: 70 },
      ],
      uncovered: [
        { from: 20, until: 30 },
        { from: 50, until: 60 },
        { from: 80, until: 100 },
      ],
      skipped: { frames: 3, storedBytes: 21 },
    });
    const whole = select(specs, {});
    expect(whole).toMatchObject({ count: 6, mayBeCut: false, leftOut: [], skipped: { frames: 0, storedBytes: 0 } });
    expect(whole.uncovered).toEqual(found.uncovered);
  });

  test('an open end, an unknown smallest time, and frames in which no record has a time', () => {
    const left = (spec: Omit<Spec, 'from'>, timeWindow: TimeWindow) => {
      const { count, mayBeCut } = select([{ from: 0, ...spec }], timeWindow);
      return count === 0 ? 'left out' : mayBeCut ? 'maybe cut' : 'whole';
    };
    expect(left({ max: 100 }, { end: 100 })).toBe('whole');
    expect(left({ max: 100 }, { end: 99 })).toBe('maybe cut');
    expect(left({ max: 100, min: 100 }, { end: 99 })).toBe('left out');
    expect(left({ max: 100 }, { start: 100 })).toBe('maybe cut');
    expect(left({ max: 100, min: 100 }, { start: 100, end: 100 })).toBe('whole');
    expect(left({ max: 100, min: 99 }, { start: 100 })).toBe('maybe cut');
    expect(left({ max: 100 }, { start: 101 })).toBe('left out');
    expect(left({ max: -1 }, { start: 0 })).toBe('left out');
    expect(left({ max: -1 }, { end: 0 })).toBe('whole');
    expect(left({ max: 100, min: -1 }, { end: 0 })).toBe('maybe cut');
  });

  test('no frame with a wanted record is left out, and none is called whole that holds another', () => {
    const times = fc.array(fc.integer({ min: -1, max: 20 }), { minLength: 10, maxLength: 10 });
    const frames = fc.array(fc.tuple(times, fc.boolean()), { minLength: 1, maxLength: 8 });
    const end = fc.nat(22);
    fc.assert(
      fc.property(frames, fc.record({ start: end, end }, { requiredKeys: [] }), (list, window) => {
        const isWanted = (time: number) =>
          time === -1
            ? window.start === undefined
            : time >= (window.start ?? 0) && time <= (window.end ?? Number.POSITIVE_INFINITY);
        const specs = list.map(([of, known], n) => ({
          from: n * 10,
          max: Math.max(...of),
          ...(known && { min: Math.min(...of) }),
        }));
        const found = select(specs, window, list.length * 10);
        const byFrom = new Map(found.frames().map((clipped) => [clipped.from, clipped]));
        for (const [n, [of, known]] of list.entries()) {
          const clipped = byFrom.get(n * 10);
          if (of.some(isWanted)) expect(clipped).toBeDefined();
          else if (known && of.every((time) => time >= (window.end ?? 99) + 1)) expect(clipped).toBeUndefined();
          if (clipped !== undefined && clipped.mayBeCutByTime !== true) expect(of.every(isWanted)).toBe(true);
        }
        expect(found.uncovered).toEqual([]);
        const offsets = [...found.frames(), ...found.leftOut].reduce((sum, { from, until }) => sum + until - from, 0);
        expect(offsets).toBe(list.length * 10);
      }),
      { numRuns: 300 },
    );
  });

  test('records are an upper bound where offsets cut through a frame with holes', async () => {
    const { store, snapshots } = await sampleArchive();
    const later = { ...snapshots[1]!, topics: [{ ...snapshots[1]!.topics[0]! }] };
    later.topics[0]!.partitions = [partition(0, 70, { logStart: 25 })];
    expect((await framesOf(store, later))[0]!.partitions[0]).toMatchObject({ records: 35, mayBeCut: false });
    const found = select([{ from: 0, max: 5, records: 4 }], {}, 7);
    expect(found).toMatchObject({ records: 4, mayBeCut: true });
  });
});
