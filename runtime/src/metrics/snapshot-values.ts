import type { Snapshot, SnapshotTopic } from '../archive/snapshot.ts';
import type { MetricValues } from './catalog.ts';

/** How far a snapshot is behind the cluster as it was at the cut, over the topics that its run copied. Pure. */
export function behindOf(snapshot: Pick<Snapshot, 'topics'>): MetricValues {
  return sum(copiedTopics(snapshot).map(behindOfTopic));
}

/** The same for each of the topics. */
export function behindByTopic(snapshot: Pick<Snapshot, 'topics'>): Map<string, MetricValues> {
  return new Map(copiedTopics(snapshot).map((topic) => [topic.name, behindOfTopic(topic)]));
}

/** Topics of other jobs in the same archive are theirs to tell of. */
function copiedTopics({ topics }: Pick<Snapshot, 'topics'>): SnapshotTopic[] {
  return topics.filter(({ asOf }) => asOf === undefined);
}

type Behind = Required<Pick<MetricValues, 'BackupLagRecords' | 'PartitionsBehind' | 'OpenTransactionLagRecords'>>;

function behindOfTopic({ partitions }: SnapshotTopic): Behind {
  return sum(
    partitions.map(({ highWatermark, cut, reached, failed }) => ({
      BackupLagRecords: Math.max(0, highWatermark - reached),
      PartitionsBehind: failed !== undefined || reached < cut ? 1 : 0,
      OpenTransactionLagRecords: Math.max(0, highWatermark - cut),
    })),
  );
}

function sum(all: Behind[]): Behind {
  const total: Behind = { BackupLagRecords: 0, PartitionsBehind: 0, OpenTransactionLagRecords: 0 };
  for (const one of all) {
    total.BackupLagRecords += one.BackupLagRecords;
    total.PartitionsBehind += one.PartitionsBehind;
    total.OpenTransactionLagRecords += one.OpenTransactionLagRecords;
  }
  return total;
}
