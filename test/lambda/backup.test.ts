import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { resolveSnapshot } from '../../runtime/src/archive/resolve-snapshot.ts';
import { openStore } from '../../runtime/src/storage/open-store.ts';
import { EcsServer } from '../ecs/ecs-server.ts';
import { Builder, type Image } from '../image/carry-out.ts';
import { canCompile } from '../image/tools.ts';
import { BACKUP, REGION } from '../kafka/iam-client.ts';
import { type KafkaCluster, startKafka } from '../support/kafka/cluster.ts';
import { type JavaClient, javaClient } from '../support/kafka/java-client.ts';
import { type AwsEmulator, startMinistack } from '../support/s3/emulator.ts';
import { type Invoked, LocalFunction } from './runtime-api.ts';

// The image's target `lambda` as the Dockerfile makes it, with Lambda's own runtime interface client.
const possible = canCompile();
const it = test.skipIf(!possible);
let image: Image;
let kafka: KafkaCluster;
let client: JavaClient;
let aws: AwsEmulator;
let running: LocalFunction | undefined;
beforeAll(async () => {
  if (!possible) return;
  const arch = process.arch === 'arm64' ? 'arm64' : 'amd64';
  image = await new Builder(arch).make('lambda');
  [kafka, aws] = await Promise.all([
    startKafka({ iam: { region: REGION, keys: [BACKUP] } }),
    startMinistack({ regions: ['us-east-1', REGION] }),
  ]);
  client = javaClient(kafka);
}, 900_000);
afterEach(() => running?.stop());
afterAll(() => Promise.all([kafka?.stop(), aws?.stop()]));

async function fill(topic: string, count: number): Promise<void> {
  await client.createTopic(topic);
  const producer = await client.producer({ 'batch.size': '0' });
  await producer.send(
    topic,
    Array.from({ length: count }, (_, i) => ({ partition: 0, value: `${topic} ${i}` })),
  );
  await producer.close();
}

/** As Lambda starts the image: entry point and command, and the variables that the function is configured with. */
function startFunction(env: Record<string, string>): Promise<LocalFunction> {
  const inside = (path: string) => (path.startsWith('/') ? join(image.root, path) : path);
  const { LAMBDA_TASK_ROOT: taskRoot, ...ofImage } = image.env;
  return LocalFunction.start({
    command: image.entrypoint.map(inside),
    handler: image.cmd[0]!,
    taskRoot: inside(taskRoot!),
    env: {
      ...ofImage,
      AWS_REGION: aws.region,
      AWS_ENDPOINT_URL_S3: aws.endpoint,
      AWS_ACCESS_KEY_ID: BACKUP.accessKeyId,
      AWS_SECRET_ACCESS_KEY: BACKUP.secretAccessKey,
      ...env,
    },
  });
}

function bodyOf(result: unknown): Record<string, unknown> {
  return JSON.parse((result as { body: string }).body) as Record<string, unknown>;
}

async function snapshotIn(bucket: string, prefix: string, backupId = 'latest', region = aws.region) {
  const store = await openStore({
    backend: 's3',
    bucket,
    prefix,
    region,
    endpoint: aws.endpoint,
    accessKeyId: 'test',
    secretAccessKey: { reveal: () => 'test' } as never,
    pathStyle: true,
    maxConcurrentUploads: 1,
  });
  try {
    return await resolveSnapshot(store, backupId, { allowPartial: true });
  } finally {
    await store.close();
  }
}

it('an event of a schedule: its topics are backed up, and the answer has the backup_id', async () => {
  await fill('orders', 20);
  await fill('order-events', 10);
  await fill('other', 5);
  await aws.createBucket('by-event', { region: REGION });
  running = await startFunction({
    MSK_BOOTSTRAP_SERVERS: kafka.iam.bootstrapServers.join(','),
    NODE_EXTRA_CA_CERTS: kafka.iam.caFile,
    AWS_REGION: REGION,
    BACKUP_BUCKET: 'by-event',
  });
  const { result, error } = await running.invoke({ topics: ['orders', 'order-events'] });
  expect(error, running.log).toBeUndefined();
  expect(result, running.log).toMatchObject({ statusCode: 200 });
  const body = bodyOf(result);
  expect(body).toMatchObject({ complete: true, records: 30, archive: 's3://by-event/msk-backups' });
  const snapshot = await snapshotIn('by-event', 'msk-backups', String(body.backup_id), REGION);
  expect(snapshot).toMatchObject({ kind: 'complete', topics: [{ name: 'order-events' }, { name: 'orders' }] });
  // The same process serves the next one.
  expect(bodyOf((await running.invoke({ topics: ['orders'] })).result)).toMatchObject({ records: 0, snapshot: 1 });
  // A line of the log is found by the request's id.
  expect(running.log).toMatch(/"run":"[0-9a-f-]{36}".*"stage":"backup"/);
});

