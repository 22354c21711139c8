import { expect, test } from 'vitest';
import { snapshotTopics } from '../../runtime/src/backup/build-snapshot.ts';
import { PartitionCopy } from '../../runtime/src/backup/partition-copy.ts';
import { planPartition } from '../../runtime/src/backup/plan-partition.ts';
import { batch } from '../archive/fixture.ts';

const TOPIC = { name: 't', compacted: true };
const NOW = '2026-01-02T03:04:05.000Z';

/** The partition in the snapshot when its log holds ten records, and compaction has left nothing from there to the cut. */
function copied(cut: number) {
  const at = { partition: 0, logStart: 0, lastStable: cut, highWatermark: cut };
  const copy = new PartitionCopy(planPartition(TOPIC, at, undefined, undefined, 'earliest', NOW, 0));
  copy.take({
    topic: 't',
    partition: 0,
    errorCode: 0,
    highWatermark: cut,
    lastStableOffset: cut,
    logStartOffset: 0,
    abortedTransactions: [],
    records: batch(0, 10),
  });
  copy.skipTo(cut);
  const topic = { ...TOPIC, topicId: 'id', partitionCount: 1, replicationFactor: 1, config: {}, deleteRetentionMs: 1 };
  const groups = { time: NOW, groups: [], topics: [{ ...topic, partitions: [at] }] };
  return snapshotTopics(groups, [copy], new Map(), [])[0]!.partitions[0]!;
}

test('says where the last batch ends when that is before the cut, so that its epoch need not reach the cut', () => {
  const compacted = copied(20);
  expect(compacted).toMatchObject({ reached: 20, leaderEpoch: 3, lastBatchEnd: 10 });
  expect(copied(10)).not.toHaveProperty('lastBatchEnd');

  const at = { partition: 0, logStart: 0, lastStable: 20, highWatermark: 20 };
  const next = new PartitionCopy(planPartition(TOPIC, at, compacted, undefined, 'earliest', NOW, 0));
  expect(next).toMatchObject({ position: 20, leaderEpoch: 3, lastBatchEnd: 10 });
});
