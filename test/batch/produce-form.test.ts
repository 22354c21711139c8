import { expect, test } from 'vitest';
import { readBatchHeader } from '../../runtime/src/batch/header.ts';
import { needsRebuild, patchForProduce } from '../../runtime/src/batch/produce-form.ts';
import { walkBatches } from '../../runtime/src/batch/walk.ts';
import { type Craft, craftBatch } from './craft.ts';

const header = (craft: Craft) => readBatchHeader(craftBatch(craft), 0);

test('a stored batch becomes one that a producer could have made', () => {
  const records = [
    { timestampDelta: -500n, key: Buffer.from('k'), value: null },
    { timestampDelta: -400n, value: Buffer.from('v') },
  ];
  const stored: Craft = { records, baseTimestamp: 1_700_000_000_500n, codec: 4 };
  const batch = craftBatch({
    ...stored,
    baseOffset: 1234,
    leaderEpoch: 9,
    transactional: true,
    deleteHorizon: true,
    producerId: 5n,
    producerEpoch: 1,
    baseSequence: 77,
  });
  patchForProduce(batch, { producerId: 2 ** 40, producerEpoch: 3, baseSequence: 2_147_483_647 });
  const expected = craftBatch({
    ...stored,
    baseOffset: 0,
    leaderEpoch: -1,
    producerId: 2n ** 40n,
    producerEpoch: 3,
    baseSequence: 2_147_483_647,
  });
  expect(batch.toString('hex')).toBe(expected.toString('hex'));

  patchForProduce(batch, { producerId: -1, producerEpoch: -1, baseSequence: -1 });
  const [again] = walkBatches(batch, { topic: 't', partition: 0 }).batches;
  expect(again).toMatchObject({ producerId: -1, producerEpoch: -1, baseSequence: -1, isTransactional: false });
});

test('records that were damaged before stay so for the broker to see', () => {
  const batch = craftBatch({ records: [{ value: Buffer.from('some value') }] });
  batch[batch.length - 3]! ^= 1;
  patchForProduce(batch, { producerId: 1, producerEpoch: 0, baseSequence: 0 });
  expect(() => walkBatches(batch, { topic: 't', partition: 0 })).toThrowError(
    expect.objectContaining({ code: 'CRC_MISMATCH' }),
  );
});

test('what keeps a batch from being produced as it is', () => {
  const whole: Craft = { baseOffset: 10, records: [{}, {}, {}], maxTimestamp: 5000n };
  expect(needsRebuild(header(whole))).toBeUndefined();
  expect(needsRebuild(header({ ...whole, transactional: true, deleteHorizon: true }))).toBeUndefined();
  expect(needsRebuild(header({ ...whole, lastOffsetDelta: 3 }))).toBe('holes');
  expect(needsRebuild(header({ ...whole, logAppendTime: true }))).toBe('log-append-time');
  expect(needsRebuild(header({ ...whole, records: [], lastOffsetDelta: 2 }))).toBe('empty');
  expect(needsRebuild(header(whole), { addHeaders: { partition: 0 } })).toBe('headers');
});

test('windows of offsets and times', () => {
  const whole = header({ baseOffset: 10, records: [{}, {}, {}], maxTimestamp: 5000n });
  expect(needsRebuild(whole, { from: 10, until: 13 })).toBeUndefined();
  expect(needsRebuild(whole, { from: 11 })).toBe('trim');
  expect(needsRebuild(whole, { until: 12 })).toBe('trim');
  expect(needsRebuild(whole, { from: 13 })).toBe('empty');
  expect(needsRebuild(whole, { until: 10 })).toBe('empty');
  expect(needsRebuild(whole, { fromTimestamp: 5001 })).toBe('empty');
  expect(needsRebuild(whole, { fromTimestamp: 5000 })).toBe('trim');
  expect(needsRebuild(whole, { untilTimestamp: 9000 })).toBe('trim');
});

test('a target with smaller batches', () => {
  const whole = header({ records: [{}, {}] });
  expect(needsRebuild(whole, { maxBytes: whole.end })).toBeUndefined();
  expect(needsRebuild(whole, { maxBytes: whole.end - 1 })).toBe('size');
});
