import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readBatchHeader, readInt64, writeInt64 } from '../../runtime/src/batch/header.ts';
import { craftBatch } from './craft.ts';

test('every field of a batch in the middle of a buffer', () => {
  const batch = craftBatch({
    baseOffset: 8_589_934_593,
    leaderEpoch: 17,
    codec: 4,
    logAppendTime: true,
    transactional: true,
    deleteHorizon: true,
    lastOffsetDelta: 9,
    baseTimestamp: -5n,
    maxTimestamp: 1_700_000_000_123n,
    producerId: 4_294_967_297n,
    producerEpoch: 7,
    baseSequence: 2_147_483_647,
  });
  const header = readBatchHeader(Buffer.concat([Buffer.alloc(5), batch, Buffer.alloc(9)]), 5);
  expect(header).toEqual({
    start: 5,
    end: 5 + batch.length,
    baseOffset: 8_589_934_593,
    lastOffset: 8_589_934_602,
    partitionLeaderEpoch: 17,
    magic: 2,
    crc: batch.readUInt32BE(17),
    attributes: 4 | 8 | 16 | 64,
    codec: 'zstd',
    timestampType: 'LogAppendTime',
    isTransactional: true,
    isControl: false,
    hasDeleteHorizon: true,
    lastOffsetDelta: 9,
    baseTimestamp: -5,
    maxTimestamp: 1_700_000_000_123,
    producerId: 4_294_967_297,
    producerEpoch: 7,
    baseSequence: 2_147_483_647,
    recordCount: 1,
  });
});

test('offsets from 2^53 on are refused, timestamps are not', () => {
  const offset = craftBatch();
  offset.writeBigInt64BE(2n ** 53n, 0);
  expect(() => readBatchHeader(offset, 0)).toThrowError(
    expect.objectContaining({ code: 'OFFSET_TOO_LARGE', kind: 'data' }),
  );
  expect(readBatchHeader(craftBatch({ maxTimestamp: 2n ** 63n - 1n }), 0).maxTimestamp).toBe(2 ** 63);
});

test('an unknown codec is refused', () => {
  const batch = craftBatch();
  batch.writeInt16BE(5, 21);
  expect(() => readBatchHeader(batch, 0)).toThrowError(expect.objectContaining({ code: 'BATCH_MALFORMED' }));
});

test('int64 as numbers', () => {
  fc.assert(
    fc.property(fc.maxSafeInteger(), (value) => {
      const buffer = Buffer.alloc(8);
      writeInt64(buffer, value, 0);
      expect(buffer.readBigInt64BE()).toBe(BigInt(value));
      expect(readInt64(buffer, 0)).toBe(value);
    }),
  );
});
