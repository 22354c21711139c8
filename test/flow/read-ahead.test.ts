import { expect, test } from 'vitest';
import { readAhead } from '../../runtime/src/flow/read-ahead.ts';

test('results that nobody takes are dropped, each as it comes', async () => {
  const dropped: number[] = [];
  const room = Promise.withResolvers<number>();
  const jobs = [
    () => Promise.resolve(0),
    () => Promise.reject(new Error('damaged')),
    () => Promise.resolve(2),
    // Gets its room only from the one before it.
    () => room.promise,
  ];
  const drop = (result: number) => {
    dropped.push(result);
    if (result === 2) room.resolve(3);
  };
  const taken: number[] = [];
  const take = async () => {
    for await (const result of readAhead(jobs, 4, drop)) taken.push(result);
  };
  await expect(take()).rejects.toThrow('damaged');
  expect(taken).toEqual([0]);
  expect(dropped).toEqual([2, 3]);
});
