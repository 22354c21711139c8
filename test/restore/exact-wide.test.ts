import { afterAll, beforeAll, expect, test } from 'vitest';
import { type KafkaCluster, startKafka } from '../support/kafka/cluster.ts';
import { type CraftedPartition, craftedArchive } from './exact-archive.ts';
import { expectToRead } from './exact-judge.ts';
import { restore } from './harness.ts';

const PARTITIONS = 200;

let kafka: KafkaCluster;
beforeAll(async () => {
  kafka = await startKafka({ config: { 'log.index.size.max.bytes': '65536' } });
}, 120_000);
afterAll(() => kafka?.stop());

/** A few holes, of another length in each; every third begins late. */
function partition(number: number): CraftedPartition {
  const start = number % 3 === 0 ? 1000 * number : 0;
  return {
    logStart: start,
    batches: [
      [start, 5],
      [start + 6 + (number % 4), 5],
      [start + 20, 1],
    ],
    end: start + 21 + (number % 5),
  };
}

test.each(['transactions', 'markers'] as const)(
  'many partitions with few holes, filled by %s',
  async (how) => {
    const topic = `wide-${how}`;
    const { storage, view } = await craftedArchive(
      topic,
      Array.from({ length: PARTITIONS }, (_, number) => partition(number)),
    );
    const report = await restore(
      kafka,
      storage,
      { offsets: 'exact', fillHolesWith: how, maxConcurrentPartitions: 64 },
      { verifyRead: true },
    );
    expect(report.readBack).toEqual({ records: PARTITIONS * 11, differences: [] });
    await expectToRead(kafka, topic, view);
  },
  120_000,
);
