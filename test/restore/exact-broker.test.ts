import { afterAll, beforeAll, expect, test } from 'vitest';
import { runRestore } from '../../runtime/src/restore/run.ts';
import { type KafkaCluster, startKafka } from '../support/kafka/cluster.ts';
import { javaClient } from '../support/kafka/java-client.ts';
import { type CraftedPartition, craftedArchive } from './exact-archive.ts';
import { expectToRead } from './exact-judge.ts';
import { expectRightOrTold, holey, restoring } from './exact-trouble.ts';
import { context, restoreJob } from './harness.ts';

let kafka: KafkaCluster;
beforeAll(async () => {
  kafka = await startKafka();
}, 120_000);
afterAll(() => kafka?.stop());

test.each(['transactions', 'markers'] as const)(
  'the only broker dies in the middle of the holes and comes back, %s',
  async (fillHolesWith) => {
    const topic = `died-${fillHolesWith}`;
    const { storage, view } = await craftedArchive(topic, [holey(30), holey(30, 500), holey(30)]);
    const job = restoreJob(kafka, storage, { offsets: 'exact', fillHolesWith });
    let back: Promise<void> | undefined;
    const outcome = await restoring(kafka, job, topic, 1500, async () => {
      const broker = kafka.brokers[0]!;
      await broker.kill();
      back = broker.start();
    });
    await back;
    await expectRightOrTold(kafka, outcome, job, topic, view);
  },
  180_000,
);

const between = (batches: CraftedPartition['batches'], end: number): CraftedPartition => ({ batches, end });

test.each([
  [
    'before the first record',
    100_000,
    { logStart: 3_000_000, ...between([[3_000_000, 10]], 3_000_010) },
    'transactions' as const,
  ],
  [
    'between records',
    50,
    between(
      Array.from({ length: 200 }, (_, n) => [n * 10, 10]),
      2000,
    ),
    'transactions' as const,
  ],
  [
    'in a hole of transactions',
    300,
    between(
      [
        [0, 10],
        [1500, 10],
      ],
      1510,
    ),
    'transactions' as const,
  ],
  [
    'in a hole of markers',
    2000,
    between(
      [
        [0, 10],
        [90_000, 10],
      ],
      90_010,
    ),
    'markers' as const,
  ],
  ['at the end', 300, between([[0, 10]], 1500), 'transactions' as const],
])(
  'somebody else who writes %s is told',
  async (where, past, partition, fillHolesWith) => {
    const topic = `intruded-${where.replaceAll(' ', '-')}`;
    const { storage, view } = await craftedArchive(topic, [partition]);
    const job = restoreJob(kafka, storage, {
      offsets: 'exact',
      fillHolesWith,
      // Slow enough to be caught: small batches lead, and records wait.
      topicConfigOverrides: { 'max.message.bytes': '20000' },
      rateLimitRecordsPerSec: 500,
    });
    const producer = await javaClient(kafka).producer();
    const outcome = await restoring(kafka, job, topic, past, () => producer.send(topic, [{ value: 'intruder' }]));
    expect(outcome).toMatchObject({
      kind: 'data',
      code: expect.stringMatching(/^(OVERSHOT|TARGET_WRITTEN_BY_OTHERS)$/),
      message: expect.stringMatching(new RegExp(`topic ${topic}, partition 0.*--recreate`)),
    });
    // Nor does it go on with what is not its own, as far as that stays.
    if (where !== 'before the first record') {
      await expect(runRestore(job, context().run)).rejects.toMatchObject({ message: expect.stringContaining(topic) });
    }
    await runRestore({ ...job, rateLimitRecordsPerSec: undefined }, context().run, { recreate: true });
    await expectToRead(kafka, topic, view);
  },
  120_000,
);
