import { describe, expect, test } from 'vitest';
import type { SnapshotPartition, SnapshotTopic } from '../../runtime/src/archive/snapshot.ts';
import { archiveName } from '../../runtime/src/metrics/archive-name.ts';
import { metricLine } from '../../runtime/src/metrics/embedded-metric-format.ts';
import { behindByTopic, behindOf } from '../../runtime/src/metrics/snapshot-values.ts';
import { metricSets } from './embedded-metric-format.ts';

function partition(over: Partial<SnapshotPartition>): SnapshotPartition {
  return {
    partition: 0,
    logStart: 0,
    cut: 100,
    highWatermark: 100,
    reached: 100,
    leaderEpoch: 0,
    generations: [{ generation: 0, from: 0 }],
    lost: [],
    aborted: { batches: 0, records: 0 },
    ...over,
  };
}

function topic(name: string, partitions: SnapshotPartition[], over: Partial<SnapshotTopic> = {}): SnapshotTopic {
  return {
    name,
    topicId: name,
    partitionCount: partitions.length,
    replicationFactor: 1,
    config: {},
    partitions,
    ...over,
  };
}

describe('how far a snapshot is behind', () => {
  const topics = [
    topic('whole', [partition({}), partition({ partition: 1 })]),
    topic('behind', [
      partition({ reached: 60 }),
      // Copied up to its cut, which a transaction holds back.
      partition({ partition: 1, cut: 90, reached: 90 }),
      // Both.
      partition({ partition: 2, cut: 80, reached: 10 }),
      // Without a leader it stands as in the snapshot before.
      partition({ partition: 3, failed: 'no broker leads the partition' }),
    ]),
    topic('of another job', [partition({ reached: 0 })], { asOf: { sequence: 3, cutTime: '2026-11-24T00:00:00Z' } }),
  ];

  test('over the topics that the run copied', () => {
    expect(behindOf({ topics })).toEqual({
      BackupLagRecords: 40 + 10 + 90,
      PartitionsBehind: 3,
      OpenTransactionLagRecords: 10 + 20,
    });
    expect(behindOf({ topics: [] })).toEqual({
      BackupLagRecords: 0,
      PartitionsBehind: 0,
      OpenTransactionLagRecords: 0,
    });
  });

  test('of each of them', () => {
    const byTopic = behindByTopic({ topics });
    expect([...byTopic.keys()]).toEqual(['whole', 'behind']);
    expect(byTopic.get('whole')).toEqual({ BackupLagRecords: 0, PartitionsBehind: 0, OpenTransactionLagRecords: 0 });
    expect(byTopic.get('behind')).toEqual({
      BackupLagRecords: 140,
      PartitionsBehind: 3,
      OpenTransactionLagRecords: 30,
    });
  });
});

test.each([
  ['msk/orders', 'kafka-backups/msk/orders'],
  ['', 'kafka-backups'],
])('an archive at %j of a bucket is called %s', (prefix, name) => {
  const storage = {
    backend: 's3',
    bucket: 'kafka-backups',
    prefix,
    pathStyle: false,
    maxConcurrentUploads: 4,
  } as const;
  expect(archiveName(storage)).toBe(name);
});

test('a directory is called by its whole path', () => {
  expect(archiveName({ backend: 'filesystem', path: '/var/backups/', prefix: 'a/b' })).toBe('/var/backups/a/b');
  expect(archiveName({ backend: 'filesystem', path: 'backups', prefix: '' })).toBe(`${process.cwd()}/backups`);
});

test('a name that is longer than CloudWatch takes is cut off', () => {
  const [set] = metricSets(metricLine({ BackupSucceeded: 1 }, { archive: 'x'.repeat(2000) }, Date.now()));
  expect(set!.dimensions.Archive).toHaveLength(1024);
});
