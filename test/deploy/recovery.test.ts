/**
 * A region is lost, and what is in the other one is enough: the recovery stack is deployed, and its tasks restore and drill, while every request to
 * the primary region is refused. Policies of roles and buckets are enforced by the emulator, as far as it goes: it does not know
 * s3:if-none-match, and does not ask KMS. ECS and its agent are played by the test; brokers check the signatures of the task's tokens, not
 * its policy. Global services (IAM) are signed for us-east-1, which is the recovery region here: what losing us-east-1 means for
 * deploying anywhere is not shown.
 */

import { readFile } from 'node:fs/promises';
import { HeadBucketCommand } from '@aws-sdk/client-s3';
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { DrDrill } from '../../components/dr-drill.ts';
import { MskBackup } from '../../components/msk-backup.ts';
import { MskRestore } from '../../components/msk-restore.ts';
import { expectToRead, type View, viewOf } from '../restore/exact-judge.ts';
import { type KafkaCluster, startKafka } from '../support/kafka/cluster.ts';
import { toolClass } from '../support/kafka/console.ts';
import { type GroupOffset, javaClient } from '../support/kafka/java-client.ts';
import { Deployment } from '../support/pulumi/deployment.ts';
import { type AwsEmulator, startMinistack } from '../support/s3/emulator.ts';
import { type ClusterPlace, makeMskCluster } from '../support/s3/network.ts';
import { DeployedTask, type Overrides } from './container.ts';
import { RegionGate } from './region-gate.ts';

const primary = 'us-west-2';
const recovery = 'us-east-1';
const group = 'amazon.lambda.orders';
const image = (region: string) => ({
  uri: `000000000000.dkr.ecr.${region}.amazonaws.com/msk-backup@sha256:${'0'.repeat(64)}`,
});

let aws: AwsEmulator;
let gate: RegionGate;
let here: AwsEmulator;
let target: KafkaCluster;
/** The cluster of drills, and the network of both tasks. */
let place: ClusterPlace;
let caSecretArn: string;
const stacks: Deployment[] = [];

/** What the primary region leaves behind. */
let before: View;
let positions: GroupOffset[];
let archive: { bucketName: string; keyArn: string; prefix: string };
let lostBucket: string;

beforeAll(async () => {
  aws = await startMinistack({ regions: [primary, recovery], authorize: true });
  gate = await RegionGate.open(aws);
  here = gate.from(recovery);
  place = await makeMskCluster(aws, 'orders-dr', recovery);
  await backUpAndLosePrimary();
  target = await startKafka({ iam: { region: recovery, keys: [] } });
  const secrets = new SecretsManagerClient({
    endpoint: aws.endpoint,
    credentials: aws.credentials,
    region: recovery,
  });
  const SecretString = await readFile(target.iam.caFile, 'utf8');
  caSecretArn = (await secrets.send(new CreateSecretCommand({ Name: 'kafka-ca', SecretString }))).ARN!;
  secrets.destroy();
});
afterAll(async () => {
  for (const stack of stacks) await stack.end();
  await target?.stop();
  await gate?.close();
  await aws?.stop();
});

/** MskBackup is deployed, its task backs a topic up, S3 replicates; then brokers and region are gone. */
async function backUpAndLosePrimary(): Promise<void> {
  const there = gate.from(primary);
  const source = await startKafka();
  try {
    await fill(source);
    const { clusterArn, subnetIds } = await makeMskCluster(aws, 'orders', primary);
    const stack = await Deployment.begin(there);
    stacks.push(stack);
    const { outputs } = await stack.up(async () => {
      return new MskBackup('orders', {
        clusterArn,
        bootstrapServers: source.bootstrapServers[0]!,
        authentication: { mechanism: 'NONE', port: portOf(source.bootstrapServers) },
        network: { subnetIds },
        topics: ['orders'],
        archive: { prefix: 'msk/orders' },
        replica: { region: recovery },
        image: image(primary),
      }) as unknown as Record<string, string>;
    });
    const made = outputs as Record<string, string>;
    const task = await DeployedTask.of(there, made.taskDefinitionArn!);
    expect(await task.run()).toMatchObject({ code: 0 });
    lostBucket = made.bucketName!;
    archive = { bucketName: made.replicaBucketName!, keyArn: made.replicaKeyArn!, prefix: 'msk/orders' };
    aws.placeBucket(lostBucket, primary);
    aws.placeBucket(archive.bucketName, recovery);
    await aws.waitForReplication(lostBucket, archive.bucketName, 'msk/orders/');
  } finally {
    await source.stop();
  }
  gate.lose(primary);
}

