import { readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RestoreJob } from '../../runtime/src/config/job.ts';
import { planRestore, runRestore } from '../../runtime/src/restore/run.ts';
import { type KafkaCluster, startKafka } from '../support/kafka/cluster.ts';
import { type JavaClient, javaClient } from '../support/kafka/java-client.ts';
import { freePorts } from '../support/ports.ts';
import { backUp, context, endpointOf, newStorage, restore, restoreJob } from './harness.ts';

let kafka: KafkaCluster;
let client: JavaClient;
beforeAll(async () => {
  kafka = await startKafka();
  client = javaClient(kafka);
}, 120_000);
afterAll(() => kafka.stop());

let made = 0;
/** A topic of its own with some records, backed up. */
async function archived(config: Record<string, string> = {}) {
  const topic = `source-${made++}`;
  await client.createTopic(topic, { partitions: 2, config });
  const producer = await client.producer();
  await producer.send(
    topic,
    [0, 1].map((partition) => ({ partition, key: 'k', value: `${partition}` })),
  );
  return { topic, target: `${topic}-again`, storage: await backUp(kafka, [topic]), producer };
}

async function exists(topic: string): Promise<boolean> {
  return client.describeTopic(topic).then(
    () => true,
    () => false,
  );
}

describe('a dry run', () => {
  test('says what would be done and does none of it', async () => {
    const { topic, target, storage } = await archived({ 'cleanup.policy': 'compact', 'retention.ms': '5000' });
    const job = restoreJob(kafka, storage, { topicMapping: { [topic]: target }, replicationFactor: 3 });
    const plan = await planRestore(job, context().run);
    expect(plan).toMatchObject({
      snapshot: { backupId: 'monday', kind: 'complete' },
      records: 2,
      topics: [
        {
          source: topic,
          target,
          partitions: 2,
          records: 2,
          action: 'create',
          replicationFactor: 1,
          config: { 'cleanup.policy': 'compact', 'retention.ms': '5000' },
        },
      ],
    });
    expect(plan.notes).toEqual([
      expect.stringContaining('1 replica instead of 3'),
      expect.stringContaining('is compacted: only after its records are back'),
    ]);
    expect(await exists(target)).toBe(false);
  });

  test('fails where the target cannot be reached', async () => {
    const { storage } = await archived();
    const [port] = await freePorts(1);
    const target = { ...endpointOf(kafka), bootstrapServers: [`127.0.0.1:${port}`] };
    await expect(planRestore(restoreJob(kafka, storage, { target }), context().run)).rejects.toMatchObject({
      kind: 'connection',
    });
  });

  test('refuses what the restore would refuse', async () => {
    const { storage } = await archived();
    await expect(planRestore(restoreJob(kafka, storage), context().run)).rejects.toMatchObject({
      code: 'TARGET_IS_SOURCE',
    });
    const elsewhere = restoreJob(kafka, storage, { reportFile: '/nonexistent/report.json' });
    await expect(planRestore(elsewhere, context().run)).rejects.toMatchObject({ code: 'REPORT_FILE' });
  });
});

