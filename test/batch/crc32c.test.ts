import fc from 'fast-check';
import { expect, test } from 'vitest';
import { batchChain, crc32c, EMPTY_CHAIN, extendChain, replaceInCrc } from '../../runtime/src/batch/crc32c.ts';
import { slowCrc32c } from './craft.ts';

test('the check value of CRC-32C', () => {
  expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283);
});

test('a seed continues', () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.uint8Array(), (a, b) => {
      expect(crc32c(b, crc32c(a))).toBe(slowCrc32c(Buffer.concat([a, b])));
    }),
  );
});

test('the chain is the CRC over the big-endian CRC fields', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(0xffffffff)), (crcs) => {
      const bytes = Buffer.alloc(crcs.length * 4);
      for (const [index, crc] of crcs.entries()) bytes.writeUInt32BE(crc, index * 4);
      expect(batchChain(crcs)).toBe(slowCrc32c(bytes));
      expect(crcs.reduce(extendChain, EMPTY_CHAIN)).toBe(batchChain(crcs));
    }),
  );
});

test('a changed beginning changes the CRC without the rest', () => {
  const pair = fc.nat(60).chain((length) => {
    const bytes = fc.uint8Array({ minLength: length, maxLength: length });
    return fc.tuple(bytes, bytes);
  });
  const rest = fc.oneof(
    fc.uint8Array({ maxLength: 70 }),
    fc.integer({ min: 0, max: 100_000 }).map((size) => new Uint8Array(size).fill(7)),
  );
  fc.assert(
    fc.property(pair, rest, ([a, b], r) => {
      const crc = crc32c(Buffer.concat([a, r]));
      expect(replaceInCrc(crc, crc32c(a), crc32c(b), r.length)).toBe(crc32c(Buffer.concat([b, r])));
    }),
  );
});
