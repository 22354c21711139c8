/**
 * The runtime as the deployed task: with the task definition's command and configuration, as the deployed role, where the emulator enforces
 * the policies of role and bucket. ECS itself is not there: the test takes the role in its place. The emulator does not know
 * s3:if-none-match (policies-evaluated.test.ts judges that), nor does it ask KMS.
 */

import { DescribeTaskDefinitionCommand, ECSClient } from '@aws-sdk/client-ecs';
import { IAMClient, UpdateAssumeRolePolicyCommand } from '@aws-sdk/client-iam';
import { DeleteObjectCommand, GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { MskBackup } from '../../components/msk-backup.ts';
import { runCli } from '../cli/run-cli.ts';
import { type KafkaCluster, startKafka } from '../support/kafka/cluster.ts';
import { javaClient } from '../support/kafka/java-client.ts';
import { Deployment } from '../support/pulumi/deployment.ts';
import { type AwsEmulator, startMinistack } from '../support/s3/emulator.ts';
import { makeMskCluster } from '../support/s3/network.ts';

const home = 'us-west-2';
const elsewhere = 'us-east-1';
/** Of the first broker: the others are on ports of their own here, and one is enough to find them. */
const portOf = ([server]: string[]) => Number(server!.split(':')[1]);

let aws: AwsEmulator;
let kafka: KafkaCluster;
let stack: Deployment;
let made: Record<string, string>;
let command: string[];
let configuration: string;
let executionRoleArn: string;

beforeAll(async () => {
  [aws, kafka] = await Promise.all([startMinistack({ regions: [home, elsewhere], authorize: true }), startKafka()]);
  const { clusterArn, subnetIds } = await makeMskCluster(aws, 'orders');
  stack = await Deployment.begin(aws);
  const { outputs } = await stack.up(async () => {
    return new MskBackup('orders', {
      clusterArn,
      bootstrapServers: kafka.bootstrapServers[0]!,
      authentication: { mechanism: 'NONE', port: portOf(kafka.bootstrapServers) },
      network: { subnetIds },
      topics: ['orders'],
      archive: { prefix: 'msk/orders' },
      replica: { region: elsewhere },
      image: { uri: `000000000000.dkr.ecr.${home}.amazonaws.com/msk-backup@sha256:${'0'.repeat(64)}` },
    }) as unknown as Record<string, unknown>;
  });
  made = outputs as typeof made;
  aws.placeBucket(made.bucketName!, home);
  aws.placeBucket(made.replicaBucketName!, elsewhere);
  const ecs = new ECSClient({ endpoint: aws.endpoint, credentials: aws.credentials, region: home });
  const call = new DescribeTaskDefinitionCommand({ taskDefinition: made.taskDefinitionArn! });
  const { taskDefinition } = await ecs.send(call);
  ecs.destroy();
  const [container] = taskDefinition!.containerDefinitions!;
  command = container!.command!;
  configuration = container!.environment!.find(({ name }) => name === 'MSK_BACKUP_CONFIG')!.value!;
  executionRoleArn = taskDefinition!.executionRoleArn!;
  const client = javaClient(kafka);
  await client.createTopic('orders', { partitions: 2 });
  const producer = await client.producer({});
  await producer.send(
    'orders',
    Array.from({ length: 100 }, (_, n) => ({ partition: n % 2, key: `k${n}`, value: `v${n}` })),
  );
  await producer.close();
});
afterAll(async () => {
  await stack?.end();
  await kafka?.stop();
  await aws?.stop();
});

interface Credentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken: string;
}

/** Takes a role as a service would: its trust policy, which lets only that service, is opened to the account first. */
async function as(RoleArn: string): Promise<Credentials> {
  const options = { endpoint: aws.endpoint, credentials: aws.credentials, region: home };
  const iam = new IAMClient(options);
  const sts = new STSClient(options);
  const Principal = { AWS: `arn:aws:iam::${RoleArn.split(':')[4]}:root` };
  const Statement = [{ Effect: 'Allow', Principal, Action: 'sts:AssumeRole' }];
  const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement });
  await iam.send(new UpdateAssumeRolePolicyCommand({ RoleName: RoleArn.split('/').at(-1), PolicyDocument }));
  const { Credentials: it } = await sts.send(new AssumeRoleCommand({ RoleArn, RoleSessionName: 'task' }));
  iam.destroy();
  sts.destroy();
  return { accessKeyId: it!.AccessKeyId!, secretAccessKey: it!.SecretAccessKey!, sessionToken: it!.SessionToken! };
}

function runTask({ accessKeyId, secretAccessKey, sessionToken }: Credentials) {
  const env = {
    ...aws.env,
    AWS_REGION: home,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
    MSK_BACKUP_CONFIG: configuration,
  };
  return runCli(command, { env });
}

test('another role of the deployment is refused by S3, and the message says what is missing', async () => {
  const { code, stdout, stderr } = await runTask(await as(executionRoleArn));
  expect(code).not.toBe(0);
  expect(stdout + stderr).toMatch(/s3:|AccessDenied|not allowed|denied/i);
  expect(await aws.list(made.bucketName!)).toEqual(new Map());
});

test('the task backs up as its role, again too, and the replica has it all', async () => {
  const role = await as(made.taskRoleArn!);
  for (let run = 0; run < 2; run++) {
    const { code, stderr, stdout } = await runTask(role);
    expect(stdout + stderr).not.toMatch(/AccessDenied/);
    expect(code).toBe(0);
  }
  const keys = [...(await aws.list(made.bucketName!, 'msk/orders/')).keys()];
  expect(keys.filter((key) => key.includes('/commits/'))).toHaveLength(2);
  expect(keys.some((key) => key.includes('/packs/orders/'))).toBe(true);
  await aws.waitForReplication(made.bucketName!, made.replicaBucketName!, 'msk/orders/');
});

test('that role deletes nothing, writes nowhere else, and does not reach the replica', async () => {
  const credentials = await as(made.taskRoleArn!);
  const { endpoint } = aws;
  const here = new S3Client({ endpoint, credentials, region: home, forcePathStyle: true });
  const there = new S3Client({ endpoint, credentials, region: elsewhere, forcePathStyle: true });
  const Bucket = made.bucketName!;
  const [Key] = [...(await aws.list(Bucket, 'msk/orders/packs/')).keys()];
  expect((await here.send(new GetObjectCommand({ Bucket, Key: 'msk/orders/FORMAT' }))).ContentLength).toBeGreaterThan(
    0,
  );
  const denied = { $metadata: { httpStatusCode: 403 } };
  await expect(here.send(new DeleteObjectCommand({ Bucket, Key: Key! }))).rejects.toMatchObject(denied);
  const outside = { Bucket, Key: 'other/team', Body: 'x', IfNoneMatch: '*' };
  await expect(here.send(new PutObjectCommand(outside))).rejects.toMatchObject(denied);
  const replica = { Bucket: made.replicaBucketName!, Key: Key! };
  await expect(there.send(new GetObjectCommand(replica))).rejects.toMatchObject(denied);
  expect([...(await aws.list(Bucket, 'msk/orders/packs/')).keys()]).toContain(Key);
  here.destroy();
  there.destroy();
});
