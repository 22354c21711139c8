import { expect, test } from 'vitest';
import { TestArchive } from '../support/archive/backup.ts';
import { startKafka } from '../support/kafka/cluster.ts';
import { javaClient } from '../support/kafka/java-client.ts';

/** `npm run bench` does the same with 2,000 and measures the memory. */
test('many more partitions than are open at once, a third of them empty', async () => {
  const kafka = await startKafka({ config: { 'log.index.size.max.bytes': '65536' } });
  const archive = await TestArchive.create();
  try {
    const client = javaClient(kafka);
    await client.createTopic('many', { partitions: 400 });
    await client.createTopic('more', { partitions: 200 });
    const producer = await client.producer({ 'linger.ms': '5' });
    for (const [topic, partitions] of [
      ['many', 400],
      ['more', 200],
    ] as const) {
      const filled = Array.from({ length: partitions }, (_, partition) => partition).filter((n) => n % 3 !== 0);
      await producer.send(
        topic,
        filled.flatMap((partition) =>
          [1, 2].map((n) => ({ partition, value: `${partition}/${n} ${'x'.repeat(200)}` })),
        ),
      );
    }
    const snapshot = await archive.backup(kafka, ['m*'], { job: { maxConcurrentPartitions: 16 } });
    expect(snapshot.kind).toBe('complete');
    expect(snapshot.topics.map(({ partitions }) => partitions.length)).toEqual([400, 200]);
    // One pack a topic: thin partitions share.
    expect(snapshot.added.packs).toBe(2);
    for (const topic of ['many', 'more']) {
      const records = await archive.records(snapshot, topic);
      expect(records.length).toBeGreaterThan(200);
      expect(records).toEqual(await client.readAll(topic));
    }
  } finally {
    await archive.remove();
    await kafka.stop();
  }
}, 120_000);
