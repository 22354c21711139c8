import { expect, test } from 'vitest';
import { logStartAfter } from '../../runtime/src/backup/log-start.ts';
import { PartitionCopy } from '../../runtime/src/backup/partition-copy.ts';
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
  const copy = new PartitionCopy({
    topic: 't',
    partition: 0,
    start: 5,
    cut: 10,
    logStart: 0,
    highWatermark: 10,
    generation: 0,
    generations: [{ generation: 0, from: 0 }],
    lost: [],
    leaderEpoch: -1,
    aborted: { batches: 0, records: 0 },
    compacted: false,
  });
  const asked = logStartAfter(electing, copy, { progress: silent, signal: new AbortController().signal });
  await expect(asked).rejects.toMatchObject({
    kind: 'connection',
    code: 'LOG_START_UNKNOWN',
    message: expect.stringContaining('LEADER_NOT_AVAILABLE'),
  });
  expect(copy.lost).toEqual([]);
});
