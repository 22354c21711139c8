import fc from 'fast-check';
import { expect, test } from 'vitest';
import { batchChain, crc32c, EMPTY_CHAIN, extendChain } from '../../runtime/src/batch/crc32c.ts';
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
