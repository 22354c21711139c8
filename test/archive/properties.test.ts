import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Frame } from '../../runtime/src/archive/frame.ts';
import { encodeFrameTable, FrameTable } from '../../runtime/src/archive/frame-table.ts';
import { rebuildPartition } from '../../runtime/src/archive/rebuild-partition.ts';
import { selectFrames } from '../../runtime/src/archive/snapshot-frames.ts';
import { partition, snapshot, TOPIC_ID } from './fixture-snapshot.ts';

const fail = (why: string) => new Error(why);
const uint32 = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const offset = fc.oneof(fc.nat(1000), fc.maxSafeNat());

const anyFrame: fc.Arbitrary<Frame> = fc.record(
  {
    pack: fc.constantFrom('packs/a/1.pack', 'packs/ü/2.pack', 'packs/a/3.pack'),
    packSize: fc.constant(12_345_678_901),
    position: offset,
    length: uint32,
    rawLength: uint32,
    codec: fc.constantFrom('none' as const, 'zstd' as const),
    checksum: uint32,
    topic: fc.constantFrom('a', 'ü', 'a.b-c_d'),
    topicId: fc.constantFrom('x', ''),
    partition: uint32,
    generation: uint32,
    baseOffset: offset,
    lastOffset: offset,
    records: uint32,
    batches: uint32,
    maxTimestamp: fc.integer({ min: -1, max: Number.MAX_SAFE_INTEGER }),
    minTimestamp: fc.oneof(fc.constant(-1), fc.maxSafeNat()),
    batchChain: uint32,
  },
  {
    requiredKeys: [
      'pack',
      'packSize',
      'position',
      'length',
      'rawLength',
      'codec',
      'checksum',
      'topic',
      'topicId',
      'partition',
      'generation',
      'baseOffset',
      'lastOffset',
      'records',
      'batches',
      'maxTimestamp',
      'batchChain',
    ],
  },
);

describe('a frame table', () => {
  test('gives back every frame as it was', () => {
    fc.assert(
      fc.property(fc.array(anyFrame), (frames) => {
        expect(new FrameTable(encodeFrameTable(frames), fail).frames()).toEqual(frames.map((frame) => ({ ...frame })));
      }),
    );
  });

  test('with anything changed or cut off is read as a table or refused, never half', () => {
    fc.assert(
      fc.property(fc.array(anyFrame, { minLength: 1 }), fc.nat(), fc.nat(255), fc.nat(), (frames, at, value, cut) => {
        const bytes = encodeFrameTable(frames);
        bytes[at % bytes.length] = value;
        const part = bytes.subarray(0, bytes.length - (cut % 3));
        let table: FrameTable;
        try {
          table = new FrameTable(part, (why) => new RangeError(why));
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
          expect((error as Error).message).toContain('frame table');
          return;
        }
        for (const frame of table.frames()) {
          expect(typeof frame.pack + typeof frame.topic + typeof frame.topicId).toBe('stringstringstring');
          expect(Number.isSafeInteger(frame.baseOffset)).toBe(true);
        }
      }),
    );
  });

  test('refuses numbers that do not fit', () => {
    const [frame] = fc.sample(anyFrame, 1) as [Frame];
    expect(() => encodeFrameTable([{ ...frame, length: 2 ** 32 }])).toThrow('32-bit');
    expect(() => encodeFrameTable([{ ...frame, baseOffset: 2 ** 53 }])).toThrow('64-bit');
    expect(() => encodeFrameTable([{ ...frame, records: Number.NaN }])).toThrow('32-bit');
  });
});

/** Short frames of one generation on few offsets, so that they overlap often; every offset has a record. */
const overlapping = fc.array(
  fc.record({ run: fc.constantFrom('a', 'b', 'c'), from: fc.nat(12), size: fc.integer({ min: 1, max: 5 }) }),
  { maxLength: 8 },
);

