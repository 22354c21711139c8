import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { runRestore } from '../../runtime/src/restore/run.ts';
import { type KafkaCluster, startKafka } from '../support/kafka/cluster.ts';
import { type JavaClient, javaClient } from '../support/kafka/java-client.ts';
import { backUp, content, context, restore, restoreJob } from './harness.ts';

let kafka: KafkaCluster;
let client: JavaClient;
beforeAll(async () => {
  kafka = await startKafka();
  client = javaClient(kafka);
}, 120_000);
afterAll(() => kafka.stop());

async function archived(topic: string, count = 200) {
  await client.createTopic(topic);
  // One record a batch: a rate cannot take a batch apart.
  const producer = await client.producer({ 'batch.size': '1' });
  await producer.send(
    topic,
    Array.from({ length: count }, (_, n) => ({ value: `${n}` })),
  );
  return backUp(kafka, [topic]);
}

test('a signal stops it between batches: the report says how far it got, and what stays paused', async () => {
  const storage = await archived('stopped');
  const stop = new AbortController();
  const { run, notes } = context(stop.signal, () => stop.abort());
  // A tenth of the records fits into the time, so that there is something left to stop.
  const job = restoreJob(kafka, storage, { topicMapping: { stopped: 'stopped-again' }, rateLimitRecordsPerSec: 40 });
  const report = await runRestore(job, run);
  expect(report.interrupted).toBe(true);
  const [partition] = report.topics[0]!.partitions;
  const again = await client.readAll('stopped-again');
  expect(again.length).toBeGreaterThan(0);
  expect(again.length).toBeLessThan(200);
  expect(again.length).toBe(partition!.records);
  expect(partition).toMatchObject({ targetStart: 0, targetEnd: again.length });
  expect(again.map(({ value }) => String(value))).toEqual(again.map((_, n) => `${n}`));
  expect(report.topics[0]!.retentionPaused).toContain('the restore did not come to its end');
  expect(notes.at(-1)).toMatch(/topic stopped-again: retention and compaction stay paused/);
  expect((await client.describeTopic('stopped-again')).config['retention.ms']).toBe('-1');
});

test('a signal that came before leaves nothing written', async () => {
  const storage = await archived('early');
  const { run } = context(AbortSignal.abort());
  const job = restoreJob(kafka, storage, { topicMapping: { early: 'early-again' } });
  await expect(runRestore(job, run)).rejects.toMatchObject({ kind: 'interrupted' });
  await expect(client.describeTopic('early-again')).rejects.toThrow();
});

test('a signal while it connects ends it at once', async () => {
  const storage = await archived('unreached', 1);
  // Takes connections and never answers.
  const silent = createServer().listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const sockets: Socket[] = [];
  silent.on('connection', (socket) => sockets.push(socket));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    silent.close();
  });
  const stop = new AbortController();
  silent.once('connection', () => stop.abort());
  const job = restoreJob(kafka, storage);
  const { port } = silent.address() as AddressInfo;
  const target = { ...job.target, bootstrapServers: [`127.0.0.1:${port}`], requestTimeoutMs: 60_000 };
  await expect(runRestore({ ...job, target }, context(stop.signal).run)).rejects.toMatchObject({ kind: 'interrupted' });
}, 15_000);

test('records of another producer in between stop it, unless the topic may hold others', async () => {
  const storage = await archived('shared', 40);
  const other = await client.producer();
  const meddle = (target: string) => {
    let sent = false;
    return context(undefined, () => {
      if (!sent) void other.send(target, [{ value: 'foreign' }]);
      sent = true;
    }).run;
  };
  const slow = { rateLimitRecordsPerSec: 40 };
  const strict = restoreJob(kafka, storage, { ...slow, topicMapping: { shared: 'strict' } });
  await expect(runRestore(strict, meddle('strict'))).rejects.toMatchObject({
    kind: 'data',
    code: 'TARGET_WRITTEN_BY_OTHERS',
    message: expect.stringMatching(/topic strict, partition 0.*somebody else writes/),
  });
  const open = restoreJob(kafka, storage, { ...slow, topicMapping: { shared: 'open' }, allowNonEmpty: true });
  const report = await runRestore(open, meddle('open'), { verifyRead: true });
  expect(report.readBack).toEqual({ records: 40, differences: [] });
  expect(await client.readAll('open')).toHaveLength(41);
}, 60_000);

test('reading back tells what differs, without saying what is in it', async () => {
  const storage = await archived('checked', 5);
  const report = await restore(kafka, storage, { topicMapping: { checked: 'checked-again' } }, { verifyRead: true });
  expect(report.readBack).toEqual({ records: 5, differences: [] });
  expect(content(await client.readAll('checked-again'))).toEqual(content(await client.readAll('checked')));
});