describe('refused before anything is written:', () => {
  const refused = async (storage: RestoreJob['storage'], over: Partial<RestoreJob>, code: string, message: RegExp) => {
    await expect(restore(kafka, storage, over)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
    for (const target of Object.values(over.topicMapping ?? {})) expect(await exists(target)).toBe(false);
  };

  test('a topic that holds records, named with their number', async () => {
    const { topic, storage } = await archived();
    const [other] = [`other-${made++}`];
    await client.createTopic(other!, { partitions: 2 });
    await (await client.producer()).send(other!, [{ value: 'mine' }]);
    await expect(restore(kafka, storage, { topicMapping: { [topic]: other! } })).rejects.toMatchObject({
      kind: 'configuration',
      code: 'TARGET_NOT_EMPTY',
      message: expect.stringContaining(`${other} (1)`),
    });
    expect(await client.readAll(other!)).toHaveLength(1);
    // On request it is added to.
    await restore(kafka, storage, { topicMapping: { [topic]: other! }, allowNonEmpty: true });
    expect(await client.readAll(other!)).toHaveLength(3);
  });

  test('the source itself, whatever is allowed', async () => {
    const { storage } = await archived();
    await refused(storage, { allowNonEmpty: true }, 'TARGET_IS_SOURCE', /would double them/);
  });

  test('a configuration that the target does not know, with the way around it', async () => {
    const { topic, target, storage } = await archived();
    const over = { topicMapping: { [topic]: target }, topicConfigOverrides: { 'retention.days': '5' } };
    await refused(storage, over, 'INVALID_CONFIG', /retention\.days.*restore\.topic_config_overrides/);
  });

  test('a missing topic that must not be created', async () => {
    const { topic, target, storage } = await archived();
    await refused(storage, { topicMapping: { [topic]: target }, createTopics: false }, 'TARGET_TOPIC_MISSING', /again/);
  });

  test('a report file that cannot be written', async () => {
    const { topic, target, storage } = await archived();
    const over = { topicMapping: { [topic]: target }, reportFile: '/nonexistent/report.json' };
    await refused(storage, over, 'REPORT_FILE', /report_file: .*nothing was restored/);
  });

  test('a snapshot that is not there, and a place that is no archive', async () => {
    const { storage } = await archived();
    await refused(storage, { backupId: 'tuesday' }, 'SNAPSHOT_UNKNOWN', /monday/);
    await refused(await newStorage(), {}, 'ARCHIVE_MISSING', /no archive/);
  });
});

describe('a damaged archive is refused by name:', () => {
  async function packOf(storage: RestoreJob['storage'], topic: string): Promise<{ key: string; path: string }> {
    const directory = join((storage as { path: string }).path, 'packs', topic);
    const [name] = await readdir(directory);
    return { key: `packs/${topic}/${name}`, path: join(directory, name!) };
  }

  test('a pack that is missing or cut off, before anything is written', async () => {
    const { topic, target, storage } = await archived();
    const pack = await packOf(storage, topic);
    const over = { topicMapping: { [topic]: target } };
    await truncate(pack.path, 40);
    const failure = { kind: 'data', code: 'SNAPSHOT_INCOMPLETE', message: expect.stringContaining(pack.key) };
    await expect(restore(kafka, storage, over)).rejects.toMatchObject(failure);
    await rm(pack.path);
    await expect(restore(kafka, storage, over)).rejects.toMatchObject(failure);
    expect(await exists(target)).toBe(false);
  });

  test('an index that is missing or damaged, before anything is written', async () => {
    const { topic, target, storage } = await archived();
    const directory = join((storage as { path: string }).path, 'index');
    const [name] = await readdir(directory);
    const path = join(directory, name!);
    const over = { topicMapping: { [topic]: target } };
    const bytes = await readFile(path);
    bytes[bytes.length >> 1]! ^= 1;
    await writeFile(path, bytes);
    const named = { kind: 'data', message: expect.stringContaining(`index/${name}`) };
    await expect(restore(kafka, storage, over)).rejects.toMatchObject({ ...named, code: 'INDEX_DAMAGED' });
    await rm(path);
    await expect(restore(kafka, storage, over)).rejects.toMatchObject({ ...named, code: 'SNAPSHOT_INCOMPLETE' });
    expect(await exists(target)).toBe(false);
  });

  test('a flipped bit, with pack, topic, partition and offsets; nothing of the damaged batch is written', async () => {
    const { topic, target, storage } = await archived();
    const pack = await packOf(storage, topic);
    const bytes = await readFile(pack.path);
    bytes[60]! ^= 1;
    await writeFile(pack.path, bytes);
    const { run, notes } = context();
    const job = restoreJob(kafka, storage, { topicMapping: { [topic]: target } });
    await expect(runRestore(job, run)).rejects.toMatchObject({
      kind: 'data',
      code: 'FRAME_DAMAGED',
      message: expect.stringMatching(new RegExp(`${pack.key}.*topic ${topic}, partition \\d, offsets 0 to 0`)),
    });
    expect(notes.join('\n')).toMatch(
      /topic source-\d+-again: retention and compaction stay paused.*restore again: it goes on/,
    );
    expect((await client.readAll(target)).length).toBeLessThan(2);
  });
});
