import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, test } from 'vitest';
import { type KafkaCluster, startKafka } from '../support/kafka/cluster.ts';
import { javaClient } from '../support/kafka/java-client.ts';
import { craftedArchive } from './exact-archive.ts';
import { expectRightOrTold, holey, restoring } from './exact-trouble.ts';
import { restoreJob } from './harness.ts';

const FILLERS = ['transactions', 'markers'] as const;

let kafka: KafkaCluster;
beforeAll(async () => {
  // A follower that hangs is let go soon, so that the restore has to live with both.
  kafka = await startKafka({ brokers: 3, heap: '384m', config: { 'replica.lag.time.max.ms': '8000' } });
}, 180_000);
afterAll(() => kafka?.stop());

test.each(FILLERS)(
  'a leader dies in the middle of the holes and comes back, %s',
  async (fillHolesWith) => {
    const topic = `died-${fillHolesWith}`;
    const { storage, view } = await craftedArchive(topic, [holey(20), holey(20, 500), holey(20)]);
    const job = restoreJob(kafka, storage, { offsets: 'exact', fillHolesWith });
    let back: Promise<void> | undefined;
    const outcome = await restoring(kafka, job, topic, 1500, async () => {
      const [leader] = (await javaClient(kafka).describeTopic(topic)).leaders;
      const broker = kafka.brokers[leader! - 1]!;
      await broker.kill();
      back = broker.start();
    });
    await back;
    await expectRightOrTold(kafka, outcome, job, topic, view);
  },
  180_000,
);

test.each([
  ['transactions', 4_000],
  ['transactions', 12_000],
  ['markers', 12_000],
] as const)(
  'a follower hangs for a while, %s, %i ms',
  async (fillHolesWith, forMs) => {
    const topic = `hung-${fillHolesWith}-${forMs}`;
    const { storage, view } = await craftedArchive(topic, [holey(20), holey(20, 500)]);
    const job = restoreJob(kafka, storage, { offsets: 'exact', fillHolesWith });
    const outcome = await restoring(kafka, job, topic, 1000, async () => {
      const { leaders } = await javaClient(kafka).describeTopic(topic);
      const follower = kafka.brokers.find(({ nodeId }) => !leaders.includes(nodeId))!;
      follower.pause();
      await sleep(forMs);
      follower.resume();
    });
    await expectRightOrTold(kafka, outcome, job, topic, view);
  },
  180_000,
);