/** Two partitions with holes where transactions ended, the first without its oldest records; a group in the middle of them. */
async function fill(source: KafkaCluster): Promise<void> {
  const client = javaClient(source);
  await client.createTopic('orders', { partitions: 2, config: { 'max.message.bytes': '2000000' } });
  const producer = await client.producer({ 'transactional.id': 'shop', 'compression.type': 'lz4' });
  for (let transaction = 0; transaction < 5; transaction++) {
    const order = (n: number) => ({ partition: n % 2, key: `order-${transaction}-${n}`, value: 'x'.repeat(n) });
    await producer.begin();
    await producer.send(
      'orders',
      Array.from({ length: 40 }, (_, n) => order(n)),
    );
    if (transaction === 3) await producer.abort();
    else await producer.commit();
  }
  await producer.close();
  await client.deleteRecords('orders', { 0: 7 });
  positions = [
    { topic: 'orders', partition: 0, offset: 30, metadata: '' },
    { topic: 'orders', partition: 1, offset: 50, metadata: 'at lunch' },
  ];
  await client.commitOffsets(group, positions);
  before = await viewOf(client, 'orders');
  expect(before.records.length).toBe(153);
}

beforeEach(() => gate.forget());

let restore: Record<string, string>;
let drill: Record<string, string>;

test('without the primary region its buckets are out of reach', async () => {
  const lost = gate
    .from(primary)
    .client(primary)
    .send(new HeadBucketCommand({ Bucket: lostBucket }));
  await expect(lost).rejects.toThrow();
  expect(new Set(gate.refused)).toEqual(new Set([`${primary}/s3 HEAD /${lostBucket}/`]));
});

test('the recovery stack is deployed, and nothing in it asks for the primary region or names it', async () => {
  const stack = await Deployment.begin(here);
  stacks.push(stack);
  const { outputs } = await stack.up(async () => {
    const shared = {
      topics: ['orders'],
      archive,
      network: { subnetIds: place.subnetIds, brokerSecurityGroupId: place.brokerSecurityGroupId },
      authentication: { caSecretArn, port: portOf(target.iam.bootstrapServers) },
      image: image(recovery),
    };
    // This cluster is made later: its brokers are told when the task is run.
    const restore = new MskRestore('orders', { ...shared, clusterName: 'orders-rebuilt', consumerGroups: [group] });
    const drill = new DrDrill('drill', {
      ...shared,
      clusterArn: place.clusterArn,
      bootstrapServers: target.iam.bootstrapServers[0]!,
    });
    return { restore, drill } as unknown as Record<string, unknown>;
  });
  restore = outputs.restore as typeof restore;
  drill = outputs.drill as typeof drill;
  expect(gate.refused).toEqual([]);
  expect(gate.passed.length).toBeGreaterThan(20);
  const whole = JSON.stringify(gate.passed);
  expect(whole).not.toContain(primary);
  expect(whole).not.toContain(lostBucket);
});

test('the restore puts records at their offsets and groups where they stood', async () => {
  const task = await DeployedTask.of(here, restore.taskDefinitionArn!);
  await target.iam.allow(task.key);
  const overrides = overridesOf(restore.runCommand!, target.iam.bootstrapServers);
  const { code, stdout, stderr } = await task.run(overrides);
  expect(code, stdout + stderr).toBe(0);
  await expectToRead(target, 'orders', before, { byConsole: true });
  expect(await javaClient(target).groupOffsets(group)).toEqual(positions);
  const { accepted, refused } = await target.iam.verdicts();
  expect(new Set(accepted)).toEqual(new Set([task.key.principal]));
  expect(refused).toEqual([]);
  expect(gate.refused).toEqual([]);
  const passed = gate.passed.map(({ line }) => line).join('\n');
  for (const call of [`${recovery}/s3 GET /${archive.bucketName}`, `${recovery}/secretsmanager POST`])
    expect(passed).toContain(call);
});

test('the drill restores beside it, compares, and leaves nothing but its report', async () => {
  const task = await DeployedTask.of(here, drill.taskDefinitionArn!);
  await target.iam.allow(task.key);
  const { code, stdout, stderr } = await task.run();
  expect(code, stdout + stderr).toBe(0);
  expect(gate.refused).toEqual([]);
  const servers = ['--bootstrap-server', target.bootstrapServers.join(',')];
  const topics = await target.tool(toolClass(target, 'topics'), [...servers, '--list', '--exclude-internal']);
  expect(topics.stdout.trim()).toBe('orders');
  await expectToRead(target, 'orders', before);
  const reports = [...(await aws.list(archive.bucketName, 'msk/orders-drills/')).keys()];
  expect(reports.map((key) => key.replace(/.*\./, '')).sort()).toEqual(['html', 'json']);
});

const portOf = ([server]: string[]) => Number(server!.split(':')[1]);

/** What `aws ecs run-task` is told by the line that MskRestore puts out, with the brokers in their place. */
function overridesOf(runCommand: string, bootstrapServers: string[]): Overrides {
  const [, overrides] = /--overrides '(.*)'/.exec(runCommand)!;
  return JSON.parse(overrides!.replace('BROKERS', bootstrapServers.join(','))).containerOverrides[0];
}
