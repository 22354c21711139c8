/**
 * Runs the jobs in their order, a few of them ahead of whoever takes their results, and hands the results out in the same
 * order. When the taker stops early, the jobs under way are awaited and their results dropped.
 * @param depth jobs under way or waiting to be taken, at least 1
 */
export async function* readAhead<T>(jobs: Iterable<() => Promise<T>>, depth: number): AsyncGenerator<T, void, void> {
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
    while (underway.length > 0) {
      const result = await underway[0]!;
      underway.shift();
      start();
      yield result;
    }
  } finally {
    await Promise.allSettled(underway);
  }
}
