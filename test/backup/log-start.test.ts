import { expect, test } from 'vitest';
import { logStartAfter } from '../../runtime/src/backup/log-start.ts';
import { PartitionCopy } from '../../runtime/src/backup/partition-copy.ts';
import { planPartition } from '../../runtime/src/backup/plan-partition.ts';
import type { KafkaClient } from '../../runtime/src/kafka/client.ts';
import { silent } from '../../runtime/src/observe/progress.ts';

/** As a cluster answers in the middle of an election. */
const electing = {
  sendToAny: async () => ({
    throttleTimeMs: 0,
    clusterId: 'c',
    controllerId: 1,
    brokers: [{ nodeId: 1, host: 'localhost', port: 1 }],
    topics: [
      {
        errorCode: 0,
        name: 't',
        topicId: 'id',
        internal: false,
        partitions: [{ errorCode: 5, partition: 0, leader: -1, leaderEpoch: 0, replicas: [1], isr: [1], offline: [1] }],
      },
    ],
  }),
} as unknown as KafkaClient;

test('a log start that cannot be asked for is no truncation', async () => {
  const at = { partition: 0, logStart: 5, lastStable: 10, highWatermark: 10 };
  const copy = new PartitionCopy(
    planPartition({ name: 't', compacted: false }, at, undefined, undefined, 'earliest', '', 0),
  );
  const asked = logStartAfter(electing, copy, { progress: silent, signal: new AbortController().signal });
  await expect(asked).rejects.toMatchObject({
    kind: 'connection',
    code: 'LOG_START_UNKNOWN',
    message: expect.stringContaining('LEADER_NOT_AVAILABLE'),
  });
  expect(copy.lost).toEqual([]);
});
