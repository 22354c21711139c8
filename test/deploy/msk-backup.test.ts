/**
 * MskBackup deployed by the real Pulumi engine to the AWS emulator: test/support/pulumi/deployment.ts says what that shows and what
 * it does not. The emulator starts no task, and neither checks sizes, expressions and dashboards nor evaluates alarms on them.
 */

import { CloudWatchClient, DescribeAlarmsCommand, GetDashboardCommand } from '@aws-sdk/client-cloudwatch';
import { DescribeSecurityGroupRulesCommand, EC2Client } from '@aws-sdk/client-ec2';
import { DescribeTaskDefinitionCommand, ECSClient } from '@aws-sdk/client-ecs';
import { GetScheduleCommand, ListSchedulesCommand, SchedulerClient } from '@aws-sdk/client-scheduler';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { MskBackup, type MskBackupArgs } from '../../components/msk-backup.ts';
import { Deployment } from '../support/pulumi/deployment.ts';
import { type AwsEmulator, startMinistack } from '../support/s3/emulator.ts';
import { type ClusterPlace, makeMskCluster } from '../support/s3/network.ts';

const home = 'us-west-2';
const elsewhere = 'us-east-1';

let aws: AwsEmulator;
let stack: Deployment;
let cluster: ClusterPlace;
beforeAll(async () => {
  aws = await startMinistack({ regions: [home, elsewhere] });
  cluster = await makeMskCluster(aws, 'orders');
  stack = await Deployment.begin(aws);
});
afterAll(async () => {
  await stack?.end();
  await aws?.stop();
});

const program = (changes: Partial<MskBackupArgs> = {}) => {
  return async () => {
    const { clusterArn, subnetIds, brokerSecurityGroupId } = cluster;
    return new MskBackup('orders', {
      clusterArn,
      network: { subnetIds, brokerSecurityGroupId },
      topics: ['orders', 'order-events', 'notifications'],
      consumerGroups: ['amazon.lambda.*'],
      replica: { region: elsewhere },
      image: { uri: `000000000000.dkr.ecr.${home}.amazonaws.com/msk-backup@sha256:${'0'.repeat(64)}` },
      ...changes,
    }) as unknown as Record<string, unknown>;
  };
};

/** What must never go away or be made anew: data, its keys, and the log. */
const lasting = ['aws:s3/bucket:Bucket', 'aws:kms/key:Key', 'aws:cloudwatch/logGroup:LogGroup'];

let made: Record<string, string>;

test('a preview says what an update then makes, and a second preview and a refresh find nothing to do', async () => {
  const planned = await stack.preview(program());
  expect(new Set(planned.map(({ operation }) => operation))).toEqual(new Set(['create']));
  const { outputs, counts } = await stack.up(program());
  made = outputs as typeof made;
  expect(counts).toEqual({ create: planned.length });
  expect(await stack.preview(program())).toEqual([]);
  expect(await stack.refresh()).toEqual({ same: planned.length });
  expect(await stack.preview(program())).toEqual([]);
});

test('ECS has a task definition that runs the backup as the roles that were made', async () => {
  const call = new DescribeTaskDefinitionCommand({ taskDefinition: made.taskDefinitionArn! });
  const { taskDefinition } = await client(ECSClient, home).send(call);
  expect(taskDefinition).toMatchObject({
    cpu: '1024',
    memory: '2048',
    networkMode: 'awsvpc',
    taskRoleArn: made.taskRoleArn,
    runtimePlatform: { cpuArchitecture: 'ARM64' },
  });
  const [container] = taskDefinition!.containerDefinitions!;
  expect(container).toMatchObject({ command: ['backup'], readonlyRootFilesystem: true, user: '1000:1000' });
  const yaml = container!.environment!.find(({ name }) => name === 'MSK_BACKUP_CONFIG')!.value!;
  expect(yaml).toBe(made.configurationYaml);
  expect(parse(yaml)).toMatchObject({
    mode: 'backup',
    source: { topics: { include: ['orders', 'order-events', 'notifications'] } },
    storage: { backend: 's3', bucket: made.bucketName, region: home },
  });
});

