import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { KafkaCluster } from '../support/kafka/cluster.ts';
import { startKafka } from '../support/kafka/cluster.ts';
import { javaClient } from '../support/kafka/java-client.ts';
import { runCli, startCli } from './run-cli.ts';

let cluster: KafkaCluster;
let directory: string;

beforeAll(async () => {
  cluster = await startKafka();
  directory = await mkdtemp(join(tmpdir(), 'msk-backup-cli-'));
  const java = javaClient(cluster);
  await java.createTopic('orders', { partitions: 2 });
  const producer = await java.producer();
  await producer.send(
    'orders',
    Array.from({ length: 60 }, (_, n) => ({ value: `order ${n}`, partition: n % 2 })),
  );
  await producer.close();
  await java.commitOffsets('payments', [{ topic: 'orders', partition: 0, offset: 10 }]);
}, 180_000);

afterAll(async () => {
  await cluster?.stop();
  if (directory) await rm(directory, { recursive: true });
});

function configuration(name: string, more = ''): string {
  return `
backup_id: ${name}
source:
  bootstrap_servers: ${cluster.bootstrapServers.join(',')}
  topics: {include: [orders]}
storage: {backend: filesystem, path: ${join(directory, name)}}
${more}`;
}

describe('backup', { timeout: 60_000 }, () => {
  test('a dry run says what would be copied and writes nothing; the backup copies it', async () => {
    const input = configuration('first');
    const dry = await runCli(['backup', '--config', '-', '--dry-run'], { input });
    expect(dry.code).toBe(0);
    expect(dry.stdout).toMatch(/^orders +2 +60$/m);
    expect(await readdir(directory)).not.toContain('first');

    const { code, stdout, stderr } = await runCli(['backup', '--config', '-'], { input });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^snapshot {2}first \(#0, complete\)$/m);
    expect(stdout).toMatch(/^added {5}60 records, /m);
    for (const line of stderr.trimEnd().split('\n')) expect(JSON.parse(line)).toHaveProperty('run');

    const described = JSON.parse((await runCli(['describe', '--path', join(directory, 'first'), '--json'])).stdout);
    expect(described.topics).toMatchObject([{ name: 'orders', records: 60, partitions: [{ cut: 30 }, { cut: 30 }] }]);
  });

  test('SIGTERM ends a continuous backup: all is committed, 0', async () => {
    const { child, ended } = startCli(['backup', '--config', '-', '--json'], {
      input: configuration('continuous', 'backup: {continuous: true, snapshot_interval: 1h}\n'),
    });
    onTestFinished(() => {
      child.kill('SIGKILL');
    });
    const commits = join(directory, 'continuous', 'commits');
    while ((await readdir(commits).catch(() => [])).length === 0) await sleep(50);
    // A moment between the commit and the wait for the next one.
    await sleep(500);
    child.kill('SIGTERM');
    const { code, stdout } = await ended;
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ interrupted: false, snapshots: [{ sequence: 0, kind: 'complete' }] });
  });
});

test('groups of the cluster, with their lag', { timeout: 60_000 }, async () => {
  const { code, stdout } = await runCli(['groups', '--cluster', '--config', '-', '--json'], {
    input: configuration('g'),
  });
  expect(code).toBe(0);
  expect(JSON.parse(stdout).groups).toEqual([
    {
      groupId: 'payments',
      protocolType: expect.any(String),
      positions: [{ topic: 'orders', partition: 0, offset: 10, end: 30, lag: 20 }],
    },
  ]);
});

describe('restore', { timeout: 60_000 }, () => {
  test('under another name, read back record by record', async () => {
    expect((await runCli(['backup', '--config', '-'], { input: configuration('source') })).code).toBe(0);
    const input = `
backup_id: latest
target: {bootstrap_servers: "${cluster.bootstrapServers.join(',')}"}
storage: {backend: filesystem, path: ${join(directory, 'source')}}
restore: {topic_mapping: {orders: orders-again}}
`;
    const dry = await runCli(['restore', '--config', '-', '--dry-run'], { input });
    expect(dry.code).toBe(0);
    expect(dry.stdout).toMatch(/^orders +orders-again +create +2 +60 /m);

    const { code, stdout } = await runCli(['restore', '--config', '-', '--verify', 'read'], { input });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^restored +60 of 60 records in /m);
    expect(stdout).toMatch(/^read back +60 records, 0 differences$/m);

    // Run again, it finds everything there.
    const again = await runCli(['restore', '--config', '-', '--json'], { input });
    expect(again.code).toBe(0);
    expect(JSON.parse(again.stdout).plan.topics).toMatchObject([{ target: 'orders-again', action: 'resume' }]);
    // Another restore finds records that are not its own.
    const exact = input.replace('{topic_mapping', '{offsets: exact, topic_mapping');
    const other = await runCli(['restore', '--config', '-', '--json'], { input: exact });
    expect(other.code).toBe(3);
    expect(JSON.parse(other.stdout).error).toMatchObject({
      kind: 'configuration',
      code: 'TARGET_NOT_EMPTY',
      message: expect.stringContaining('orders-again'),
    });
  });
});
