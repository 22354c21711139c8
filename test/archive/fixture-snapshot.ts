import type { IndexReference, Snapshot, SnapshotPartition } from '../../runtime/src/archive/snapshot.ts';

export const CLUSTER = 'cluster-1';
export const TOPIC_ID = 'AAAAAAAAQACAAAAAAAAAAQ';

export function partition(number: number, reached: number, change: Partial<SnapshotPartition> = {}): SnapshotPartition {
  return {
    partition: number,
    logStart: 0,
    cut: reached,
    highWatermark: reached,
    reached,
    leaderEpoch: 3,
    generations: [{ generation: 0, from: 0 }],
    lost: [],
    aborted: { batches: 0, records: 0 },
    ...change,
  };
}

export function snapshot(
  sequence: number,
  archiveId: string,
  indexes: IndexReference[],
  partitions: SnapshotPartition[],
  change: Partial<Snapshot> = {},
): Snapshot {
  return {
    formatVersion: 1,
    sequence,
    backupId: `backup-${sequence}`,
    kind: 'complete',
    parent: sequence === 0 ? null : sequence - 1,
    archiveId,
    runId: `run-${sequence}`,
    startedAt: '2026-01-02T03:04:05.678Z',
    committedAt: '2026-01-02T03:05:05.678Z',
    cluster: { id: CLUSTER },
    cut: { time: '2026-01-02T03:04:06.000Z' },
    topics: [
      {
        name: 'orders',
        topicId: TOPIC_ID,
        partitionCount: 2,
        replicationFactor: 3,
        config: { 'cleanup.policy': 'delete' },
        partitions,
      },
    ],
    groups: [],
    indexes,
    added: { records: 0, rawBytes: 0, storedBytes: 0, packs: 1, durationMs: 1000 },
    ...change,
  };
}
