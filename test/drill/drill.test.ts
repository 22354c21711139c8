import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { RestoreJob, StorageLocation } from '../../runtime/src/config/job.ts';
import { runDrill } from '../../runtime/src/drill/run-drill.ts';
import { backUp, context, newStorage, restore, restoreJob } from '../restore/harness.ts';
import { type KafkaCluster, startKafka } from '../support/kafka/cluster.ts';
import { javaClient } from '../support/kafka/java-client.ts';

let kafka: KafkaCluster;
beforeAll(async () => {
  kafka = await startKafka();
  const client = javaClient(kafka);
  await client.createTopic('orders', { partitions: 3 });
  await client.createTopic('notes', { partitions: 1 });
  const producer = await client.producer();
  const orders = Array.from({ length: 300 }, (_, n) => ({ partition: n % 3, key: `k${n}`, value: `order ${n}` }));
  await producer.send('orders', orders);
  await producer.send('notes', [
    { partition: 0, value: 'a' },
    { partition: 0, value: 'b' },
  ]);
  await client.commitOffsets('billing', [
    { topic: 'orders', partition: 0, offset: 40 },
    { topic: 'orders', partition: 1, offset: 100 },
    { topic: 'notes', partition: 0, offset: 1 },
  ]);
});
afterAll(() => kafka?.stop());

async function archive(): Promise<StorageLocation & { path: string }> {
  const storage = await newStorage();
  onTestFinished(() => rm(`${storage.path}-drills`, { recursive: true, force: true }));
  await backUp(kafka, ['orders', 'notes'], storage);
  return storage;
}

async function drill(storage: StorageLocation, over: Partial<RestoreJob> = {}, signal?: AbortSignal) {
  return runDrill(restoreJob(kafka, storage, over), context(signal).run);
}

/** By Kafka's own tools. */
async function drillsOwn(kind: 'TopicCommand' | 'consumer.group.ConsumerGroupCommand'): Promise<string[]> {
  const servers = ['--bootstrap-server', kafka.bootstrapServers.join(',')];
  const { stdout } = await kafka.tool(`org.apache.kafka.tools.${kind}`, [...servers, '--list']);
  return stdout.split('\n').filter((name) => name.startsWith('drill-'));
}

describe.each(['exact', 'translate'] as const)('%s offsets', (offsets) => {
  test('restored, compared, groups checked, all deleted, reported', async () => {
    const storage = await archive();
    const { report, stored } = await drill(storage, { offsets });
    expect(report).toMatchObject({
      succeeded: true,
      problems: [],
      snapshot: { backupId: 'monday', newerNotWhole: 0 },
      offsets,
      records: 302,
      verified: { records: 302, partitions: 4, ofPartitions: 4, differences: [] },
      groups: { checked: 1, offsets: 3, differences: [] },
      leftOver: [],
    });
    expect(report.snapshot!.ageSeconds).toBeGreaterThan(0);
    expect(report.snapshot!.ageSeconds).toBeLessThan(300);
    expect(await drillsOwn('TopicCommand')).toEqual([]);
    expect(await drillsOwn('consumer.group.ConsumerGroupCommand')).toEqual([]);
    expect(JSON.parse(await readFile(`${stored}.json`, 'utf8'))).toEqual(report);
    expect(await readFile(`${stored}.html`, 'utf8')).toContain('nothing differs');
  });
});

test('what was damaged in the archive is in the report, and nothing is left at the target', async () => {
  const storage = await archive();
  const [pack] = (await readdir(join(storage.path, 'packs', 'orders'), { recursive: true })).filter((name) =>
    name.endsWith('.pack'),
  );
  const file = join(storage.path, 'packs', 'orders', pack!);
  const bytes = await readFile(file);
  bytes[bytes.length >> 1]! ^= 0xff;
  await rm(file);
  await writeFile(file, bytes);
  const { report, stored } = await drill(storage);
  expect(report.succeeded).toBe(false);
  expect(report.problems[0]).toMatch(/damaged|checksum/);
  expect(await drillsOwn('TopicCommand')).toEqual([]);
  expect(await readFile(`${stored}.html`, 'utf8')).toContain('did not succeed');
});

test('a snapshot that has not arrived whole is passed over for an older one', async () => {
  const storage = await archive();
  const before = new Set(await readdir(join(storage.path, 'packs'), { recursive: true }));
  const producer = await javaClient(kafka).producer();
  await producer.send('notes', [{ partition: 0, value: 'later' }]);
  await backUp(kafka, ['orders', 'notes'], storage, { backupId: 'tuesday' });
  const added = (await readdir(join(storage.path, 'packs'), { recursive: true })).find(
    (name) => name.endsWith('.pack') && !before.has(name),
  );
  await rm(join(storage.path, 'packs', added!));
  const { report } = await drill(storage);
  expect(report).toMatchObject({ succeeded: true, snapshot: { backupId: 'monday', newerNotWhole: 1 } });
});

test('a sample of the partitions', async () => {
  const storage = await archive();
  const { report } = await drill(storage, { drill: { topicPrefix: 'drill-', verifyPartitions: 1 } });
  expect(report).toMatchObject({ succeeded: true, verified: { partitions: 1, ofPartitions: 4 } });
  expect(report.verified.records).toBeLessThan(report.records);
});

test('stopped by a signal, it deletes what it has made', async () => {
  const storage = await archive();
  const stop = new AbortController();
  const { run } = context(stop.signal, () => stop.abort(new Error('stopped')));
  const { report } = await runDrill(restoreJob(kafka, storage), run);
  expect(report.succeeded).toBe(false);
  expect(report.problems[0]).toContain('stopped');
  expect(await drillsOwn('TopicCommand')).toEqual([]);
});

test('topics of a drill that was killed long ago go with the next one, and no others', async () => {
  const storage = await archive();
  const killed = 'drill-20200101T000000Z-abcd-orders';
  await restore(kafka, storage, { topicMapping: { orders: killed }, topics: { include: ['orders'], exclude: [] } });
  const client = javaClient(kafka);
  const others = ['drill-20200101T000000Z-abcd-notes', 'drill-of-somebody'];
  for (const name of others) await client.createTopic(name, { partitions: 1 });
  const { report } = await drill(storage);
  expect(report).toMatchObject({ succeeded: true, removed: [killed], leftOver: [] });
  expect((await drillsOwn('TopicCommand')).sort()).toEqual([...others].sort());
  for (const name of others) await client.deleteTopic(name);
});

test('a target that cannot be reached is a drill that failed, with its report', async () => {
  const storage = await archive();
  const job = restoreJob(kafka, storage);
  const { report, stored } = await runDrill(
    { ...job, target: { ...job.target, bootstrapServers: ['127.0.0.1:1'], connectTimeoutMs: 1_000 } },
    context().run,
  );
  expect(report.succeeded).toBe(false);
  expect(report.problems[0]).toContain('127.0.0.1:1');
  expect(JSON.parse(await readFile(`${stored}.json`, 'utf8'))).toEqual(report);
});
