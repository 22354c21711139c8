import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { METRICS } from '../../runtime/src/metrics/catalog.ts';
import { type Ended, runCli, startCli } from '../cli/run-cli.ts';
import type { KafkaCluster } from '../support/kafka/cluster.ts';
import { startKafka } from '../support/kafka/cluster.ts';
import { type JavaClient, javaClient } from '../support/kafka/java-client.ts';
import { freePorts } from '../support/ports.ts';
import { type MetricSet, metricSets } from './embedded-metric-format.ts';

const CONTENT = 'what-nobody-but-the-consumer-may-read';

let cluster: KafkaCluster;
let java: JavaClient;
let directory: string;

beforeAll(async () => {
  cluster = await startKafka();
  directory = await mkdtemp(join(tmpdir(), 'msk-backup-metrics-'));
  java = javaClient(cluster);
  for (const topic of ['orders', 'payments']) await java.createTopic(topic, { partitions: 2 });
  const producer = await java.producer();
  const records = (count: number) =>
    Array.from({ length: count }, (_, n) => ({ key: `${CONTENT}-${n}`, value: CONTENT, partition: n % 2 }));
  await producer.send('orders', records(60));
  await producer.send('payments', records(7));
  await producer.close();
});

afterAll(async () => {
  await cluster?.stop();
  if (directory) await rm(directory, { recursive: true });
});

interface Wanted {
  archive: string;
  topics?: string[];
  metrics?: string;
  more?: string;
  servers?: string;
}

const inArchive = (name: string) => join(directory, name);

function configuration({ archive, topics = ['orders', 'payments'], metrics, more = '', servers }: Wanted): string {
  return `
source:
  bootstrap_servers: ${servers ?? cluster.bootstrapServers.join(',')}
  topics: {include: [${topics}]}
storage: {backend: filesystem, path: ${inArchive(archive)}}
metrics: ${metrics ?? '{cloudwatch: true}'}
${more}`;
}

const backup = (wanted: Wanted, ...more: string[]): Promise<Ended> =>
  runCli(['backup', '--config', '-', ...more], { input: configuration(wanted) });

async function only(output: string): Promise<MetricSet> {
  const sets = metricSets(output);
  expect(sets).toHaveLength(1);
  return sets[0]!;
}

/** Bytes of packs and index objects, as the file system has them. */
async function bytesIn(archive: string): Promise<number> {
  const files = await readdir(inArchive(archive), { recursive: true, withFileTypes: true });
  const kept = files.filter((file) => file.isFile() && /\/(packs|index)(\/|$)/.test(file.parentPath));
  const sizes = await Promise.all(kept.map((file) => stat(join(file.parentPath, file.name))));
  return sizes.reduce((sum, { size }) => sum + size, 0);
}

