import { expect, test } from 'vitest';
import { RateLimit } from '../../runtime/src/flow/rate-limit.ts';

const never = new AbortController().signal;

/** ms that taking all of it needed. */
async function timed(limit: RateLimit, pieces: [bytes: number, records: number][]): Promise<number> {
  const began = performance.now();
  for (const [bytes, records] of pieces) await limit.take(bytes, records, never);
  return performance.now() - began;
}

test('bytes are spaced so that the rate is not exceeded', async () => {
  const limit = new RateLimit({ bytesPerSecond: 10_000 });
  // The last piece leaves 0.2 s after the first at the earliest.
  expect(
    await timed(limit, [
      [1000, 1],
      [1000, 1],
      [1000, 1],
    ]),
  ).toBeGreaterThanOrEqual(195);
});

test('records have a rate of their own', async () => {
  const limit = new RateLimit({ bytesPerSecond: 1e12, recordsPerSecond: 100 });
  expect(
    await timed(limit, [
      [1, 10],
      [1, 10],
      [1, 10],
    ]),
  ).toBeGreaterThanOrEqual(195);
});

test('batches are kept so small that the rate holds over short times too', () => {
  expect(new RateLimit({ bytesPerSecond: 4000 }).batchBytes).toBe(1000);
  expect(new RateLimit({ recordsPerSecond: 2 }).batchRecords).toBe(1);
  expect(new RateLimit({}).batchBytes).toBe(Number.POSITIVE_INFINITY);
});

test('waiting ends when the signal aborts', async () => {
  const limit = new RateLimit({ bytesPerSecond: 1 });
  const stop = new AbortController();
  await limit.take(1000, 1, stop.signal);
  const waiting = limit.take(1, 1, stop.signal);
  stop.abort();
  await expect(waiting).rejects.toThrow();
});
