import { describe, expect, test } from 'vitest';
import type { Snapshot, SnapshotPartition } from '../../runtime/src/archive/snapshot.ts';
import type { CutTopic } from '../../runtime/src/backup/cut.ts';
import { findRestarts } from '../../runtime/src/backup/find-restarts.ts';
import type { KafkaClient } from '../../runtime/src/kafka/client.ts';
import { partition, snapshot } from '../archive/fixture-snapshot.ts';

const HOUR = 3_600_000;
const NOW = new Date('2026-01-03T00:00:00Z');

/** No partition has a leader epoch here, so nobody is asked. */
const NOBODY = {} as KafkaClient;

async function restartOf(
  topic: Partial<CutTopic>,
  cutAgeMs: number,
  known: Partial<SnapshotPartition> = {},
  own: Record<string, string> = {},
) {
  const parent: Snapshot = snapshot(0, 'archive', [], [partition(0, 10, { leaderEpoch: -1, ...known })], {
    cut: { time: new Date(NOW.getTime() - cutAgeMs).toISOString() },
  });
  const now: CutTopic = {
    ...parent.topics[0]!,
    config: own,
    compacted: false,
    deleteRetentionMs: 24 * HOUR,
    partitions: [{ partition: 0, logStart: 0, lastStable: 20, highWatermark: 20 }],
    ...topic,
  };
  const cluster = { clusterId: 'c', controllerId: 1, brokers: [], topics: [] };
  const cut = { time: NOW.toISOString(), groups: [], topics: [now] };
  return (await findRestarts(NOBODY, cluster, cut, parent, false, NOW)).get('orders')!.get(0);
}

describe('a compacted topic is copied in full', () => {
  test('when the newest snapshot is older than half of the effective delete.retention.ms, whoever sets it', async () => {
    expect(await restartOf({ compacted: true }, 11 * HOUR)).toBeUndefined();
    expect(await restartOf({ compacted: true }, 13 * HOUR)).toMatchObject({ kind: 'full' });
    expect(await restartOf({ compacted: true, deleteRetentionMs: HOUR }, 0.6 * HOUR)).toMatchObject({ kind: 'full' });
    expect(await restartOf({}, 1000 * HOUR)).toBeUndefined();
  });

  test('per partition that failed, however young the snapshot is: it is older than its snapshot', async () => {
    expect(await restartOf({ compacted: true }, HOUR, { failed: 'no leader' })).toMatchObject({ kind: 'full' });
    expect(await restartOf({}, HOUR, { failed: 'no leader' })).toBeUndefined();
  });
});
