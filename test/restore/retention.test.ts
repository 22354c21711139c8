import { expect, test } from 'vitest';
import type { BatchCodec } from '../../runtime/src/batch/header.ts';
import {
  AtStake,
  KEEPS_ALL,
  planSetBack,
  type RetentionLimits,
  retentionLimits,
} from '../../runtime/src/restore/plan/retention.ts';
import type { PausedSetting } from '../../runtime/src/restore/plan/topic-config.ts';

const DAY = 86_400_000;
const now = 1000 * DAY;
const batch = (ageDays: number, recordCount = 10, codec: BatchCodec = 'none') => ({
  maxTimestamp: now - ageDays * DAY,
  recordCount,
  codec,
});
const ms: PausedSetting = { name: 'retention.ms', during: '-1', original: null, effective: `${7 * DAY}` };
const bytes: PausedSetting = { name: 'retention.bytes', during: '-1', original: '150', effective: '150' };
const policy: PausedSetting = { name: 'cleanup.policy', during: 'delete', original: 'compact', effective: 'compact' };

function stake(limits: Partial<RetentionLimits>, batches: ReturnType<typeof batch>[]): AtStake {
  const atStake = new AtStake({ ...KEEPS_ALL, ...limits }, now);
  for (const one of batches) {
    atStake.add(one);
    atStake.addProduced(100);
  }
  return atStake;
}

test('records older than the retention keep it paused, and are counted', () => {
  const plan = planSetBack([ms, policy], [stake({ ms: 7 * DAY }, [batch(10), batch(8), batch(1)])], {
    regardless: false,
    now,
  });
  expect(plan.settings).toEqual([policy]);
  expect(plan.stays).toContain('20 restored records');
});

test('young records let everything be set back', () => {
  const atStake = stake({ ms: 7 * DAY, bytes: 1000 }, [batch(6), batch(1)]);
  expect(planSetBack([ms, bytes, policy], [atStake], { regardless: false, now })).toEqual({
    settings: [ms, bytes, policy],
  });
});

test('records that grew too old while the restore ran count too', () => {
  const atStake = stake({ ms: 7 * DAY }, [batch(6.9)]);
  expect(planSetBack([ms], [atStake], { regardless: false, now: now + DAY }).settings).toEqual([]);
});

test('records without a timestamp are not old', () => {
  const atStake = stake({ ms: 7 * DAY }, [{ ...batch(0), maxTimestamp: -1 }]);
  expect(planSetBack([ms], [atStake], { regardless: false, now }).settings).toEqual([ms]);
});

test('a partition larger than retention.bytes keeps that one paused', () => {
  const atStake = stake({ ms: 7 * DAY, bytes: 150 }, [batch(1), batch(1)]);
  const plan = planSetBack([ms, bytes], [atStake], { regardless: false, now });
  expect(plan.settings).toEqual([ms]);
  expect(plan.stays).toMatch(/retention\.bytes \(150\) would delete 5 restored records/);
});

test('where the broker compresses anew, the size is not known, and retention.bytes stays paused', () => {
  const limits = retentionLimits((name) => ({ 'retention.bytes': '100000', 'compression.type': 'uncompressed' })[name]);
  const plan = (codec: BatchCodec) =>
    planSetBack([bytes], [stake(limits, [batch(1, 10, codec)])], { regardless: false, now });
  expect(plan('zstd').settings).toEqual([]);
  expect(plan('none').settings).toEqual([bytes]);
});

test('on request everything is set back regardless', () => {
  const atStake = stake({ ms: 7 * DAY }, [batch(10)]);
  expect(planSetBack([ms], [atStake], { regardless: true, now }).settings).toEqual([ms]);
});

test('a topic that is only compacted has no retention; one that is both has', () => {
  const limits = (policy: string) =>
    retentionLimits((name) => ({ 'cleanup.policy': policy, 'retention.ms': '5', 'retention.bytes': '-1' })[name]);
  expect(limits('compact')).toBe(KEEPS_ALL);
  expect(limits('compact,delete')).toEqual({ ms: 5, bytes: Number.POSITIVE_INFINITY });
});
