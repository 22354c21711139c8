import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type KafkaCluster, startKafka } from '../support/kafka/cluster.ts';
import { consoleConsume } from '../support/kafka/console.ts';
import { type JavaClient, javaClient, type ReadRecord } from '../support/kafka/java-client.ts';
import { backUp, restore, restoreJob } from './harness.ts';
import { killedWhen } from './killed.ts';

const all = [
  ['4', 1],
  ['3.9', 1],
  ['4', 3],
  ['3.9', 3],
] as const;
/** Both versions and both sizes; with MSK_BACKUP_SWEEP set each with each. */
const versions = process.env.MSK_BACKUP_SWEEP ? all : [all[1], all[2]];

describe.each(versions)('exact offsets on Kafka %s, brokers: %i', (version, brokers) => {
  let kafka: KafkaCluster;
  let client: JavaClient;

  beforeAll(async () => {
    kafka = await startKafka({ version, brokers });
    client = javaClient(kafka);
  }, 120_000);
  afterAll(() => kafka?.stop());

  test('every record is at its offset again, whatever the isolation level', async () => {
    await client.createTopic('orders', { partitions: 3 });
    const producer = await client.producer({ 'transactional.id': 'orders', 'compression.type': 'zstd' });
    for (let round = 0; round < 12; round++) {
      await producer.begin();
      await producer.send(
        'orders',
        Array.from({ length: 30 }, (_, n) => ({ partition: n % 3, key: `${n}`, value: `${round}` })),
      );
      await (round % 4 === 3 ? producer.abort() : producer.commit());
    }
    await client.deleteRecords('orders', { 1: 17 });
    const storage = await backUp(kafka, ['orders']);
    const source = await client.readAll('orders');
    const report = await restore(
      kafka,
      storage,
      { offsets: 'exact', topicMapping: { orders: 'orders-again' } },
      { verifyRead: true },
    );
    expect(report.readBack).toEqual({ records: source.length, differences: [] });
    expect(report.plan.markers).toBeGreaterThan(12);
    for (const isolation of ['read_committed', 'read_uncommitted'] as const) {
      expect(await client.readAll('orders-again', { isolation })).toEqual(source);
      const lines = (await consoleConsume(kafka, 'orders-again', { isolation })).sort();
      expect(lines).toEqual((await consoleConsume(kafka, 'orders')).sort());
    }
    expect(await client.offsets('orders-again')).toEqual(expectedOffsets(await client.offsets('orders'), source));
  }, 120_000);

  test('a partition goes on where it starts, far from 0', async () => {
    await client.createTopic('far');
    await restoreFarTopic(kafka, client);
  }, 180_000);

  test('killed at any point and run again, it ends the same', async () => {
    await client.createTopic('hard', { partitions: 2 });
    const producer = await client.producer({ 'transactional.id': 'hard' });
    for (let round = 0; round < 40; round++) {
      await producer.begin();
      await producer.send(
        'hard',
        Array.from({ length: 10 }, (_, n) => ({ partition: n % 2, key: `${n}`, value: `${round}` })),
      );
      await (round % 4 === 3 ? producer.abort() : producer.commit());
    }
    await client.deleteRecords('hard', { 0: 40 });
    const storage = await backUp(kafka, ['hard']);
    const source = await client.readAll('hard');
    const job = restoreJob(kafka, storage, { offsets: 'exact', topicMapping: { hard: 'hard-again' } });
    const end = async () =>
      (await client.offsets('hard-again', 'read_uncommitted').catch(() => [])).reduce((sum, { end }) => sum + end, 0);
    let kills = 0;
    for (const part of [0, 20, 60, 150, 300])
      if (await killedWhen(job, async () => (await end()) > part, { noteEveryMs: 50 })) kills++;
    expect(kills).toBeGreaterThanOrEqual(2);
    const report = await restore(kafka, storage, job, { verifyRead: true });
    expect(report.readBack).toEqual({ records: source.length, differences: [] });
    expect(await client.readAll('hard-again', { isolation: 'read_uncommitted' })).toEqual(source);
    expect(await client.offsets('hard-again')).toEqual(expectedOffsets(await client.offsets('hard'), source));
  }, 180_000);
});

/** Starts at the first record where that is later than the log start. */
function expectedOffsets(offsets: { start: number; end: number }[], records: ReadRecord[]) {
  return offsets.map(({ start, end }, partition) => {
    const first = records.find((record) => record.partition === partition)?.offset ?? end;
    return { start: Math.max(start, first), end };
  });
}

async function restoreFarTopic(kafka: KafkaCluster, client: JavaClient): Promise<void> {
  const producer = await client.producer();
  await producer.send(
    'far',
    Array.from({ length: 2500 }, (_, n) => ({ value: `${n}` })),
  );
  await client.deleteRecords('far', { 0: 2400 });
  const storage = await backUp(kafka, ['far']);
  const source = await client.readAll('far');
  const report = await restore(kafka, storage, { offsets: 'exact', topicMapping: { far: 'far-again' } });
  expect(report.plan).toMatchObject({ markers: 0, leadingOffsets: 2400 });
  expect(await client.readAll('far-again')).toEqual(source);
  expect(await client.offsets('far-again')).toEqual([{ start: 2400, end: 2500 }]);
}