describe('a backup for CloudWatch', { timeout: 60_000 }, () => {
  test('tells what it did, in one line on the standard output', async () => {
    const { code, stdout, stderr } = await backup({ archive: 'whole' });
    expect(code).toBe(0);
    const { namespace, dimensions, values, units, properties } = await only(stdout);
    expect(namespace).toBe('KafkaBackup');
    expect(dimensions).toEqual({ Archive: inArchive('whole') });
    expect(values).toMatchObject({
      RecordsBackedUp: 67,
      BackupSucceeded: 1,
      BackupLagRecords: 0,
      PartitionsBehind: 0,
      OpenTransactionLagRecords: 0,
      StoredBytes: await bytesIn('whole'),
    });
    expect(values.BackupSizeBytes).toBeGreaterThan(0);
    expect(values.BackupSizeBytes).toBeLessThanOrEqual(values.StoredBytes!);
    expect(values.BackupDurationSeconds).toBeGreaterThan(0);
    // From the cut, which is after the start, to the end.
    expect(values.BackupLagSeconds).toBeGreaterThan(0);
    expect(values.BackupLagSeconds).toBeLessThanOrEqual(values.BackupDurationSeconds! + 1);
    expect(values.BackupAgeSeconds).toBe(values.BackupLagSeconds);
    for (const [name, unit] of Object.entries(units)) expect(METRICS[name as keyof typeof METRICS].unit).toBe(unit);
    // The log lines of the run are found by the same id.
    expect(
      stderr
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line).run),
    ).toContain(properties.run);
  });

  test('an archive grows by what is new, and so do the values', async () => {
    await backup({ archive: 'grows', topics: ['orders'] });
    const { stdout } = await backup({ archive: 'grows', topics: ['payments'] });
    const { values } = await only(stdout);
    expect(values).toMatchObject({ RecordsBackedUp: 7, BackupSucceeded: 1, StoredBytes: await bytesIn('grows') });
    expect(values.BackupSizeBytes).toBeLessThan(values.StoredBytes!);
  });

  test('values of each topic on request', async () => {
    const { stdout } = await backup({ archive: 'topics', metrics: '{cloudwatch: true, topics: true}' });
    const [all, ...topics] = metricSets(stdout);
    expect(all!.dimensions).toEqual({ Archive: inArchive('topics') });
    const behind = { BackupLagRecords: 0, PartitionsBehind: 0, OpenTransactionLagRecords: 0 };
    expect(topics.map(({ dimensions, values }) => ({ ...dimensions, ...values }))).toEqual([
      { Archive: inArchive('topics'), Topic: 'orders', RecordsBackedUp: 60, ...behind },
      { Archive: inArchive('topics'), Topic: 'payments', RecordsBackedUp: 7, ...behind },
    ]);
  });

  test('none unless asked for; the environment asks too, and the file wins', async () => {
    const env = { MSK_BACKUP_METRICS: 'emf' };
    const run = async (metrics: string, given: Record<string, string>) =>
      metricSets(
        (
          await runCli(['backup', '--config', '-'], {
            input: configuration({ archive: 'environment', topics: ['payments'], metrics }),
            env: given,
          })
        ).stdout,
      ).length;
    expect(await run('{topics: false}', {})).toBe(0);
    expect(await run('{topics: false}', env)).toBe(1);
    expect(await run('{cloudwatch: false}', env)).toBe(0);
    const wrong = await runCli(['backup', '--config', '-'], {
      input: configuration({ archive: 'environment' }),
      env: { MSK_BACKUP_METRICS: 'statsd' },
    });
    expect(wrong.code).toBe(3);
    expect(wrong.stderr).toContain('MSK_BACKUP_METRICS must be emf, or not set');
  });

  test('with --json the standard output stays one value, and the metrics are in the log', async () => {
    const { stdout, stderr } = await backup({ archive: 'json', topics: ['payments'] }, '--json');
    expect(JSON.parse(stdout)).toMatchObject({ snapshots: [{ added: { records: 7 } }] });
    expect((await only(stderr)).values).toMatchObject({ RecordsBackedUp: 7, BackupSucceeded: 1 });
  });
});

