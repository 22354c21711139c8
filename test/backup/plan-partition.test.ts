import { describe, expect, test } from 'vitest';
import type { SnapshotPartition } from '../../runtime/src/archive/snapshot.ts';
import type { CutPartition } from '../../runtime/src/backup/cut.ts';
import { planPartition } from '../../runtime/src/backup/plan-partition.ts';

const T = { name: 't', compacted: false };
/** Number of the commit to come. */
const SEQ = 7;
const NOW = '2026-01-02T03:04:05.000Z';

function at(logStart: number, lastStable: number): CutPartition {
  return { partition: 0, logStart, lastStable, highWatermark: lastStable };
}

function known(overrides: Partial<SnapshotPartition> = {}): SnapshotPartition {
  return {
    partition: 0,
    logStart: 0,
    cut: 100,
    highWatermark: 100,
    reached: 100,
    leaderEpoch: 3,
    generations: [{ generation: 0, from: 0 }],
    lost: [],
    aborted: { batches: 2, records: 20 },
    ...overrides,
  };
}

describe('a partition that the archive does not hold yet', () => {
  test('begins at the log start', () => {
    const plan = planPartition(T, at(50, 80), undefined, undefined, 'earliest', NOW, SEQ);
    expect(plan).toMatchObject({ start: 50, cut: 80, generations: [{ generation: 7, from: 50 }], lost: [] });
  });

  test('begins at the cut with `latest`, and what lies before is recorded', () => {
    const plan = planPartition(T, at(50, 80), undefined, undefined, 'latest', NOW, SEQ);
    expect(plan.start).toBe(80);
    expect(plan.lost).toEqual([{ from: 50, until: 80, reason: 'start-offset', noticedAt: NOW }]);
  });

  test('begins at the log start although its name is one that every object knows', () => {
    const named = { ...T, name: 'constructor' };
    expect(planPartition(named, at(50, 80), undefined, undefined, {}, NOW, SEQ).start).toBe(50);
  });

  test.each([
    [60, 60],
    [10, 50],
    [999, 80],
  ])('begins at a given offset, %i, within the log', (wanted, start) => {
    const plan = planPartition(T, at(50, 80), undefined, undefined, { t: { '0': wanted } }, NOW, SEQ);
    expect(plan.start).toBe(start);
  });
});

describe('a partition that the archive holds', () => {
  test('goes on where the newest snapshot ended', () => {
    const plan = planPartition(T, at(0, 150), known(), undefined, 'latest', NOW, SEQ);
    expect(plan).toMatchObject({
      start: 100,
      cut: 150,
      generation: 0,
      leaderEpoch: 3,
      lost: [],
      aborted: { records: 20 },
    });
  });

  test('records what retention deleted in between', () => {
    const plan = planPartition(T, at(120, 150), known(), undefined, 'earliest', NOW, SEQ);
    expect(plan.start).toBe(120);
    expect(plan.lost).toEqual([{ from: 100, until: 120, reason: 'retention', noticedAt: NOW }]);
  });

  test('has nothing of the old topic after it was created again', () => {
    const plan = planPartition(T, at(0, 30), known(), { kind: 'recreated' }, 'earliest', NOW, SEQ);
    expect(plan).toMatchObject({ start: 0, generation: 7, generations: [{ generation: 7, from: 0 }], leaderEpoch: -1 });
    expect(plan.lost).toEqual([{ from: 0, until: 100, reason: 'topic-recreated', noticedAt: NOW }]);
  });

  test('starts a generation where a truncated log diverged', () => {
    const plan = planPartition(T, at(0, 130), known(), { kind: 'truncated', at: 70 }, 'earliest', NOW, SEQ);
    expect(plan).toMatchObject({
      start: 70,
      generation: 7,
      generations: [
        { generation: 0, from: 0, until: 70 },
        { generation: 7, from: 70 },
      ],
    });
    expect(plan.lost).toEqual([{ from: 70, until: 100, reason: 'truncation', noticedAt: NOW }]);
  });

  test('keeps, after a full copy, only what lies before the log start of older generations', () => {
    const before = known({
      generations: [
        { generation: 0, from: 0, until: 40 },
        { generation: 1, from: 40 },
      ],
      lost: [{ from: 5, until: 6, reason: 'retention', noticedAt: NOW }],
    });
    const plan = planPartition(T, at(60, 130), before, { kind: 'full', why: 'asked' }, 'earliest', NOW, SEQ);
    expect(plan).toMatchObject({
      start: 60,
      generations: [
        { generation: 0, from: 0, until: 40 },
        { generation: 1, from: 40, until: 60 },
        { generation: 7, from: 60 },
      ],
      lost: [{ from: 5, until: 6 }],
      restarted: 'asked',
    });
  });

  test('gives a new generation a higher number than any before, also where commits are counted anew', () => {
    const before = known({ generations: [{ generation: 30, from: 0 }] });
    const plan = planPartition(T, at(0, 130), before, { kind: 'full', why: 'asked' }, 'earliest', NOW, SEQ);
    expect(plan.generations).toEqual([{ generation: 31, from: 0 }]);
    expect(planPartition(T, at(0, 130), before, undefined, 'earliest', NOW, SEQ).generation).toBe(30);
  });

  test('never ends before it starts', () => {
    const plan = planPartition(T, at(0, 90), known(), undefined, 'earliest', NOW, SEQ);
    expect(plan).toMatchObject({ start: 100, cut: 100 });
  });
});
