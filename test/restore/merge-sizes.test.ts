import { expect, test } from 'vitest';
import { aloneBytes, mergeBytes } from '../../runtime/src/restore/write/merge-sizes.ts';

const kB = 1024;

test('batches stay within what the target takes and the rate allows', () => {
  expect(mergeBytes(1_000_000, Number.POSITIVE_INFINITY)).toBe(512 * kB);
  expect(mergeBytes(1_000_000, 2500)).toBe(2500);
});

test('compressed batches are taken apart where replicas make each request slow, and few partitions fill it', () => {
  expect(aloneBytes(1, 4)).toBe(8 * kB);
  expect(aloneBytes(3, 1)).toBe(256 * kB);
  expect(aloneBytes(3, 4)).toBe(64 * kB);
  expect(aloneBytes(3, 64)).toBe(8 * kB);
});
