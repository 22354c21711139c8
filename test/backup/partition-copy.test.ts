import { expect, test } from 'vitest';
import { FRAME_BYTES, PartitionCopy } from '../../runtime/src/backup/partition-copy.ts';
import { type PartitionPlan, planPartition } from '../../runtime/src/backup/plan-partition.ts';
import type { FetchedPartition } from '../../runtime/src/kafka/protocol/fetch.ts';
import { craftBatch } from '../batch/craft.ts';

function plan(cut: number): PartitionPlan {
  const at = { partition: 0, logStart: 0, lastStable: cut, highWatermark: cut };
  return planPartition({ name: 't', compacted: false }, at, undefined, undefined, 'earliest', '', 0);
}

function fetched(...batches: Buffer[]): FetchedPartition {
  return {
    topic: 't',
    partition: 0,
    errorCode: 0,
    highWatermark: 100,
    lastStableOffset: 100,
    logStartOffset: 0,
    abortedTransactions: [],
    records: Buffer.concat(batches),
  };
}

function damaged(baseOffset: number): Buffer {
  const batch = craftBatch({ baseOffset });
  batch[batch.length - 1]! ^= 1;
  return batch;
}

test('the sound batches before a damaged one are taken', () => {
  const copy = new PartitionCopy(plan(10));
  const { damage } = copy.take(fetched(craftBatch(), craftBatch({ baseOffset: 1 }), damaged(2)));
  expect(damage).toMatchObject({ code: 'CRC_MISMATCH', message: expect.stringContaining('offset 2') });
  expect(copy.position).toBe(2);
  expect(copy.flush()).toMatchObject([{ baseOffset: 0, lastOffset: 1, records: 2 }]);
});

test('what lies past the cut is not looked at', () => {
  const copy = new PartitionCopy(plan(2));
  const { frames, damage } = copy.take(fetched(craftBatch(), craftBatch({ baseOffset: 1 }), damaged(2), damaged(3)));
  expect(damage).toBeUndefined();
  expect(copy.done).toBe(true);
  expect(frames).toMatchObject([{ records: 2 }]);
});

test('a base offset past the cut is no hole where the next batch begins earlier', () => {
  const copy = new PartitionCopy(plan(10));
  const { damage } = copy.take(fetched(craftBatch(), craftBatch({ baseOffset: 257 }), craftBatch({ baseOffset: 2 })));
  expect(damage).toMatchObject({ code: 'BATCH_MALFORMED', message: expect.stringContaining('offset 257') });
  expect(copy.position).toBe(1);
});

test('a timestamp that no number holds exactly becomes the largest that is exact', () => {
  const copy = new PartitionCopy(plan(1));
  const { frames } = copy.take(fetched(craftBatch({ maxTimestamp: 1_764_000_000_000_000_000n })));
  expect(frames).toMatchObject([{ maxTimestamp: Number.MAX_SAFE_INTEGER }]);
});

test('a remainder waits for more only while it is below the limit', () => {
  const batch = craftBatch({ records: [{ value: Buffer.alloc(1000) }] });
  const waiting = new PartitionCopy(plan(100));
  expect(waiting.take(fetched(batch)).frames).toEqual([]);
  const impatient = new PartitionCopy(plan(100), 1000);
  expect(impatient.take(fetched(batch)).frames).toMatchObject([{ records: 1 }]);
  expect(batch.length).toBeLessThan(FRAME_BYTES);
});