describe('rebuildPartition', () => {
  test('chooses frames without overlap that hold the most records', () => {
    fc.assert(
      fc.property(overlapping, (specs) => {
        const found = specs.map(({ run, from, size }) => ({
          createdAt: run,
          frame: { pack: run, generation: 0, baseOffset: from, lastOffset: from + size - 1, records: size } as Frame,
        }));
        const { frames } = rebuildPartition(0, found);
        for (const [n, frame] of frames.entries()) {
          if (n > 0) expect(frame.baseOffset).toBeGreaterThan(frames[n - 1]!.lastOffset);
        }
        expect(frames.reduce((sum, { records }) => sum + records, 0)).toBe(
          mostByTrying(found.map(({ frame }) => frame)),
        );
      }),
    );
  });
});

/** The most records of any choice without overlap. */
function mostByTrying(frames: Frame[]): number {
  let most = 0;
  for (let choice = 0; choice < 2 ** frames.length; choice++) {
    const chosen = frames.filter((_, n) => choice & (1 << n)).sort((a, b) => a.baseOffset - b.baseOffset);
    const apart = chosen.every(({ baseOffset }, n) => n === 0 || baseOffset > chosen[n - 1]!.lastOffset);
    if (apart)
      most = Math.max(
        most,
        chosen.reduce((sum, { records }) => sum + records, 0),
      );
  }
  return most;
}

describe('selectFrames', () => {
  test('gives each offset at most once, from the generation that counts for it', () => {
    // Generations as truncations make them: each ends where the next begins.
    const histories = fc.array(fc.record({ back: fc.nat(20), more: fc.array(fc.integer({ min: 1, max: 7 })) }), {
      minLength: 1,
      maxLength: 4,
    });
    fc.assert(
      fc.property(histories, fc.nat(30), (specs, logStart) => {
        const frames: Frame[] = [];
        const generations: { generation: number; from: number; until?: number }[] = [];
        let end = 0;
        for (const [generation, { back, more }] of specs.entries()) {
          const from = generation === 0 ? 0 : Math.max(0, end - back);
          while ((generations.at(-1)?.from ?? -1) >= from) generations.pop();
          if (generations.length > 0) generations.at(-1)!.until = Math.min(generations.at(-1)!.until ?? from, from);
          generations.push({ generation, from });
          end = from;
          for (const size of more) {
            frames.push({
              ...blank,
              generation,
              position: frames.length,
              baseOffset: end,
              lastOffset: end + size - 1,
              records: size,
            });
            end += size;
          }
        }
        const table = new FrameTable(encodeFrameTable(frames.toReversed()), fail);
        const taken = snapshot(0, 'archive', [], [partition(0, end, { logStart, generations })]);
        const { topics, overlaps } = selectFrames([table, table], taken);
        expect(overlaps).toEqual([]);
        const [own] = topics[0]!.partitions;
        const covered = [...own!.frames(), ...own!.uncovered].flatMap(({ from, until }) =>
          Array.from({ length: until - from }, (_, n) => from + n),
        );
        const all = Array.from({ length: Math.max(0, end - logStart) }, (_, n) => logStart + n);
        expect(covered.sort((a, b) => a - b)).toEqual(all);
        for (const { frame, from, until } of own!.frames()) {
          for (let at = from; at < until; at++) {
            const right = generations.findLast((one) => one.from <= at)!;
            expect(frame.generation).toBe(right.generation);
          }
        }
      }),
    );
  });
});

const blank: Frame = {
  pack: 'packs/orders/a.pack',
  packSize: 1000,
  position: 0,
  length: 1,
  rawLength: 1,
  codec: 'none',
  checksum: 0,
  topic: 'orders',
  topicId: TOPIC_ID,
  partition: 0,
  generation: 0,
  baseOffset: 0,
  lastOffset: 0,
  records: 1,
  batches: 1,
  maxTimestamp: 0,
  batchChain: 0,
};
