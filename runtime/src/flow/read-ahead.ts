/**
 * Runs the jobs in their order, a few of them ahead of whoever takes their results, and hands the results out in the same
 * order. When the taker stops early, or a job fails, the jobs under way are awaited and their results dropped.
 * @param depth jobs under way or waiting to be taken, at least 1
 * @param drop gives back what a result holds that nobody takes
 */
export async function* readAhead<T>(
  jobs: Iterable<() => Promise<T>>,
  depth: number,
  drop: (result: T) => void = () => {},
): AsyncGenerator<T, void, void> {
  const underway: Promise<T>[] = [];
  const iterator = jobs[Symbol.iterator]();
  const start = () => {
    const next = iterator.next();
    if (next.done) return;
    const running = next.value();
    // Its failure is told when its turn comes; until then nobody listens.
    running.catch(() => {});
    underway.push(running);
  };
  try {
    for (let n = 0; n < depth; n++) start();
    for (let next = underway.shift(); next !== undefined; next = underway.shift()) {
      const result = await next;
      start();
      yield result;
    }
  } finally {
    // Each is dropped as it comes: a later one may wait for the room of an earlier one.
    await Promise.all(underway.map((running) => running.then(drop, () => {})));
  }
}
