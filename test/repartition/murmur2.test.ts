import { expect, test } from 'vitest';
import { murmur2 } from '../../runtime/src/repartition/murmur2.ts';
import { partitionFor, partitionWithoutKey } from '../../runtime/src/repartition/partitioner.ts';

test("the hashes that Kafka's own test expects", () => {
  // clients/src/test/java/org/apache/kafka/common/utils/UtilsTest.java, testMurmur2
  const vectors: [string, number][] = [
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
    ['abc', 479470107],
  ];
  for (const [key, hash] of vectors) {
    expect(murmur2(Buffer.from(key))).toBe(hash);
    expect(murmur2(Buffer.from(`--${key}--`), 2, 2 + key.length)).toBe(hash);
  }
});

test('negative hashes have a partition too', () => {
  expect(partitionFor(Buffer.from('21'), 1)).toBe(0);
  expect(partitionFor(Buffer.from('21'), 100)).toBe((-973932308 & 0x7fffffff) % 100);
});

test('batches without keys are spread evenly, whatever their base offsets have in common', () => {
  for (const step of [1, 12, 500, 2 ** 20]) {
    const counts = new Array(12).fill(0);
    for (let n = 0; n < 1200; n++) counts[partitionWithoutKey(n % 3, n * step, 12)]++;
    expect(Math.min(...counts)).toBeGreaterThan(50);
    expect(Math.max(...counts)).toBeLessThan(160);
  }
  expect(partitionWithoutKey(3, 5_000_000_000, 12)).toBe(partitionWithoutKey(3, 5_000_000_000, 12));
});