describe('a backup that does not succeed says so', { timeout: 60_000 }, () => {
  test('without a cluster, with the age of what there is', async () => {
    await backup({ archive: 'away', topics: ['payments'] });
    const [port] = await freePorts(1);
    const { code, stdout } = await backup({
      archive: 'away',
      servers: `127.0.0.1:${port}`,
      more: 'backup_id: later\n',
    });
    expect(code).toBe(4);
    const { dimensions, values } = await only(stdout);
    expect(dimensions).toEqual({ Archive: inArchive('away') });
    expect(values).toMatchObject({ BackupSucceeded: 0, RecordsBackedUp: 0, BackupSizeBytes: 0 });
    expect(values.BackupAgeSeconds).toBeGreaterThan(values.BackupDurationSeconds!);
    expect(values.BackupLagSeconds).toBe(values.BackupAgeSeconds);
    // What the cluster has was not to be found out.
    expect(Object.keys(values)).not.toContain('BackupLagRecords');
  });

  test('for a topic that is not there', async () => {
    const { code, stdout } = await backup({ archive: 'absent', topics: ['absent'] });
    expect(code).toBe(3);
    const { values } = await only(stdout);
    expect(values).toMatchObject({ BackupSucceeded: 0, RecordsBackedUp: 0, StoredBytes: 0 });
    // No snapshot, no age.
    expect(Object.keys(values)).not.toContain('BackupAgeSeconds');
  });

  test('when it is stopped', async () => {
    // Takes the connection and never answers.
    const hole = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => {
      hole.closeAllConnections();
      hole.close();
    });
    const connected = new Promise((resolve) => hole.once('connection', resolve));
    await new Promise((resolve) => hole.once('listening', resolve));
    const { port } = hole.address() as { port: number };
    const { child, ended } = startCli(['backup', '--config', '-'], {
      input: configuration({ archive: 'stopped', servers: `127.0.0.1:${port}` }),
    });
    onTestFinished(() => {
      child.kill('SIGKILL');
    });
    await connected;
    child.kill('SIGTERM');
    const { code, stdout } = await ended;
    expect(code).toBe(6);
    expect((await only(stdout)).values).toMatchObject({ BackupSucceeded: 0, RecordsBackedUp: 0 });
  });
});

test('a transaction that stays open: how much it holds back, and whose it is', { timeout: 60_000 }, async () => {
  await java.createTopic('ledger');
  const plain = await java.producer();
  const stuck = await java.producer({ 'transactional.id': 'ledger-writer-7', 'transaction.timeout.ms': '600000' });
  await plain.send('ledger', [{ value: 'before' }]);
  await stuck.begin();
  // Its last record is older than brokers let a transaction become.
  await stuck.send('ledger', [{ value: 'open', timestamp: Date.now() - 3_600_000 }]);
  await plain.send(
    'ledger',
    Array.from({ length: 9 }, () => ({ value: 'behind it' })),
  );
  const { code, stdout, stderr } = await backup({ archive: 'ledger', topics: ['ledger'] });
  expect(code).toBe(0);
  expect((await only(stdout)).values).toMatchObject({
    RecordsBackedUp: 1,
    BackupSucceeded: 1,
    OpenTransactionLagRecords: 10,
    BackupLagRecords: 10,
    PartitionsBehind: 0,
  });
  const told = stderr
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
    .filter(({ lagRecords }) => lagRecords !== undefined);
  expect(told).toMatchObject([
    {
      level: 'warn',
      topic: 'ledger',
      partition: 0,
      lagRecords: 10,
      start: 1,
      producerId: expect.any(Number),
      transactionalId: 'ledger-writer-7',
      msg: expect.stringMatching(/^ledger\[0\]: producer .*abort --topic ledger --partition 0 --start-offset 1$/),
    },
  ]);

  await stuck.abort();
  const after = await backup({ archive: 'ledger', topics: ['ledger'] });
  expect((await only(after.stdout)).values).toMatchObject({
    RecordsBackedUp: 9,
    OpenTransactionLagRecords: 0,
    BackupLagRecords: 0,
  });
});

