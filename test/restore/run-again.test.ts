import { readdir } from 'node:fs/promises';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import type { StorageLocation } from '../../runtime/src/config/job.ts';
import { MskBackupError } from '../../runtime/src/errors.ts';
import { RestoreJournal } from '../../runtime/src/journal/journal.ts';
import { stateLocation } from '../../runtime/src/journal/state-location.ts';
import type { RestoreReport } from '../../runtime/src/restore/report/report.ts';
import { runRestore } from '../../runtime/src/restore/run.ts';
import { openStore } from '../../runtime/src/storage/open-store.ts';
import { type KafkaCluster, startKafka } from '../support/kafka/cluster.ts';
import { type JavaClient, javaClient } from '../support/kafka/java-client.ts';
import { backUp, content, context, endpointOf, newStorage, restore, restoreJob } from './harness.ts';
import { killedAt, killedWhen } from './killed.ts';

let kafka: KafkaCluster;
let client: JavaClient;

beforeAll(async () => {
  kafka = await startKafka();
  client = javaClient(kafka);
});
afterAll(() => kafka?.stop());

const NOON = Date.UTC(2026, 0, 1, 12);

test('frames behind the last wanted record are accounted for once, however often a restore is run', async () => {
  const partitions = [0, 1, 2, 3, 4, 5, 6, 7];
  await client.createTopic('tail', { partitions: partitions.length });
  const producer = await client.producer();
  await producer.send(
    'tail',
    partitions.map((partition) => ({ partition, value: 'wanted', timestamp: NOON })),
  );
  const storage = await backUp(kafka, ['tail']);
  // Not known to be later without being read, and too much for the chunk of the first.
  const later = partitions.flatMap((partition) =>
    [1, 2, 3].map((n) => ({ partition, value: `${n}`.repeat(900_000), timestamp: NOON + n })),
  );
  await producer.send('tail', later);
  await backUp(kafka, ['tail'], storage, { backupId: 'later' });
  const over = { topicMapping: { tail: 'tail-again' }, timeWindow: { end: NOON } };
  for (let run = 0; run < 3; run++) await restore(kafka, storage, over);
  expect(content(await client.readAll('tail-again'))).toHaveLength(partitions.length);
}, 60_000);

test('a batch that was split, and fits as a whole now, goes on at the record behind the last one that is there', async () => {
  await client.createTopic('whole');
  const producer = await client.producer({ 'batch.size': '1000000', 'linger.ms': '100' });
  await producer.send('whole', [{ value: 'so that offsets of the next batch do not begin at 0' }]);
  await producer.send(
    'whole',
    Array.from({ length: 9 }, (_, n) => ({ value: `${n}`.repeat(100_000) })),
  );
  const storage = await backUp(kafka, ['whole']);
  const over = { topicMapping: { whole: 'whole-again' } };
  const job = restoreJob(kafka, storage, {
    ...over,
    topicConfigOverrides: { 'max.message.bytes': '250000' },
    rateLimitBytesPerSec: 200_000,
  });
  const reached = async () => ((await client.offsets('whole-again').catch(() => []))[0]?.end ?? 0) > 1;
  expect(await killedWhen(job, reached)).toBe(true);
  await client.alterTopic('whole-again', { 'max.message.bytes': '1048588' });
  await restore(kafka, storage, over);
  expect(content(await client.readAll('whole-again'))).toEqual(content(await client.readAll('whole')));
}, 60_000);

test('a run that is begun while another is at work waits until that has learnt of it, and goes on', async () => {
  await client.createTopic('taken-over');
  const producer = await client.producer();
  for (let first = 0; first < 6_000; first += 1_000) {
    const records = Array.from({ length: 1_000 }, (_, n) => ({ value: `${first + n}` }));
    await producer.send('taken-over', records);
  }
  const storage = await backUp(kafka, ['taken-over']);
  const job = restoreJob(kafka, storage, { topicMapping: { 'taken-over': 'taken-again' } });
  const begun = Promise.withResolvers<void>();
  const { run } = context(undefined, () => begun.resolve());
  const first = runRestore({ ...job, rateLimitRecordsPerSec: 400 }, run, { noteEveryMs: 20_000 });
  const told = expect(first).rejects.toMatchObject({ code: 'RESTORE_RUNS_ALREADY' });
  await begun.promise;
  const { plan } = await runRestore(job, context().run);
  expect(plan.topics[0]!.action).toBe('resume');
  await told;
  expect(content(await client.readAll('taken-again'))).toEqual(content(await client.readAll('taken-over')));
}, 60_000);

