import { readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { readCommit } from '../../runtime/src/archive/commits.ts';
import { refuseOldFormats } from '../../runtime/src/backup/old-formats.ts';
import { planRun } from '../../runtime/src/backup/plan-run.ts';
import { createKafkaClient } from '../../runtime/src/kafka/kafkajs-client.ts';
import { silent } from '../../runtime/src/observe/progress.ts';
import { brief, TestArchive } from '../support/archive/backup.ts';
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

async function fill(topic: string, partitions: number, count: number): Promise<void> {
  const producer = await client.producer({ 'batch.size': '0', acks: 'all' });
  for (let partition = 0; partition < partitions; partition++) {
    await producer.send(
      topic,
      Array.from({ length: count }, (_, i) => ({ partition, value: `${partition}-${i}` })),
    );
  }
  await producer.close();
}

/** Times are short so that a broker that stays away is given up soon. */
const IMPATIENT = (job: ReturnType<TestArchive['job']>) => ({
  source: { ...job.source, requestTimeoutMs: 2_000, connectTimeoutMs: 2_000 },
});

test('follows the leaders when a broker dies in the middle of the copy', async () => {
  await client.createTopic('moving', { partitions: 6, replicationFactor: 3 });
  await fill('moving', 6, 200);
  let killed: Promise<void> | undefined;
  const snapshot = await archive.backup(kafka, ['moving'], {
    job: { fetchMaxBytes: 1 },
    onAdvance: () => {
      killed ??= kafka.brokers[1]!.kill();
    },
  });
  await killed;
  expect(snapshot.kind).toBe('complete');
  expect(await archive.records(snapshot, 'moving')).toEqual(await client.readAll('moving'));
}, 120_000);

test('a partition without a living replica does not stop the others, is named, and is caught up later', async () => {
  await client.createTopic('alone', { partitions: 6, replicationFactor: 1 });
  await fill('alone', 6, 3);
  const { leaders } = await client.describeTopic('alone');
  const victim = kafka.brokers.find(({ nodeId }) => nodeId !== leaders[0])!;
  const dead = leaders.flatMap((leader, partition) => (leader === victim.nodeId ? [partition] : []));
  expect(dead.length).toBeGreaterThan(0);
  await victim.kill();
  const job = IMPATIENT(archive.job(kafka, ['alone']));
  await expect(archive.run(kafka, ['alone'], { job })).rejects.toMatchObject({
    kind: 'connection',
    message: expect.stringMatching(
      new RegExp(`alone\\[${dead[0]}\\].*${dead.length} partitions? not copied.*partial snapshot .*, commit 0`),
    ),
  });
  await victim.start();
  const whole = await archive.backup(kafka, ['alone']);
  expect(whole).toMatchObject({ kind: 'complete', sequence: 1 });
  expect(whole.added.records).toBe(3 * dead.length);
  expect(await archive.records(whole, 'alone')).toEqual(await client.readAll('alone'));
}, 120_000);

test('a partition whose leader died does not keep the others from being looked at for old formats', async () => {
  await client.createTopic('stale', { partitions: 3, replicationFactor: 1 });
  await fill('stale', 3, 3);
  const source = createKafkaClient(archive.job(kafka, ['stale']).source);
  await source.connect();
  try {
    const context = { progress: silent, signal: new AbortController().signal };
    const plan = await planRun(source, undefined, archive.job(kafka, ['stale']), context);
    const [leader] = (await client.describeTopic('stale')).leaders;
    await kafka.brokers.find(({ nodeId }) => nodeId === leader)!.kill();
    await refuseOldFormats(source, plan, context.signal);
    expect(plan.partitions.length).toBe(3);
  } finally {
    await source.close();
  }
}, 120_000);

test('a log that lost its end starts a new generation where it diverged', async () => {
  await client.createTopic('truncated', { replicationFactor: 1 });
  await fill('truncated', 1, 10);
  const before = await archive.backup(kafka, ['truncated']);
  const [leader] = (await client.describeTopic('truncated')).leaders;
  const broker = kafka.brokers.find(({ nodeId }) => nodeId === leader)!;
  await broker.kill();
  // What an unclean election does to a log: its last batches are gone, and others come in their place.
  const directory = join(broker.logDir, 'truncated-0');
  const log = join(directory, '00000000000000000000.log');
  const size = (await readFile(log)).length;
  await truncate(log, (size / 10) * 6);
  for (const file of ['index', 'timeindex', 'snapshot']) {
    await rm(join(directory, `00000000000000000000.${file}`), { force: true });
  }
  await rm(join(directory, '00000000000000000010.snapshot'), { force: true });
  await broker.start();
  await fill('truncated', 1, 8);

  const after = await archive.backup(kafka, ['truncated']);
  const source = await client.readAll('truncated');
  expect(source.length).toBe(14);
  expect(await archive.records(after, 'truncated')).toEqual(source);
  expect(after.topics[0]!.partitions[0]).toMatchObject({
    generations: [
      { generation: 0, from: 0, until: 6 },
      { generation: 1, from: 6 },
    ],
    lost: [{ from: 6, until: 10, reason: 'truncation' }],
  });
  expect(brief(await archive.records(before, 'truncated')).length).toBe(10);
}, 120_000);

test('a damaged batch at the source is named with topic, partition and offset, and nothing after it is skipped', async () => {
  await client.createTopic('damaged', { replicationFactor: 1 });
  await client.createTopic('sound', { replicationFactor: 1 });
  await fill('damaged', 1, 10);
  await fill('sound', 1, 10);
  const [leader] = (await client.describeTopic('damaged')).leaders;
  const broker = kafka.brokers.find(({ nodeId }) => nodeId === leader)!;
  const log = join(broker.logDir, 'damaged-0', '00000000000000000000.log');
  const bytes = await readFile(log);
  const at = bytes.indexOf('0-7');
  bytes[at] = bytes[at]! ^ 1;
  await writeFile(log, bytes);
  const error = await archive.run(kafka, ['damaged', 'sound']).catch((reason) => reason);
  expect(error).toMatchObject({ kind: 'data', code: 'CRC_MISMATCH' });
  const [, offset] = /^topic damaged, partition 0, offset (\d+): the record batch is damaged/.exec(error.message)!;
  const snapshot = await readCommit(archive.store, 0);
  expect(snapshot.kind).toBe('partial');
  expect(error.message).toContain(`the others are in the partial snapshot ${snapshot.backupId}, commit 0`);
  const [damaged, sound] = snapshot.topics.map(({ partitions }) => partitions[0]!);
  expect(damaged).toMatchObject({ cut: 10, failed: expect.stringContaining(`offset ${offset}`) });
  // What lies before it is in the snapshot, in the same answer or not.
  expect(damaged!.reached).toBe(Number(offset));
  expect((await archive.records(snapshot, 'damaged')).length).toBe(Number(offset));
  expect(sound).toMatchObject({ cut: 10, reached: 10 });
  expect(await archive.records(snapshot, 'sound')).toEqual(await client.readAll('sound'));
});
