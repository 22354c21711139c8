import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { runCli, startCli } from '../cli/run-cli.ts';
import type { KafkaCluster } from '../support/kafka/cluster.ts';
import { startKafka } from '../support/kafka/cluster.ts';
import { javaClient } from '../support/kafka/java-client.ts';
import { freePorts } from '../support/ports.ts';
import { type MetricSet, metricSets } from './embedded-metric-format.ts';

const RECORDS = 400;
const VALUE = 'x'.repeat(100);

let cluster: KafkaCluster;
let directory: string;
let archive: string;
let emptyArchive: string;

beforeAll(async () => {
  cluster = await startKafka();
  directory = await mkdtemp(join(tmpdir(), 'msk-backup-metrics-'));
  archive = join(directory, 'archive');
  emptyArchive = join(directory, 'none');
  const java = javaClient(cluster);
  await java.createTopic('orders', { partitions: 2 });
  // Many batches, so that a rate limit has something to hold back.
  const producer = await java.producer({ 'batch.size': '1000' });
  await producer.send(
    'orders',
    Array.from({ length: RECORDS }, (_, n) => ({ value: VALUE, partition: n % 2 })),
  );
  await producer.close();
  const { code } = await runCli(['backup', '--config', '-'], {
    input: `
source: {bootstrap_servers: "${cluster.bootstrapServers}", topics: {include: [orders]}}
storage: ${archive}
`,
  });
  expect(code).toBe(0);
}, 180_000);

afterAll(async () => {
  await cluster?.stop();
  if (directory) await rm(directory, { recursive: true });
});

const configuration = (restore: string, metrics = '{cloudwatch: true}', storage = archive) => `
target: {bootstrap_servers: "${cluster.bootstrapServers}"}
storage: ${storage}
restore: ${restore}
metrics: ${metrics}
`;

function only(output: string): MetricSet {
  const sets = metricSets(output);
  expect(sets).toHaveLength(1);
  return sets[0]!;
}

test('a restore tells what it did, also of each topic', { timeout: 60_000 }, async () => {
  const { code, stdout } = await runCli(['restore', '--config', '-', '--verify', 'read'], {
    input: configuration('{topic_mapping: {orders: again}}', '{cloudwatch: true, topics: true}'),
  });
  expect(code).toBe(0);
  const [all, topic, ...more] = metricSets(stdout);
  expect(more).toEqual([]);
  expect(all!.dimensions).toEqual({ Archive: archive });
  // What was read back is not counted.
  expect(all!.values).toMatchObject({ RecordsRestored: RECORDS, RestoreSucceeded: 1 });
  expect(all!.values.RestoreSizeBytes).toBeGreaterThan(RECORDS * VALUE.length);
  expect(all!.values.RestoreDurationSeconds).toBeGreaterThan(0);
  expect(topic).toMatchObject({
    dimensions: { Archive: archive, Topic: 'again' },
    values: { RecordsRestored: RECORDS },
  });
});

test('a restore that is refused has not succeeded; a dry run is no restore', { timeout: 60_000 }, async () => {
  const input = configuration('{create_topics: false, topic_mapping: {orders: absent}}');
  const { code, stdout } = await runCli(['restore', '--config', '-'], { input });
  expect(code).toBe(3);
  expect(only(stdout).values).toMatchObject({ RestoreSucceeded: 0, RecordsRestored: 0, RestoreSizeBytes: 0 });
  const dry = await runCli(['restore', '--config', '-', '--dry-run'], {
    input: configuration('{topic_mapping: {orders: dry}}'),
  });
  expect(dry.code).toBe(0);
  expect(metricSets(dry.stdout)).toEqual([]);
});

