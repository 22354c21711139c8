import v8 from 'node:v8';
import vm from 'node:vm';
import { expect, test } from 'vitest';
import { BufferPool } from '../../runtime/src/flow/buffer-pool.ts';

const MIB = 1024 * 1024;

test('lends the same memory again, at the size that is asked for', () => {
  const pool = new BufferPool(16 * MIB);
  const first = pool.take(2 * MIB - 5);
  pool.give(first);
  const second = pool.take(2 * MIB - 100);
  expect(second.length).toBe(2 * MIB - 100);
  expect(second.buffer).toBe(first.buffer);
  expect(pool.take(100).buffer).not.toBe(first.buffer);
});

test('keeps no more than it may, and takes nothing back twice', () => {
  const pool = new BufferPool(3 * MIB);
  const [a, b] = [pool.take(2 * MIB), pool.take(2 * MIB)];
  pool.give(a);
  pool.give(b);
  expect(pool.take(2 * MIB).buffer).toBe(a.buffer);
  expect(pool.take(2 * MIB).buffer).not.toBe(b.buffer);
  expect(() => pool.give(a)).toThrow(/given back before/);
});

test('holds on to nothing that never comes back', async () => {
  v8.setFlagsFromString('--expose-gc');
  const collect = vm.runInNewContext('gc') as () => void;
  const pool = new BufferPool(16 * MIB);
  for (let i = 0; i < 60; i++) pool.take(8 * MIB);
  // The memory itself goes in another thread.
  const left = () => {
    collect();
    return process.memoryUsage().arrayBuffers;
  };
  await expect.poll(left, { timeout: 30_000 }).toBeLessThan(100 * MIB);
});
