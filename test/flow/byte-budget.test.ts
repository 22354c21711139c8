import { expect, test } from 'vitest';
import { ByteBudget } from '../../runtime/src/flow/byte-budget.ts';

/** Whether the promise has settled by the next turn of the event loop. */
async function settled(promise: Promise<unknown>): Promise<boolean> {
  let done = false;
  promise.then(
    () => (done = true),
    () => (done = true),
  );
  await new Promise((resolve) => setImmediate(resolve));
  return done;
}

test('waits until enough has been released, in the order of the calls', async () => {
  const budget = new ByteBudget(100);
  await budget.acquire(80);
  const large = budget.acquire(50);
  const small = budget.acquire(10);
  expect(await settled(large)).toBe(false);
  expect(await settled(small)).toBe(false);
  budget.release(80);
  await Promise.all([large, small]);
  expect(budget.used).toBe(60);
});

test('lets a piece through that is larger than the budget, alone', async () => {
  const budget = new ByteBudget(100);
  await budget.acquire(1);
  const huge = budget.acquire(1000);
  expect(await settled(huge)).toBe(false);
  budget.release(1);
  await huge;
  const next = budget.acquire(1);
  expect(await settled(next)).toBe(false);
  budget.release(1000);
  await next;
});

test('fails everyone who waits once the data has nowhere to go', async () => {
  const budget = new ByteBudget(1);
  await budget.acquire(1);
  const waiting = budget.acquire(1);
  budget.fail(new Error('disk full'));
  await expect(waiting).rejects.toThrow('disk full');
  await expect(budget.acquire(1)).rejects.toThrow('disk full');
});
