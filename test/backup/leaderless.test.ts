import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { readCommit } from '../../runtime/src/archive/commits.ts';
import { TestArchive } from '../support/archive/backup.ts';
import { type KafkaCluster, startKafka } from '../support/kafka/cluster.ts';
import { type JavaClient, javaClient } from '../support/kafka/java-client.ts';

let kafka: KafkaCluster;
let client: JavaClient;
let archive: TestArchive;
beforeAll(async () => {
  kafka = await startKafka({ brokers: 3 });
  client = javaClient(kafka);
});
afterAll(() => kafka.stop());
beforeEach(async () => {
  archive = await TestArchive.create();
});
afterEach(async () => {
  await archive.remove();
  for (const broker of kafka.brokers) if (broker.pid === 0) await broker.start();
});

async function fill(topic: string, values: string[]): Promise<void> {
  const producer = await client.producer({ acks: 'all', 'batch.size': '0' });
  for (let partition = 0; partition < 3; partition++) {
    await producer.send(
      topic,
      values.map((value) => ({ partition, value })),
    );
  }
  await producer.close();
}

/** Partitions lie on one broker each: ends one broker, and says which partition nobody leads then. */
async function killALeader(topic: string) {
  const { leaders } = await client.describeTopic(topic);
  const dead = leaders.indexOf(kafka.brokers[2]!.nodeId);
  await kafka.brokers[2]!.kill();
  // Once the cluster has noticed, nothing is waited for that does not come.
  while ((await client.describeTopic(topic)).leaders[dead] === kafka.brokers[2]!.nodeId) await sleep(200);
  return dead;
}

const impatient = (topic: string) => {
  const job = archive.job(kafka, [topic]);
  return { source: { ...job.source, requestTimeoutMs: 2_000, connectTimeoutMs: 2_000 } };
};

test('a topic created again that nobody leads at first has its beginning in the snapshot after that', async () => {
  await client.createTopic('again', { partitions: 3, replicationFactor: 1 });
  await fill('again', ['old-0', 'old-1', 'old-2']);
  await archive.backup(kafka, ['again']);
  await client.deleteTopic('again');
  await client.createTopic('again', { partitions: 3, replicationFactor: 1 });
  await fill('again', ['new-0', 'new-1', 'new-2', 'new-3']);
  const dead = await killALeader('again');
  await expect(archive.run(kafka, ['again'], { job: impatient('again') })).rejects.toMatchObject({
    kind: 'connection',
    message: expect.stringContaining(`again[${dead}]: no broker leads the partition`),
  });
  await kafka.brokers[2]!.start();
  const whole = await archive.backup(kafka, ['again']);
  expect(whole.kind).toBe('complete');
  expect(await archive.records(whole, 'again')).toEqual(await client.readAll('again'));
}, 120_000);

test('groups keep the positions that they had on a partition that nobody leads', async () => {
  await client.createTopic('read', { partitions: 3, replicationFactor: 1 });
  await fill('read', ['a', 'b']);
  const offsets = [0, 1, 2].map((partition) => ({ topic: 'read', partition, offset: 1 }));
  await client.commitOffsets('reader', offsets);
  await archive.backup(kafka, ['read']);
  await client.commitOffsets(
    'reader',
    offsets.map((at) => ({ ...at, offset: 2 })),
  );
  const dead = await killALeader('read');
  // A coordinator that has just taken over answers with what was there before its high watermark has caught up.
  await expect
    .poll(async () => (await client.groupOffsets('reader')).map(({ offset }) => offset), { timeout: 60_000 })
    .toEqual([2, 2, 2]);
  await archive.run(kafka, ['read'], { job: impatient('read') }).catch(() => {});
  const { groups } = await readCommit(archive.store, 1);
  expect(groups.map(({ groupId }) => groupId)).toEqual(['reader']);
  const positions = groups[0]!.offsets.map(({ partition, offset }) => [partition, offset]);
  expect(positions.sort()).toEqual([0, 1, 2].map((partition) => [partition, partition === dead ? 1 : 2]));
}, 120_000);
