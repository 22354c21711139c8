import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { MAIN, runCli, startCli } from '../cli/run-cli.ts';
import { type KafkaCluster, startKafka } from '../support/kafka/cluster.ts';
import { javaClient } from '../support/kafka/java-client.ts';
import { EcsServer } from './ecs-server.ts';

// Containers are processes of this machine here. What ECS itself does with an image, a network and roles is not shown.
let kafka: KafkaCluster;
let ecs: EcsServer;
let directory: string;
beforeAll(async () => {
  kafka = await startKafka();
  const client = javaClient(kafka);
  await client.createTopic('orders', { partitions: 2 });
  const producer = await client.producer();
  await producer.send(
    'orders',
    Array.from({ length: 300 }, (_, i) => ({ partition: i % 2, value: `order ${i}` })),
  );
  await producer.close();
});
afterAll(() => kafka.stop());
beforeEach(async () => {
  ecs = await EcsServer.start();
  directory = await mkdtemp(join(tmpdir(), 'msk-backup-run-'));
});
afterEach(async () => {
  await ecs.stop();
  await rm(directory, { recursive: true, force: true });
});

const NETWORK = ['--subnet', 'subnet-1,subnet-2', '--security-group', 'sg-1'];
const run = (...args: string[]) =>
  runCli(['run', '--cluster', 'backups', '--task-definition', 'orders', ...args], { env: ecs.env });

function define(more: Partial<Parameters<EcsServer['define']>[0]> = {}): void {
  ecs.define({
    family: 'orders',
    entryPoint: [process.execPath, MAIN],
    command: ['backup'],
    logGroup: '/msk-backup/orders',
    environment: {
      PATH: process.env.PATH!,
      MSK_BACKUP_CONFIG: [
        'mode: backup',
        'backup_id: "from-task"',
        `source: {bootstrap_servers: ["${kafka.bootstrapServers}"], topics: {include: ["\${TOPIC}"]}}`,
        `storage: {backend: filesystem, path: "${directory}/archive"}`,
        '',
      ].join('\n'),
    },
    ...more,
  });
}

test('a backup runs as a task: its log and state are shown, its snapshot is there, its exit code is ours', async () => {
  define();
  const { code, stdout, stderr } = await run('--json', '--env', 'TOPIC=orders', ...NETWORK, 'backup', '--', '--full');
  expect(code, stderr).toBe(0);
  const { arn } = ecs.tasks[0]!;
  expect(JSON.parse(stdout)).toEqual({
    taskArn: arn,
    taskDefinition: 'arn:aws:ecs:us-east-1:123456789012:task-definition/orders:7',
    log: { group: '/msk-backup/orders', stream: `run/msk-backup/${arn.split('/').at(-1)}` },
    exitCode: 0,
    stopCode: 'EssentialContainerExited',
    stoppedReason: 'Essential container in task exited',
  });
  const lines = stderr
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  // The stages are those of the task.
  expect(lines.filter(({ msg }) => msg === 'stage began').map(({ stage }) => stage)).toContain('backup');
  expect(lines.findLast(({ msg, stage }) => msg === 'stage ended' && stage === 'backup')).toMatchObject({
    records: 300,
  });
  expect(lines.map(({ msg }) => msg)).toContain('task is STOPPED');
  // The result that the task printed is in its log, too.
  expect(stderr).toContain('from-task');

  const request = ecs.requests.find(({ action }) => action === 'RunTask')!.body;
  expect(request).toMatchObject({
    cluster: 'backups',
    count: 1,
    launchType: 'FARGATE',
    networkConfiguration: {
      awsvpcConfiguration: { subnets: ['subnet-1', 'subnet-2'], securityGroups: ['sg-1'], assignPublicIp: 'DISABLED' },
    },
    overrides: { containerOverrides: [{ name: 'msk-backup', command: ['backup', '--full'] }] },
  });
  const listed = await runCli(['list', '--json', '--path', `${directory}/archive`]);
  expect(JSON.parse(listed.stdout)).toMatchObject({ snapshots: [{ backupId: 'from-task', kind: 'complete' }] });
});