test('the schedule starts that task definition in the subnets, and refused starts go to the queue', async () => {
  const scheduler = client(SchedulerClient, home);
  const { Schedules } = await scheduler.send(new ListSchedulesCommand({}));
  const { Name, GroupName } = Schedules!.find(({ Name }) => Name === made.scheduleName)!;
  const schedule = await scheduler.send(new GetScheduleCommand({ Name, GroupName }));
  expect(schedule).toMatchObject({
    ScheduleExpression: 'rate(1 hour)',
    State: 'ENABLED',
    Target: {
      Arn: made.ecsClusterArn,
      DeadLetterConfig: { Arn: made.deadLetterQueueArn },
      EcsParameters: {
        TaskDefinitionArn: made.taskDefinitionArn,
        LaunchType: 'FARGATE',
        NetworkConfiguration: { awsvpcConfiguration: { Subnets: cluster.subnetIds, AssignPublicIp: 'DISABLED' } },
      },
    },
  });
});

test('the brokers let the task in on the port of IAM, and nothing else is changed in their group', async () => {
  const Filters = [{ Name: 'group-id', Values: [cluster.brokerSecurityGroupId] }];
  const call = new DescribeSecurityGroupRulesCommand({ Filters });
  const { SecurityGroupRules } = await client(EC2Client, home).send(call);
  const ingress = SecurityGroupRules!.filter(({ IsEgress }) => !IsEgress);
  expect(ingress).toMatchObject([{ IpProtocol: 'tcp', FromPort: 9098, ToPort: 9098 }]);
  expect(ingress[0]!.ReferencedGroupInfo!.GroupId).toMatch(/^sg-/);
});

test('alarms stand in the region that publishes their metric, and go to the topic there', async () => {
  const names: Record<string, string[]> = {};
  for (const [region, topic] of [
    [home, made.alarmTopicArn],
    [elsewhere, made.replicaAlarmTopicArn],
  ] as const) {
    const { MetricAlarms } = await client(CloudWatchClient, region).send(new DescribeAlarmsCommand({}));
    names[region] = MetricAlarms!.map(({ AlarmName }) => AlarmName!.replace(/-[0-9a-f]{7}$/, '')).sort();
    for (const { AlarmActions } of MetricAlarms!) expect(AlarmActions).toEqual([topic]);
  }
  expect(names).toEqual({
    [home]: ['orders-dead-letters', 'orders-lag', 'orders-missed-run', 'orders-replication-failed'],
    [elsewhere]: ['orders-replication-backlog', 'orders-replication-behind'],
  });
  const call = new GetDashboardCommand({ DashboardName: made.dashboardName });
  const { DashboardBody } = await client(CloudWatchClient, home).send(call);
  expect(JSON.parse(DashboardBody!).widgets.length).toBeGreaterThan(3);
});

test('what cannot be is refused at preview, every problem at once', async () => {
  const wrong = program({ topics: [], replica: { region: home }, schedule: 'rate(1 hours)' });
  const refused = await stack.preview(wrong).catch((error: Error) => error.message);
  for (const part of ['topics', 'replica.region', 'schedule']) expect(refused).toContain(part);
});

test('other arguments make a new task definition, and leave buckets, keys and the log where they are', async () => {
  const changed = program({
    topics: ['orders', 'payments'],
    schedule: 'rate(30 minutes)',
    compute: { cpu: 2048, memoryMiB: 4096, logRetentionDays: 30 },
    tags: { team: 'orders' },
  });
  const planned = await stack.preview(changed);
  expect(planned.filter(({ type, operation }) => lasting.includes(type) && operation !== 'update')).toEqual([]);
  const replaced = planned.filter(({ operation }) => /replace|delete/.test(operation)).map(({ type }) => type);
  expect(new Set(replaced)).toEqual(new Set(['aws:ecs/taskDefinition:TaskDefinition']));
  const { outputs } = await stack.up(changed);
  const after = outputs as typeof made;
  for (const key of ['bucketName', 'keyArn', 'replicaBucketName', 'replicaKeyArn', 'logGroupName', 'scheduleName'])
    expect(after[key]).toBe(made[key]);
  expect(after.taskDefinitionArn).not.toBe(made.taskDefinitionArn);
  expect(await stack.preview(changed)).toEqual([]);
});

const clients = new Map<string, unknown>();
function client<T>(Client: new (options: object) => T, region: string): T {
  const key = `${Client.name} ${region}`;
  const { endpoint, credentials } = aws;
  const known = clients.get(key) ?? new Client({ endpoint, credentials, region });
  clients.set(key, known);
  return known as T;
}
