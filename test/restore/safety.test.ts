import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { RestoreJob } from '../../runtime/src/config/job.ts';
import { stateLocation } from '../../runtime/src/journal/state-location.ts';
import { createKafkaClient } from '../../runtime/src/kafka/kafkajs-client.ts';
import type { RunContext } from '../../runtime/src/observe/run-context.ts';
import { executeRestore } from '../../runtime/src/restore/execute.ts';
import { prepareRestore } from '../../runtime/src/restore/plan/prepare-restore.ts';
import type { RestoreReport } from '../../runtime/src/restore/report/report.ts';
import { runRestore } from '../../runtime/src/restore/run.ts';
import { openStore } from '../../runtime/src/storage/open-store.ts';
import { type KafkaCluster, startKafka } from '../support/kafka/cluster.ts';
import { type JavaClient, javaClient } from '../support/kafka/java-client.ts';
import { backUp, context, endpointOf, newStorage, restore, restoreJob } from './harness.ts';

let kafka: KafkaCluster;
let client: JavaClient;
beforeAll(async () => {
  kafka = await startKafka({ config: { 'message.max.bytes': '20000000', 'socket.request.max.bytes': '104857600' } });
  client = javaClient(kafka);
}, 120_000);
afterAll(() => kafka.stop());

async function archived(topic: string, config: Record<string, string> = {}, count = 2) {
  await client.createTopic(topic, { config });
  // One record a batch: a rate cannot take a batch apart.
  const producer = await client.producer({ 'batch.size': '1' });
  await producer.send(
    topic,
    Array.from({ length: count }, (_, n) => ({ key: `${n}`, value: `${n}` })),
  );
  return backUp(kafka, [topic]);
}

/** A context whose signal aborts when the first record is about to be written. */
function stoppedBeforeTheFirstRecord(): RunContext {
  const stop = new AbortController();
  const { run } = context(stop.signal);
  const stage = (name: string) => {
    if (name === 'restore') stop.abort();
  };
  return { ...run, progress: { ...run.progress, stage } };
}

async function reportFile(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'msk-backup-report-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return join(directory, 'report.json');
}

const reportIn = async (file: string): Promise<RestoreReport> => JSON.parse(await readFile(file, 'utf8'));

