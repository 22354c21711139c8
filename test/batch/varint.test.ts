import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readVarint, readVarlong, varintSize, writeVarint } from '../../runtime/src/batch/varint.ts';
import { zigzag } from './craft.ts';

const edges = [0, 1, 5, 6, 7, 13, 14, 20, 21, 27, 28, 29, 30, 31, 32, 34, 35, 41, 42, 48, 49, 52].flatMap((bits) => [
  2 ** bits - 1,
  2 ** bits,
  -(2 ** bits),
  -(2 ** bits) - 1,
]);
const integer = fc.oneof(fc.constantFrom(...edges), fc.maxSafeInteger(), fc.integer());

test('written, measured and read as the format says', () => {
  fc.assert(
    fc.property(integer, fc.nat(3), (value, at) => {
      const expected = zigzag(BigInt(value));
      const bytes = Buffer.alloc(16, 0xff);
      const end = writeVarint(bytes, value, at);
      expect(bytes.subarray(at, end).toString('hex')).toBe(expected.toString('hex'));
      expect(varintSize(value)).toBe(expected.length);
      const cursor = { at };
      expect(readVarlong(bytes, cursor)).toBe(value);
      expect(cursor.at).toBe(end);
      if (value === (value | 0)) {
        cursor.at = at;
        expect(readVarint(bytes, cursor)).toBe(value);
        expect(cursor.at).toBe(end);
      }
    }),
    { numRuns: 1000 },
  );
});

test('numbers that do not fit, and bytes that end too early', () => {
  const malformed = expect.objectContaining({ kind: 'data', code: 'BATCH_MALFORMED' });
  expect(() => readVarint(zigzag(2n ** 31n), { at: 0 })).toThrowError(malformed);
  expect(() => readVarlong(Buffer.alloc(11, 0x80), { at: 0 })).toThrowError(malformed);
  const large = expect.objectContaining({ kind: 'data', code: 'OFFSET_TOO_LARGE' });
  expect(() => readVarlong(zigzag(2n ** 53n), { at: 0 })).toThrowError(large);
  expect(() => readVarlong(zigzag(-(2n ** 63n)), { at: 0 })).toThrowError(large);
  for (const value of [100n, 10_000n, 2n ** 29n]) {
    const bytes = zigzag(value);
    for (let length = 0; length < bytes.length; length++) {
      expect(() => readVarint(bytes.subarray(0, length), { at: 0 })).toThrowError(malformed);
      expect(() => readVarlong(bytes.subarray(0, length), { at: 0 })).toThrowError(malformed);
    }
  }
});
