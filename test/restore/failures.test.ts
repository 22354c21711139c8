import { afterAll, beforeAll, expect, test } from 'vitest';
import { runRestore } from '../../runtime/src/restore/run.ts';
import { type KafkaCluster, startKafka } from '../support/kafka/cluster.ts';
import { type JavaClient, javaClient } from '../support/kafka/java-client.ts';
import { backUp, content, context, restoreJob } from './harness.ts';

let kafka: KafkaCluster;
let client: JavaClient;
beforeAll(async () => {
  kafka = await startKafka({ brokers: 3, heap: '384m' });
  client = javaClient(kafka);
}, 180_000);
afterAll(() => kafka.stop());

test('a leader that is killed and comes back costs nothing and doubles nothing', async () => {
  await client.createTopic('orders', { partitions: 6 });
  const producer = await client.producer({ 'compression.type': 'lz4', 'batch.size': '32768' });
  const value = 'order '.repeat(100);
  for (let partition = 0; partition < 6; partition++) {
    await producer.send(
      'orders',
      Array.from({ length: 4000 }, (_, n) => ({ partition, key: `${n}`, value })),
    );
  }
  const storage = await backUp(kafka, ['orders']);

  const killed = kafka.brokers[1]!;
  let acknowledged = 0;
  let restarted: Promise<void> | undefined;
  const { run } = context(undefined, () => {
    acknowledged++;
    if (acknowledged === 6) restarted = killed.kill().then(() => killed.start());
  });
  const job = restoreJob(kafka, storage, {
    topicMapping: { orders: 'orders-again' },
    // Slow enough that batches are under way all the time while the broker is gone.
    rateLimitRecordsPerSec: 4000,
  });
  const report = await runRestore(job, run, { verifyRead: true });
  expect(restarted).toBeDefined();
  await restarted;
  expect(report.readBack).toEqual({ records: 24_000, differences: [] });
  expect(content(await client.readAll('orders-again'))).toEqual(content(await client.readAll('orders')));
}, 180_000);

test('a target without enough in-sync replicas ends the restore with the partition and the reason', async () => {
  await client.createTopic('small');
  await (await client.producer()).send('small', [{ value: 'a' }]);
  const storage = await backUp(kafka, ['small']);
  await client.createTopic('starved', { config: { 'min.insync.replicas': '3' } });
  await kafka.brokers[2]!.kill();
  const job = restoreJob(kafka, storage, { topicMapping: { small: 'starved' }, produceTimeoutMs: 1000 });
  await expect(runRestore(job, context().run, { stallMs: 4000 })).rejects.toMatchObject({
    kind: 'connection',
    code: 'NO_PROGRESS',
    message: expect.stringMatching(
      /topic starved, partition 0 \(source offsets 0 to 0\): .*(NOT_ENOUGH_REPLICAS|REQUEST_TIMED_OUT)/,
    ),
  });
}, 60_000);
