/**
 * Kafka's requests name each topic once, with its partitions below; ours are flat lists. Only neighbours are put together,
 * so that the order stays: a broker fills a fetch answer in the order of the request.
 */
export function runsOfTopic<T extends { topic: string }>(items: readonly T[]): { topic: string; items: T[] }[] {
  const runs: { topic: string; items: T[] }[] = [];
  for (const item of items) {
    const last = runs.at(-1);
    if (last?.topic === item.topic) last.items.push(item);
    else runs.push({ topic: item.topic, items: [item] });
  }
  return runs;
}