test('a task that fails: its error is shown and its exit code is ours', async () => {
  define();
  const { code, stderr } = await run('--env', 'TOPIC=no-such-topic', ...NETWORK, 'backup');
  expect(code).toBe(3);
  expect(stderr).toContain('no-such-topic');
});

test('a task that never starts: why, in one line', async () => {
  define({
    fails: {
      stopCode: 'TaskFailedToStart',
      stoppedReason: 'CannotPullContainerError: pull image manifest has been retried 1 time(s): not found',
      containerReason: 'image 1.2.3 not found',
    },
  });
  const { code, stderr } = await run(...NETWORK, 'restore');
  expect(code).toBe(4);
  expect(stderr.trim().split('\n').at(-1)).toBe(
    `msk-backup: ${ecs.tasks[0]!.arn}: the container msk-backup never ran: TaskFailedToStart; CannotPullContainerError: pull image manifest has been retried 1 time(s): not found; container msk-backup: image 1.2.3 not found`,
  );
});

test('what ECS refuses is told in one line, and nothing is started', async () => {
  const lastLine = async (...args: string[]) => {
    const { code, stderr } = await run(...args);
    return [
      code,
      stderr
        .trim()
        .split('\n')
        .at(-1)!
        .replace(/ \(request .*\)/, ''),
    ];
  };
  expect(await lastLine('backup')).toEqual([
    3,
    'msk-backup: task definition orders: ecs:DescribeTaskDefinition was refused: ClientException: Unable to describe task definition.',
  ]);
  define();
  expect(await lastLine('backup')).toEqual([
    3,
    'msk-backup: task definition arn:aws:ecs:us-east-1:123456789012:task-definition/orders:7 on cluster backups: Fargate tasks need a network: give --subnet and --security-group',
  ]);
  expect(await lastLine('--cluster', 'other', ...NETWORK, 'backup')).toEqual([
    3,
    'msk-backup: task definition arn:aws:ecs:us-east-1:123456789012:task-definition/orders:7 on cluster other: there is no such ECS cluster: check --cluster and the region',
  ]);
  ecs.failure = { reason: 'RESOURCE:ENI', detail: 'no address is free' };
  expect(await lastLine(...NETWORK, 'backup')).toEqual([
    4,
    'msk-backup: task definition arn:aws:ecs:us-east-1:123456789012:task-definition/orders:7 on cluster backups: no task was started: RESOURCE:ENI: no address is free',
  ]);
  expect(await lastLine('--container', 'app', ...NETWORK, 'backup')).toEqual([
    3,
    'msk-backup: task definition orders: no container app in it (it has msk-backup): name one by --container',
  ]);
  expect(await lastLine(...NETWORK, 'verify')).toEqual([
    2,
    'msk-backup: run verify: give one of backup, restore, drill',
  ]);
  expect(ecs.tasks).toEqual([]);
});

test('Ctrl-C ends the following, and the task goes on', async () => {
  define({ entryPoint: [process.execPath, '-e', 'setInterval(() => console.log("still here"), 100)'], command: [] });
  const { child, ended } = startCli(
    ['run', '--cluster', 'backups', '--task-definition', 'orders', ...NETWORK, 'backup'],
    { env: ecs.env },
  );
  let seen = '';
  child.stderr!.on('data', (chunk) => {
    seen += chunk;
  });
  while (!seen.includes('still here') && child.exitCode === null) await sleep(50);
  child.kill('SIGINT');
  const { code, stderr } = await ended;
  expect(code).toBe(6);
  const [task] = ecs.tasks;
  expect(stderr.trim().split('\n').at(-1)).toBe(
    `msk-backup: no longer following task ${task!.arn}, which goes on: aws ecs stop-task ends it`,
  );
  expect(task!.status).toBe('RUNNING');
  // Throws when there is no such process.
  process.kill(task!.pid!, 0);
});

test('--no-follow ends as soon as the task is started', async () => {
  define({ entryPoint: [process.execPath, '-e', 'setInterval(() => {}, 1000)'], command: [] });
  const { code, stdout } = await run('--no-follow', ...NETWORK, 'backup');
  expect(code).toBe(0);
  expect(stdout).toContain(ecs.tasks[0]!.arn);
});
