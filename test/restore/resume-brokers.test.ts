/** Three brokers: the leaders that a restore wrote to are gone when it is run again. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runRestore } from '../../runtime/src/restore/run.ts';
import { type KafkaCluster, startKafka } from '../support/kafka/cluster.ts';
import { type JavaClient, javaClient } from '../support/kafka/java-client.ts';
import { backUp, content, context, restoreJob } from './harness.ts';
import { killedWhen } from './killed.ts';

let kafka: KafkaCluster;
let client: JavaClient;
beforeAll(async () => {
  kafka = await startKafka({ brokers: 3 });
  client = javaClient(kafka);
}, 180_000);
afterAll(() => kafka?.stop());

test.each(['translate', 'exact'] as const)(
  'killed, and its leaders too, it goes on with those that are left, offsets: %s',
  async (offsets) => {
    const topic = `orders-${offsets}`;
    const target = `${topic}-again`;
    await client.createTopic(topic, { partitions: 3 });
    const producer = await client.producer({ 'transactional.id': topic, 'compression.type': 'lz4' });
    for (let round = 0; round < 20; round++) {
      await producer.begin();
      await producer.send(
        topic,
        Array.from({ length: 30 }, (_, n) => ({ partition: n % 3, key: `${n}`, value: `${round}` })),
      );
      await (round % 5 === 4 ? producer.abort() : producer.commit());
    }
    await producer.close();
    const all = await client.readAll(topic);
    const job = restoreJob(kafka, await backUp(kafka, [topic]), {
      offsets,
      topicMapping: { [topic]: target },
      rateLimitRecordsPerSec: 120,
    });
    const written = async () => (await client.readAll(target).catch(() => [])).length;
    expect(await killedWhen(job, async () => (await written()) > 60, { noteEveryMs: 50 })).toBe(true);
    const before = (await client.describeTopic(target)).leaders;
    const gone = kafka.brokers.find(({ nodeId }) => nodeId === before[0])!;
    await gone.kill();
    try {
      const { rateLimitRecordsPerSec: _, ...quick } = job;
      const report = await runRestore(quick, context().run, { verifyRead: true });
      expect(report.plan.topics[0]!.action).toBe('resume');
      expect(report.readBack).toEqual({ records: all.length, differences: [] });
      expect((await client.describeTopic(target)).leaders).not.toContain(gone.nodeId);
      const again = await client.readAll(target);
      expect(content(again)).toEqual(content(all));
      if (offsets === 'exact') expect(again).toEqual(all);
    } finally {
      await gone.start();
    }
  },
  180_000,
);