test('groups stay where they are when reading back shows differences', async () => {
  await client.createTopic('swapped');
  const producer = await client.producer();
  const records = ['a', 'b'].map((letter) => ({ value: letter.repeat(600_000), timestamp: Date.now() }));
  for (const record of records) await producer.send('swapped', [record]);
  await client.commitOffsets('readers', [{ topic: 'swapped', partition: 0, offset: 1 }]);
  const storage = await backUp(kafka, ['swapped']);
  const over = { topicMapping: { swapped: 'swapped-again' }, consumerGroups: ['readers'] };
  expect(await killedAt(restoreJob(kafka, storage, over), /stage restore/)).toBe(true);
  // As many as the restore would have written, and the last one like its own.
  await producer.send('swapped-again', [{ ...records[0]!, value: 'another' }]);
  await producer.send('swapped-again', [records[1]!]);
  const report = await restore(kafka, storage, over, { verifyRead: true });
  expect(report.readBack!.differences).toEqual([expect.stringMatching(/offset 0 .*differs in value/)]);
  expect(report.groups).toBeUndefined();
  expect(report.notes).toContainEqual(expect.stringMatching(/consumer groups .* left as they are/));
  expect((await client.groupOffsets('readers')).map(({ topic }) => topic)).toEqual(['swapped']);
  expect((await client.describeTopic('swapped-again')).config).toEqual({});
}, 60_000);

test('a restore that begins anew while another run of it is at work has its topic for itself', async () => {
  await client.createTopic('anew');
  const producer = await client.producer();
  for (let n = 0; n < 30; n++) {
    const records = Array.from({ length: 100 }, (_, record) => ({ value: `${n}, ${record}` }));
    await producer.send('anew', records);
  }
  const storage = await backUp(kafka, ['anew']);
  const job = restoreJob(kafka, storage, { topicMapping: { anew: 'anew-again' } });
  const begun = Promise.withResolvers<void>();
  const { run } = context(undefined, () => begun.resolve());
  const first = runRestore({ ...job, rateLimitRecordsPerSec: 400 }, run, { noteEveryMs: 20_000 });
  const told = expect(first).rejects.toMatchObject({ code: 'RESTORE_RUNS_ALREADY' });
  await begun.promise;
  await runRestore(job, context().run, { recreate: true });
  await told;
  expect(content(await client.readAll('anew-again'))).toEqual(content(await client.readAll('anew')));
}, 60_000);

test('a broker that hangs while groups are committed does not keep the signal from ending it', async () => {
  await client.createTopic('hung');
  await (await client.producer()).send('hung', [{ value: 'a' }, { value: 'b' }]);
  // So many that committing them is not over when the broker is paused.
  const groups = Array.from({ length: 150 }, (_, n) => `hung-readers-${n}`);
  for (const group of groups) await client.commitOffsets(group, [{ topic: 'hung', partition: 0, offset: 1 }]);
  const storage = await backUp(kafka, ['hung']);
  const over = { topicMapping: { hung: 'hung-again' }, consumerGroups: ['hung-readers-*'] };
  // Longer than the test may take.
  const job = restoreJob(kafka, storage, { ...over, target: { ...endpointOf(kafka), requestTimeoutMs: 300_000 } });
  const stop = new AbortController();
  onTestFinished(() => kafka.brokers[0]!.resume());
  const restoring = runRestore(job, context(stop.signal).run);
  const { path } = stateLocation({ storage }) as Extract<StorageLocation, { backend: 'filesystem' }>;
  while (!(await readdir(path, { recursive: true }).catch(() => [])).some((name) => name.endsWith('-offsets.json')));
  kafka.brokers[0]!.pause();
  stop.abort();
  // On a quick machine all may be committed already: then it is told that settings could not be given back.
  const stopped = await restoring.catch((error: unknown) => error);
  if (!(stopped instanceof MskBackupError)) expect(stopped).toMatchObject({ interrupted: true });
  await kafka.brokers[0]!.resume();
  expect(await restore(kafka, storage, over)).toMatchObject({ interrupted: false });
  for (const group of groups)
    expect(await client.groupOffsets(group)).toContainEqual(
      expect.objectContaining({ topic: 'hung-again', offset: 1 }),
    );
}, 60_000);

test('a report that cannot be written is told in the journal, and what stands still because of it', async () => {
  await client.createTopic('unreported');
  await (await client.producer()).send('unreported', [{ value: 'a' }]);
  const storage = await backUp(kafka, ['unreported']);
  const over = { topicMapping: { unreported: 'unreported-again' } };
  const { path } = await newStorage();
  await expect(restore(kafka, storage, { ...over, reportFile: path })).rejects.toMatchObject({ code: 'REPORT_FILE' });
  const state = await openStore(stateLocation({ storage }));
  const [id] = await RestoreJournal.list(state);
  const report = await (await RestoreJournal.open(state, id!)).last<RestoreReport>('report');
  expect(report!.body.error).toMatch(/report_file: .*no record was restored/);
  expect((await restore(kafka, storage, over)).interrupted).toBe(false);
});