describe('Prometheus', { timeout: 60_000 }, () => {
  test('sees a continuous backup, its progress and its last values', async () => {
    const [port] = await freePorts(1);
    const { child, ended } = startCli(['backup', '--config', '-'], {
      input: configuration({
        archive: 'served',
        metrics: `{port: ${port}, bind_address: 127.0.0.1, path: /m, topics: true}`,
        more: 'backup: {continuous: true, snapshot_interval: 1h}\n',
      }),
    });
    onTestFinished(() => {
      child.kill('SIGKILL');
    });
    let values = new Map<string, number>();
    const archive = `archive="${inArchive('served')}"`;
    while (values.get(`kafka_backup_succeeded{${archive}}`) === undefined) {
      await sleep(50);
      values = await scrape(`http://127.0.0.1:${port}/m`);
    }
    const value = (name: string) => values.get(`${name}{${archive}}`);
    expect(value('kafka_backup_succeeded')).toBe(1);
    expect(value('kafka_backup_last_records')).toBe(67);
    expect(value('kafka_backup_records_total')).toBe(67);
    expect(value('kafka_backup_bytes_total')).toBeGreaterThan(67 * CONTENT.length);
    expect(value('kafka_backup_target_records')).toBe(67);
    expect(value('kafka_backup_remaining_records')).toBe(0);
    expect(value('kafka_backup_progress_percent')).toBe(100);
    expect(value('kafka_backup_throughput_records_per_sec')).toBeGreaterThan(0);
    expect(value('kafka_backup_stored_bytes')).toBe(await bytesIn('served'));
    expect(values.get(`kafka_backup_last_records{${archive},topic="orders"}`)).toBe(60);

    const age = value('kafka_backup_age_seconds')!;
    await sleep(20);
    values = await scrape(`http://127.0.0.1:${port}/m`);
    expect(value('kafka_backup_age_seconds')).toBeGreaterThan(age);

    expect((await fetch(`http://127.0.0.1:${port}/metrics`)).status).toBe(404);
    expect((await fetch(`http://127.0.0.1:${port}/m`, { method: 'POST' })).status).toBe(405);
    child.kill('SIGTERM');
    const { code, stdout } = await ended;
    expect(code).toBe(0);
    expect(metricSets(stdout)).toEqual([]);
  });

  test('has time to see the end of a short run', async () => {
    const [port] = await freePorts(1);
    const { child, ended } = startCli(['backup', '--config', '-'], {
      input: configuration({
        archive: 'kept',
        metrics: `{port: ${port}, bind_address: 127.0.0.1, keep_alive_seconds: 3600}`,
      }),
    });
    onTestFinished(() => {
      child.kill('SIGKILL');
    });
    let text = '';
    while (!text.includes('kafka_backup_succeeded')) {
      await sleep(50);
      text = await fetch(`http://127.0.0.1:${port}/metrics`).then(
        (answer) => answer.text(),
        () => '',
      );
    }
    child.kill('SIGTERM');
    expect((await ended).code).toBe(0);
  });

  test('a port that is taken ends the run before it begins', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => {
      taken.close();
    });
    await new Promise((resolve) => taken.once('listening', resolve));
    const { port } = taken.address() as { port: number };
    const { code, stderr } = await backup({ archive: 'taken', metrics: `{port: ${port}, bind_address: 127.0.0.1}` });
    expect(code).toBe(3);
    expect(stderr).toContain(`metrics: cannot listen on 127.0.0.1:${port}`);
    expect(await readdir(directory)).not.toContain('taken');
  });
});

test('neither records nor passwords come into a log or a metric', { timeout: 60_000 }, async () => {
  const { code, stdout, stderr } = await backup(
    { archive: 'quiet', metrics: '{cloudwatch: true, topics: true}' },
    '--verbose',
  );
  expect(code).toBe(0);
  expect(stdout + stderr).not.toContain(CONTENT);

  const input = configuration({ archive: 'quiet' }).replace(
    '  topics:',
    '  security: {security_protocol: SASL_PLAINTEXT, sasl_mechanism: PLAIN, sasl_username: me, sasl_password: hunter-22}\n  topics:',
  );
  const refused = await runCli(['backup', '--config', '-', '--verbose'], { input });
  expect(refused.code).toBe(4);
  expect((await only(refused.stdout)).values).toMatchObject({ BackupSucceeded: 0 });
  expect(refused.stdout + refused.stderr).not.toContain('hunter-22');
});

/** The values by name and labels, of the text that Prometheus reads; empty while nobody listens. */
async function scrape(url: string): Promise<Map<string, number>> {
  const text = await fetch(url).then(
    (answer) => answer.text(),
    () => '',
  );
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => {
      const [, name, value] = /^(\S+\{.*\}|\S+) (\S+)$/.exec(line)!;
      return [name!, Number(value)];
    }),
  );
}