describe('what a stopped restore leaves', () => {
  const config = {
    'cleanup.policy': 'compact,delete',
    'retention.bytes': '123456789',
    'message.timestamp.type': 'LogAppendTime',
  };

  test('is not taken for the topic’s own settings by the next one', async () => {
    const storage = await archived('first', config);
    const job = restoreJob(kafka, storage, { topicMapping: { first: 'first-again' } });
    expect((await runRestore(job, stoppedBeforeTheFirstRecord())).interrupted).toBe(true);
    expect((await client.describeTopic('first-again')).config['cleanup.policy']).toBe('delete');
    await runRestore(job, context().run);
    expect((await client.describeTopic('first-again')).config).toEqual(config);
  });

  test('nor by another restore, whether it finds the journal or not', async () => {
    const storage = await archived('second', config);
    const job = restoreJob(kafka, storage, { topicMapping: { second: 'second-again' } });
    expect((await runRestore(job, stoppedBeforeTheFirstRecord())).interrupted).toBe(true);
    const other = { ...job, includeExpired: true };
    expect((await runRestore(other, stoppedBeforeTheFirstRecord())).interrupted).toBe(true);
    const { run, notes } = context();
    await runRestore({ ...other, state: await newStorage() }, run);
    expect(notes.join('\n')).toMatch(/topic second-again is empty and set as a stopped restore leaves it: .*compact/);
    expect((await client.describeTopic('second-again')).config).toEqual(config);
  });

  test('nor are its own settings forgotten, when another restore goes on with it', async () => {
    const storage = await archived('third', config);
    const own = { 'cleanup.policy': 'compact', 'retention.ms': '777777777' };
    await client.createTopic('third-own', { config: own });
    const job = restoreJob(kafka, storage, { topicMapping: { third: 'third-own' } });
    expect((await runRestore(job, stoppedBeforeTheFirstRecord())).interrupted).toBe(true);
    await runRestore({ ...job, includeExpired: true }, context().run);
    expect((await client.describeTopic('third-own')).config).toEqual(own);
  });

  test('nor is what somebody sets afterwards undone when it is run again', async () => {
    const storage = await archived('fourth', config);
    const job = restoreJob(kafka, storage, { topicMapping: { fourth: 'fourth-again' } });
    await runRestore(job, context().run);
    await client.alterTopic('fourth-again', { 'cleanup.policy': null, 'retention.bytes': '5000000' });
    await runRestore(job, context().run);
    expect((await client.describeTopic('fourth-again')).config).toEqual({
      'retention.bytes': '5000000',
      'message.timestamp.type': 'LogAppendTime',
    });
  });

  test('nor where the source has the defaults', async () => {
    const storage = await archived('plain');
    const job = restoreJob(kafka, storage, { topicMapping: { plain: 'plain-again' } });
    await runRestore(job, stoppedBeforeTheFirstRecord());
    expect((await client.describeTopic('plain-again')).config['retention.ms']).toBe('-1');
    await runRestore(job, context().run);
    expect((await client.describeTopic('plain-again')).config).toEqual({});
  });

  test('a topic that somebody made with its own settings keeps them', async () => {
    const storage = await archived('other', config);
    const own = { 'retention.ms': '-1', 'retention.bytes': '5000000' };
    await client.createTopic('own', { config: own });
    await restore(kafka, storage, { topicMapping: { other: 'own' } });
    expect((await client.describeTopic('own')).config).toEqual(own);
  });
});

test('somebody who writes between the check and the first record stops it', async () => {
  const storage = await archived('quiet');
  await client.createTopic('raced');
  const job = restoreJob(kafka, storage, { topicMapping: { quiet: 'raced' } });
  const target = createKafkaClient(endpointOf(kafka));
  onTestFinished(() => target.close());
  const [store, state] = await Promise.all([openStore(storage), openStore(stateLocation({ storage }))]);
  const { run } = context();
  await target.connect();
  const prepared = await prepareRestore(job, target, store, state, run);
  await (await client.producer()).send('raced', [{ value: 'foreign' }]);
  await expect(executeRestore(prepared, job, target, store, run, {})).rejects.toMatchObject({
    kind: 'configuration',
    code: 'TARGET_NOT_EMPTY',
    message: expect.stringMatching(/raced\[0\] \(end 1, not 0\)/),
  });
  expect(await client.readAll('raced')).toHaveLength(1);
  expect((await client.describeTopic('raced')).config).toEqual({});
  const added = { ...job, allowNonEmpty: true };
  await executeRestore(await prepareRestore(added, target, store, state, run), added, target, store, run, {});
  expect(await client.readAll('raced')).toHaveLength(3);
});

test('a topic may be called like a property of every object', async () => {
  const storage = await archived('constructor');
  await client.deleteTopic('constructor');
  const report = await restore(kafka, storage);
  expect(report.topics[0]).toMatchObject({ target: 'constructor', partitions: [{ records: 2 }] });
});

test('how many records a frame with holes holds inside its window is told as an upper bound, and exactly in the end', async () => {
  await client.createTopic('cut');
  const producer = await client.producer({ 'transactional.id': 'cut' });
  // Offsets 0, 1, a marker, 3, 4, a marker, 6, 7.
  for (let n = 0; n < 3; n++) {
    await producer.begin();
    await producer.send('cut', [{ value: 'a' }, { value: 'b' }]);
    await producer.commit();
  }
  const storage = await backUp(kafka, ['cut']);
  await client.deleteRecords('cut', { 0: 4 });
  await backUp(kafka, ['cut'], storage, { backupId: 'tuesday' });
  const report = await restore(kafka, storage, { topicMapping: { cut: 'cut-again' } }, { verifyRead: true });
  expect(report.plan).toMatchObject({ records: 4, recordsAtMost: true, topics: [{ recordsAtMost: true }] });
  expect(report.topics[0]!.partitions[0]!.records).toBe(3);
  expect(report.readBack).toEqual({ records: 3, differences: [] });
});

