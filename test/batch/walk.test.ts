import fc from 'fast-check';
import { expect, test } from 'vitest';
import { refuseOldFormat, walkBatches } from '../../runtime/src/batch/walk.ts';
import { MskBackupError } from '../../runtime/src/errors.ts';
import { craftBatch } from './craft.ts';

const WHERE = { topic: 'orders', partition: 4 };
const first = craftBatch({ baseOffset: 100, records: [{ value: Buffer.from('a') }, { value: Buffer.from('b') }] });
const second = craftBatch({ baseOffset: 102, codec: 1, lastOffsetDelta: 7 });
const both = Buffer.concat([first, second]);

function problem(records: Buffer): MskBackupError {
  try {
    walkBatches(records, WHERE);
  } catch (error) {
    if (error instanceof MskBackupError) return error;
    throw error;
  }
  throw new Error('nothing was found');
}

test('complete batches, with a partial one left at every possible cut', () => {
  for (let length = 0; length <= both.length; length++) {
    const { batches, end } = walkBatches(both.subarray(0, length), WHERE);
    const complete = length < first.length ? 0 : length < both.length ? 1 : 2;
    expect(batches.map(({ baseOffset, lastOffset }) => [baseOffset, lastOffset])).toEqual(
      [
        [100, 101],
        [102, 109],
      ].slice(0, complete),
    );
    expect(end).toBe([0, first.length, both.length][complete]);
  }
});

test('any flipped bit that the CRC covers, or in the CRC, is named with its place', () => {
  fc.assert(
    fc.property(fc.integer({ min: 17 * 8, max: second.length * 8 - 1 }), (bit) => {
      const damaged = Buffer.from(both);
      const at = first.length + (bit >> 3);
      damaged[at] = damaged[at]! ^ (1 << (bit & 7));
      const error = problem(damaged);
      expect(error.kind).toBe('data');
      // An impossible codec is seen before the CRC is computed.
      expect(['CRC_MISMATCH', 'BATCH_MALFORMED']).toContain(error.code);
      expect(error.message).toContain('topic orders, partition 4');
      expect(error.message).toContain('offset 102');
    }),
  );
});

test('damage in front of what the CRC covers', () => {
  const backwards = Buffer.from(both);
  backwards.writeBigInt64BE(101n, first.length);
  expect(problem(backwards).code).toBe('BATCH_MALFORMED');

  const short = Buffer.from(both);
  short.writeInt32BE(48, 8);
  expect(problem(short).code).toBe('BATCH_MALFORMED');

  const future = Buffer.from(both);
  future[16] = 3;
  expect(problem(future).code).toBe('BATCH_MALFORMED');

  const large = Buffer.from(first);
  large.writeBigInt64BE(2n ** 60n, 0);
  const error = problem(large);
  expect(error.code).toBe('OFFSET_TOO_LARGE');
  expect(error.message).toMatch(/^topic orders, partition 4, record batch at offset /);
});

test('counts that cannot be', () => {
  const records = [{}, {}, {}];
  expect(problem(craftBatch({ records, lastOffsetDelta: 1 })).code).toBe('BATCH_MALFORMED');
  expect(problem(craftBatch({ records, lastOffsetDelta: -1 })).code).toBe('BATCH_MALFORMED');
  expect(walkBatches(craftBatch({ records: [], lastOffsetDelta: 5 }), WHERE).batches).toHaveLength(1);
});

test('old message formats are refused in words', () => {
  for (const magic of [0, 1]) {
    const records = craftBatch({ magic });
    const error = problem(records);
    expect(error).toMatchObject({ kind: 'data', code: 'MESSAGE_FORMAT_OLD' });
    expect(error.message).toContain('topic orders, partition 4');
    expect(() => refuseOldFormat(records.subarray(0, 17), WHERE)).toThrowError(error.message);
  }
  expect(() => refuseOldFormat(both, WHERE)).not.toThrow();
  expect(() => refuseOldFormat(Buffer.alloc(0), WHERE)).not.toThrow();
});
