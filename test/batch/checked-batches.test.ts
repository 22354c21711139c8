import fc from 'fast-check';
import { expect, test } from 'vitest';
import { crcOfCheckedBatches } from '../../runtime/src/batch/checked-batches.ts';
import { crc32c } from '../../runtime/src/batch/crc32c.ts';
import { encodeBatch } from '../../runtime/src/batch/encode.ts';

/** A batch of one record with a value of so many bytes. */
async function batch(baseOffset: number, valueBytes: number): Promise<Buffer> {
  const record = {
    offset: baseOffset,
    timestamp: 1_700_000_000_000,
    key: null,
    value: Buffer.alloc(valueBytes, 7),
    headers: [],
  };
  return encodeBatch([record], { codec: 'none', timestampType: 'CreateTime', baseOffset });
}

test('is the CRC of the bytes, for batches of any sizes', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 20_000 }), { minLength: 1, maxLength: 12 }), async (sizes) => {
      const batches = await Promise.all(sizes.map((size, i) => batch(i * 1000, size)));
      const bytes = Buffer.concat(batches);
      expect(crcOfCheckedBatches(bytes, batches.length)).toBe(crc32c(bytes));
    }),
    { numRuns: 100 },
  );
});

test('holds the first 21 bytes of a batch, which its own CRC does not', async () => {
  const bytes = await batch(5, 10_000);
  const before = crcOfCheckedBatches(bytes, 1);
  bytes.writeBigInt64BE(6n, 0);
  expect(crcOfCheckedBatches(bytes, 1)).toBe(crc32c(bytes));
  expect(crcOfCheckedBatches(bytes, 1)).not.toBe(before);
});