describe('a damaged frame', () => {
  /** Four frames of 9 MB, with a bit flipped in the first one. */
  async function damaged(topic: string): Promise<RestoreJob['storage']> {
    await client.createTopic(topic, { config: { 'max.message.bytes': '20000000' } });
    const producer = await client.producer({ 'max.request.size': '20000000', 'buffer.memory': '80000000' });
    for (let n = 0; n < 4; n++) await producer.send(topic, [{ value: `${n}`.repeat(9 * 1024 * 1024) }]);
    const storage = await backUp(kafka, [topic], undefined, { compression: 'none' });
    const directory = join((storage as { path: string }).path, 'packs', topic);
    const [name] = (await readdir(directory)).sort();
    const bytes = await readFile(join(directory, name!));
    bytes[1_000_000]! ^= 1;
    await writeFile(join(directory, name!), bytes);
    return storage;
  }

  test('ends the restore also when those behind it hold all the memory there is', async () => {
    const storage = await damaged('large');
    const over = { topicMapping: { large: 'large-again' }, bufferBytes: 16 * 1024 * 1024 };
    await expect(restore(kafka, storage, over)).rejects.toMatchObject({ kind: 'data', code: 'FRAME_DAMAGED' });
  }, 30_000);

  test('ends it with the error even after the signal', async () => {
    const storage = await damaged('late');
    const file = await reportFile();
    const stop = new AbortController();
    const { run } = context(stop.signal);
    // The signal comes while the frames are being read.
    const stage = (name: string) => {
      if (name === 'restore') setImmediate(() => stop.abort());
    };
    const job = restoreJob(kafka, storage, { topicMapping: { late: 'late-again' }, reportFile: file });
    await expect(runRestore(job, { ...run, progress: { ...run.progress, stage } })).rejects.toMatchObject({
      code: 'FRAME_DAMAGED',
    });
    expect((await reportIn(file)).error).toContain('late');
  }, 30_000);
});

test('a broker that hangs does not keep the signal from ending it, and the settings from before are told', async () => {
  const storage = await archived('hung', {}, 200);
  await client.createTopic('hung-own', { config: { 'cleanup.policy': 'compact', 'retention.ms': '777777777' } });
  const file = await reportFile();
  const stop = new AbortController();
  let writtenBefore: RestoreReport | undefined;
  let hung = false;
  const { run, notes } = context(stop.signal, async () => {
    if (hung) return;
    hung = true;
    writtenBefore = await reportIn(file);
    kafka.brokers[0]!.pause();
    setTimeout(() => stop.abort(), 500);
  });
  onTestFinished(() => kafka.brokers[0]!.resume());
  const job = restoreJob(kafka, storage, {
    topicMapping: { hung: 'hung-own' },
    rateLimitRecordsPerSec: 40,
    reportFile: file,
  });
  const before = performance.now();
  const report = await runRestore(job, run);
  expect(performance.now() - before).toBeLessThan(15_000);
  const original = { 'cleanup.policy': 'compact', 'retention.ms': '777777777' };
  expect(writtenBefore!.topics[0]!.originalConfig).toMatchObject(original);
  expect(report).toMatchObject({ interrupted: true, topics: [{ originalConfig: original }] });
  expect((await reportIn(file)).interrupted).toBe(true);
  expect(notes[0]).toMatch(/changed while it is restored.*retention\.ms=777777777/);
  expect(notes.at(-1)).toMatch(
    /hung-own: .*stay paused.*retention\.ms=777777777.*cleanup\.policy=compact.*restore again: it goes on/,
  );
}, 40_000);