test('Prometheus sees a restore under way; stopped, it has not succeeded', { timeout: 60_000 }, async () => {
  const [port] = await freePorts(1);
  const { child, ended } = startCli(['restore', '--config', '-'], {
    input: configuration(
      '{topic_mapping: {orders: slowly}, rate_limit_records_per_sec: 40}',
      `{cloudwatch: true, port: ${port}, bind_address: 127.0.0.1}`,
    ),
  });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  const value = (text: string, name: string) => {
    const found = new RegExp(`^kafka_restore_${name}\\{archive="(.*)"\\} (.*)$`, 'm').exec(text);
    if (found) expect(found[1]).toBe(archive);
    return found === null ? undefined : Number(found[2]);
  };
  let text = '';
  while (!value(text, 'records_total')) {
    await sleep(50);
    text = await fetch(`http://127.0.0.1:${port}/metrics`).then(
      (answer) => answer.text(),
      () => '',
    );
  }
  const done = value(text, 'records_total')!;
  expect(done).toBeLessThan(RECORDS);
  expect(value(text, 'target_records')).toBe(RECORDS);
  expect(value(text, 'remaining_records')).toBe(RECORDS - done);
  expect(value(text, 'progress_percent')).toBeGreaterThan(0);
  expect(value(text, 'progress_percent')).toBeLessThan(100);
  expect(value(text, 'throughput_bytes_per_sec')).toBeGreaterThan(0);
  expect(value(text, 'eta_seconds')).toBeGreaterThan(0);
  expect(value(text, 'succeeded')).toBeUndefined();
  expect(text).toContain('# TYPE kafka_restore_records_total counter');

  child.kill('SIGTERM');
  const { code, stdout } = await ended;
  expect(code).toBe(6);
  const { values } = only(stdout);
  expect(values.RestoreSucceeded).toBe(0);
  expect(values.RecordsRestored).toBeGreaterThanOrEqual(done);
  expect(values.RecordsRestored).toBeLessThan(RECORDS);
});

test('a drill, and the ages that are read from the archive afterwards', { timeout: 60_000 }, async () => {
  const before = await runCli(['age', '--path', archive], { env: { MSK_BACKUP_METRICS: 'emf' } });
  expect(before.code).toBe(0);
  expect(before.stdout).toMatch(/^snapshot {2}\d+s old: backup-\w+ \(#0\), as of /m);
  expect(before.stdout).toMatch(/^drill {5}none has succeeded$/m);
  expect(Object.keys(only(before.stdout).values)).toEqual(['BackupAgeSeconds', 'StoredBytes']);

  const drill = await runCli(['drill', '--config', '-'], { input: configuration('{}') });
  expect(drill.code).toBe(0);
  const { dimensions, values } = only(drill.stdout);
  expect(dimensions).toEqual({ Archive: archive });
  expect(values).toMatchObject({ DrillSucceeded: 1, DrillAgeSeconds: 0 });
  expect(values.DrillDurationSeconds).toBeGreaterThan(0);
  expect(values.DrillDataAgeSeconds).toBeGreaterThan(0);

  const after = await runCli(['age', '--config', '-', '--json'], { input: configuration('{}') });
  const ages = JSON.parse(after.stdout);
  const gauges = only(after.stderr).values;
  expect(gauges).toEqual({
    BackupAgeSeconds: ages.snapshot.ageSeconds,
    DrillAgeSeconds: ages.drill.ageSeconds,
    StoredBytes: ages.storedBytes,
  });
  // The snapshot was there before the drill began, and the drill has ended since.
  expect(gauges.BackupAgeSeconds).toBeGreaterThan(values.DrillDataAgeSeconds!);
  expect(gauges.DrillAgeSeconds).toBeGreaterThan(0);
  expect(gauges.DrillAgeSeconds).toBeLessThan(gauges.BackupAgeSeconds! - values.DrillDataAgeSeconds!);

  // One that fails makes the last good one no younger.
  const bad = await runCli(['drill', '--config', '-'], {
    input: configuration('{}').replace(`${cluster.bootstrapServers}`, `127.0.0.1:${(await freePorts(1))[0]}`),
  });
  expect(bad.code).not.toBe(0);
  const failed = only(bad.stdout).values;
  expect(failed.DrillSucceeded).toBe(0);
  expect(failed.DrillAgeSeconds).toBeGreaterThan(gauges.DrillAgeSeconds!);
});

test('the age is that of a snapshot which is whole; without any there is none', { timeout: 60_000 }, async () => {
  const none = await runCli(['age', '--path', emptyArchive], { env: { MSK_BACKUP_METRICS: 'emf' } });
  expect(none.code).toBe(0);
  expect(none.stdout).toMatch(/^snapshot {2}none is complete and whole$/m);
  expect(only(none.stdout).values).toEqual({ StoredBytes: 0 });

  // As in a replica to which a pack has not come yet.
  const [pack] = (await readdir(join(archive, 'packs'), { recursive: true })).filter((file) => file.endsWith('.pack'));
  const path = join(archive, 'packs', pack!);
  const { size } = await stat(path);
  expect(size).toBeGreaterThan(0);
  await writeFile(path, '');
  const torn = await runCli(['age', '--path', archive, '--json']);
  expect(JSON.parse(torn.stdout).snapshot).toBeUndefined();
});
