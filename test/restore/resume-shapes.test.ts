/** Restores that go on where the batches are others than before: put together otherwise, cut by a window, with headers. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { runRestore } from '../../runtime/src/restore/run.ts';
import { runCli, startCli } from '../cli/run-cli.ts';
import { type KafkaCluster, startKafka } from '../support/kafka/cluster.ts';
import { type JavaClient, javaClient } from '../support/kafka/java-client.ts';
import { backUp, content, context, restoreJob } from './harness.ts';
import { killedAt, killedWhen } from './killed.ts';

let kafka: KafkaCluster;
let client: JavaClient;
beforeAll(async () => {
  kafka = await startKafka();
  client = javaClient(kafka);
}, 120_000);
afterAll(() => kafka?.stop());

const writtenTo = async (topic: string) =>
  (await client.offsets(topic).catch(() => [])).reduce((sum, { end }) => sum + end, 0);

const START = Date.now() - 3_600_000;
/** Small batches of two partitions, their timestamps out of order. */
async function fill(topic: string, codec = 'none', records = 600): Promise<void> {
  await client.createTopic(topic, { partitions: 2 });
  const producer = await client.producer({ 'compression.type': codec, 'batch.size': '700' });
  await producer.send(
    topic,
    Array.from({ length: records }, (_, n) => ({
      partition: n % 2,
      key: `${n}`,
      value: `value ${n} `.repeat(5),
      timestamp: START + ((n * 7919) % 1000) * 10,
    })),
  );
  await producer.close();
}

test.each(['none', 'lz4', 'zstd'])(
  'batches that are put together otherwise than in the run that was killed, %s',
  async (codec) => {
    const topic = `merged-${codec}`;
    const target = `${topic}-again`;
    await fill(topic, codec);
    const job = restoreJob(kafka, await backUp(kafka, [topic]), { topicMapping: { [topic]: target } });
    // A quarter of a second's records go together at most.
    const small = { ...job, rateLimitRecordsPerSec: 120 };
    expect(await killedWhen(small, async () => (await writtenTo(target)) > 70)).toBe(true);
    const other = { ...job, rateLimitRecordsPerSec: 400 };
    expect(await killedWhen(other, async () => (await writtenTo(target)) > 250)).toBe(true);
    const report = await runRestore(job, context().run, { verifyRead: true });
    expect(report.readBack).toEqual({ records: 600, differences: [] });
    expect(content(await client.readAll(target))).toEqual(content(await client.readAll(topic)));
  },
  120_000,
);

test('a large batch that was there whole, and would be taken apart now', async () => {
  await fill('large', 'lz4');
  const job = restoreJob(kafka, await backUp(kafka, ['large']), { topicMapping: { large: 'large-again' } });
  expect(await killedAt(job, /^advance/)).toBe(true);
  await client.alterTopic('large-again', { 'max.message.bytes': '600' });
  const report = await runRestore(job, context().run, { verifyRead: true });
  expect(report.readBack).toEqual({ records: 600, differences: [] });
  expect(content(await client.readAll('large-again'))).toEqual(content(await client.readAll('large')));
}, 120_000);

test.each(['translate', 'exact'] as const)(
  'a window of time, with headers, offsets: %s',
  async (offsets) => {
    const topic = `window-${offsets}`;
    const target = `${topic}-again`;
    await fill(topic, 'zstd');
    const timeWindow = { start: START + 2000, end: START + 7000 };
    const job = restoreJob(kafka, await backUp(kafka, [topic]), {
      offsets,
      timeWindow,
      includeOriginalOffsetHeader: true,
      topicMapping: { [topic]: target },
    });
    const wanted = (await client.readAll(topic)).filter(
      ({ timestamp }) => timestamp >= timeWindow.start && timestamp <= timeWindow.end,
    );
    const slow = { ...job, rateLimitRecordsPerSec: 100 };
    for (const part of [20, 150]) {
      const reached = async () => (await client.readAll(target).catch(() => [])).length > part;
      expect(await killedWhen(slow, reached, { noteEveryMs: 20 })).toBe(true);
    }
    const report = await runRestore(job, context().run, { verifyRead: true });
    expect(report.plan.topics[0]!.action).toBe('resume');
    expect(report.readBack).toEqual({ records: wanted.length, differences: [] });
    const again = await client.readAll(target);
    expect(content(again.map((record) => ({ ...record, headers: record.headers.slice(0, -3) })))).toEqual(
      content(wanted),
    );
    expect(again.map(({ headers }) => Number(new Map(headers).get('x-original-offset')!.readBigInt64LE()))).toEqual(
      wanted.map(({ offset }) => offset),
    );
  },
  120_000,
);

test('stopped by SIGTERM on the command line it ends with 6 and a report; run again it ends with 0', async () => {
  await fill('stopped');
  const storage = (await backUp(kafka, ['stopped'])) as { path: string };
  const directory = await mkdtemp(join(tmpdir(), 'msk-backup-stopped-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const input = (rate: string) => `
backup_id: monday
target:
  bootstrap_servers: ${kafka.bootstrapServers.join(',')}
  topics: {include: [stopped]}
storage: {backend: filesystem, path: ${storage.path}}
restore: {topic_mapping: {stopped: stopped-again}${rate}}
`;
  const args = ['restore', '--config', '-', '--json'];
  const { child, ended } = startCli(args, { input: input(', rate_limit_records_per_sec: 100') });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  while ((await writtenTo('stopped-again')) === 0 && child.exitCode === null) await sleep(20);
  child.kill('SIGTERM');
  const first = await ended;
  expect(first.code).toBe(6);
  const report = JSON.parse(first.stdout);
  const written = await writtenTo('stopped-again');
  expect(report).toMatchObject({ interrupted: true, topics: [{ target: 'stopped-again' }] });
  expect(written).toBeLessThan(600);
  expect(first.stderr).toMatch(/stopped-again: retention and compaction stay paused.*restore again: it goes on/);

  const dry = await runCli([...args, '--dry-run'], { input: input('') });
  expect(JSON.parse(dry.stdout).topics).toMatchObject([{ action: 'resume' }]);
  const second = await runCli([...args, '--verify', 'read'], { input: input('') });
  expect(second.code).toBe(0);
  expect(JSON.parse(second.stdout)).toMatchObject({
    interrupted: false,
    plan: { restoreId: report.plan.restoreId },
    readBack: { records: 600, differences: [] },
  });
  expect(content(await client.readAll('stopped-again'))).toEqual(content(await client.readAll('stopped')));
  expect((await client.describeTopic('stopped-again')).config).toEqual({});
}, 120_000);