function configuration(bucket: string, more = ''): Record<string, string> {
  const text = [
    'mode: backup',
    `source: {bootstrap_servers: ["${kafka.bootstrapServers}"], topics: {include: [long]}}`,
    `storage: {backend: s3, bucket: ${bucket}, prefix: lambda, region: ${aws.region}}`,
    more,
    '',
  ];
  return { MSK_BACKUP_CONFIG: text.join('\n') };
}

it('what does not fit into the time is a partial snapshot, which the next call goes on with', async () => {
  await fill('long', 6_000);
  await aws.createBucket('in-parts');
  // Single-record batches, one by one.
  running = await startFunction(configuration('in-parts', 'backup: {fetch_max_bytes: 1}'));
  let first: Invoked = {};
  // A call that has no time for anything is an error of its own; how much that is, is the machine's matter.
  for (let timeMs = 500; first.result === undefined && timeMs < 20_000; timeMs *= 1.5)
    first = await running.invoke({}, timeMs);
  expect(first.result, running.log).toMatchObject({ statusCode: 202 });
  const { backup_id, complete, snapshot } = bodyOf(first.result);
  expect({ complete, snapshot }).toEqual({ complete: false, snapshot: 0 });
  const partial = await snapshotIn('in-parts', 'lambda', String(backup_id));
  const { reached, cut } = partial.topics[0]!.partitions[0]!;
  expect([partial.kind, cut, reached < cut]).toEqual(['partial', 6_000, true]);
  let last = first.result;
  for (let calls = 0; (last as { statusCode: number }).statusCode === 202 && calls < 5; calls++)
    ({ result: last } = await running.invoke({}, 60_000));
  expect(last, running.log).toMatchObject({ statusCode: 200 });
  const whole = await snapshotIn('in-parts', 'lambda');
  expect(whole).toMatchObject({ kind: 'complete', topics: [{ partitions: [{ reached: 6_000 }] }] });
}, 120_000);

it('what is wrong is the error of the invocation', async () => {
  await aws.createBucket('wrong');
  running = await startFunction(configuration('wrong'));
  expect((await running.invoke({ topics: ['no-such-topic'] })).error).toMatchObject({
    errorType: 'MskBackupError',
    errorMessage: expect.stringContaining('no-such-topic'),
  });
  expect((await running.invoke({ topics: 'orders' })).error!.errorMessage).toMatch(/^event: topics must be a list/);
  await running.stop();
  running = await startFunction({ BACKUP_BUCKET: 'wrong' });
  expect((await running.invoke({})).error!.errorMessage).toBe(
    'no configuration: set MSK_BOOTSTRAP_SERVERS, or MSK_BACKUP_CONFIG',
  );
});

it('with an ECS cluster in its environment it starts the task and does not wait for it', async () => {
  const ecs = await EcsServer.start();
  try {
    ecs.define({ family: 'orders', entryPoint: [process.execPath, '-e', '0'], command: ['backup'], logGroup: '/x' });
    running = await startFunction({
      ...configuration('unused'),
      ...ecs.env,
      BACKUP_ECS_CLUSTER: 'backups',
      BACKUP_ECS_TASK_DEFINITION: 'orders',
      BACKUP_ECS_SUBNETS: 'subnet-1, subnet-2',
      BACKUP_ECS_SECURITY_GROUPS: 'sg-1',
    });
    const { result, error } = await running.invoke({ topics: ['orders'] });
    expect(error, running.log).toBeUndefined();
    expect(result).toMatchObject({ statusCode: 202 });
    expect(bodyOf(result)).toEqual({ task_arn: ecs.tasks[0]!.arn });
    const request = ecs.requests.find(({ action }) => action === 'RunTask')!.body as {
      overrides: { containerOverrides: { command: string[]; environment: { name: string; value: string }[] }[] };
    };
    expect(request).toMatchObject({
      networkConfiguration: { awsvpcConfiguration: { subnets: ['subnet-1', 'subnet-2'], securityGroups: ['sg-1'] } },
    });
    const [override] = request.overrides.containerOverrides;
    expect(override!.command).toEqual(['backup']);
    // The topics of the event in the configuration of the function.
    expect(override!.environment).toEqual([
      { name: 'MSK_BACKUP_CONFIG', value: expect.stringMatching(/include: \[ ?orders ?\]|include:\n\s+- orders/) },
    ]);
  } finally {
    await ecs.stop();
  }
});
