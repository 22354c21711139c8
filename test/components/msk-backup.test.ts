/**
 * What MskBackup is made of, for what it is given. The parts have tests of their own. What mocks do not prove: that the provider and AWS
 * take it, and that a second deployment changes nothing (test/deploy).
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as pulumi from '@pulumi/pulumi';
import { afterAll, beforeEach, expect, test, vi } from 'vitest';
import { ACCOUNT, failure, resolved, settled, startMocks } from './support/mocks.ts';

const context = mkdtempSync(join(tmpdir(), 'image-'));
writeFileSync(join(context, 'Dockerfile'), 'FROM scratch\n');
afterAll(() => rmSync(context, { recursive: true, force: true }));

// The built package's folder, which a test of the sources may not have.
vi.mock('../../components/image/context.ts', async (original) => ({
  ...(await original<typeof import('../../components/image/context.ts')>()),
  imageContext: () => context,
}));

const engine = startMocks();
const { MskBackup } = await import('../../components/msk-backup.ts');
beforeEach(() => engine.clear());

const clusterArn = `arn:aws:kafka:us-west-2:${ACCOUNT}:cluster/orders/0a1b2c3d-4e5f-6789-abcd-ef0123456789-5`;
const image = {
  uri: `${ACCOUNT}.dkr.ecr.us-west-2.amazonaws.com/msk-backup@sha256:${'0123456789abcdef'.repeat(4)}`,
};
const least = { clusterArn, network: { subnetIds: ['subnet-0a1b2c3d'] }, topics: ['orders'] };

const SEPARATE = ['BackupArchive', 'BackupTask', 'BackupSchedule', 'BackupAlarms', 'RuntimeImage'];
/** The parts of a component, and the children of AWS and Docker, by part. */
const parts = () =>
  engine.made
    .filter(({ type }) => SEPARATE.some((part) => type === `msk-backup:index:${part}`))
    .map(({ type, name }) => `${type.split(':')[2]} ${name}`)
    .sort();

test('Only cluster, network and topics: every part is made, and nothing in another region', async () => {
  const made = new MskBackup('orders', least);
  await settled();
  expect(parts()).toEqual([
    'BackupAlarms orders',
    'BackupArchive orders',
    'BackupSchedule orders',
    'BackupTask orders',
    'RuntimeImage orders-image',
  ]);
  expect(engine.names()).toMatchInlineSnapshot(`
    [
      "aws:cloudwatch/dashboard:Dashboard orders-dashboard",
      "aws:cloudwatch/eventRule:EventRule orders-failed-run",
      "aws:cloudwatch/eventTarget:EventTarget orders-failed-run-topic",
      "aws:cloudwatch/logGroup:LogGroup orders-log",
      "aws:cloudwatch/metricAlarm:MetricAlarm orders-dead-letters",
      "aws:cloudwatch/metricAlarm:MetricAlarm orders-lag",
      "aws:cloudwatch/metricAlarm:MetricAlarm orders-missed-run",
      "aws:ec2/securityGroup:SecurityGroup orders-task",
      "aws:ecr/repository:Repository orders-image",
      "aws:ecs/cluster:Cluster orders",
      "aws:ecs/taskDefinition:TaskDefinition orders",
      "aws:iam/role:Role orders-execution",
      "aws:iam/role:Role orders-role",
      "aws:iam/role:Role orders-task",
      "aws:iam/rolePolicy:RolePolicy orders-execution",
      "aws:iam/rolePolicy:RolePolicy orders-role-policy",
      "aws:iam/rolePolicy:RolePolicy orders-task",
      "aws:kms/key:Key orders-key",
      "aws:kms/key:Key orders-topic-key",
      "aws:s3/bucket:Bucket orders-bucket",
      "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration orders-lifecycle",
      "aws:s3/bucketOwnershipControls:BucketOwnershipControls orders-ownership",
      "aws:s3/bucketPolicy:BucketPolicy orders-bucket-policy",
      "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock orders-public-access-block",
      "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration orders-encryption",
      "aws:s3/bucketVersioning:BucketVersioning orders-versioning",
      "aws:scheduler/schedule:Schedule orders-schedule",
      "aws:scheduler/scheduleGroup:ScheduleGroup orders-group",
      "aws:sns/topic:Topic orders-topic",
      "aws:sns/topicPolicy:TopicPolicy orders-topic-policy",
      "aws:sqs/queue:Queue orders-dead-letters",
      "aws:sqs/queuePolicy:QueuePolicy orders-dead-letters-policy",
      "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule orders-to-aws",
      "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule orders-to-brokers",
      "docker-build:index:Image orders-image",
    ]
  `);
  expect(engine.made.filter(({ inputs }) => inputs.region !== undefined && inputs.region !== 'us-west-2')).toEqual([]);
  const bucket = engine.one('aws:s3/bucket:Bucket');
  const definition = engine.one('aws:ecs/taskDefinition:TaskDefinition');
  const schedule = engine.one('aws:scheduler/schedule:Schedule');
  expect(schedule.inputs).toMatchObject({
    scheduleExpression: 'rate(1 hour)',
    target: {
      arn: engine.one('aws:ecs/cluster:Cluster').outputs.arn,
      ecsParameters: { taskDefinitionArn: definition.outputs.arn },
    },
  });
  expect(await resolved(made.bucketName)).toBe(bucket.outputs.bucket);
  expect(await resolved(made.prefix)).toBe('');
  expect(await resolved(made.metricArchive)).toBe(bucket.outputs.bucket);
  expect(await resolved(made.metricNamespace)).toBe('KafkaBackup');
  expect(await resolved(made.taskDefinitionArn)).toBe(definition.outputs.arn);
  expect(await resolved(made.scheduleName)).toBe(schedule.outputs.name);
  expect(made.replicaBucketName).toBeUndefined();
  const built = await resolved(made.imageUri);
  expect(built).toMatch(/\.us-west-2\.amazonaws\.com\/.*@sha256:/);
  expect(JSON.parse(definition.inputs.containerDefinitions)[0].image).toBe(built);
  expect(await resolved(made.configurationYaml)).toContain(`bucket: ${bucket.outputs.bucket}`);
});

test('With everything: the arguments arrive at the parts that they are for', async () => {
  const made = new MskBackup('orders', {
    ...least,
    network: { subnetIds: ['subnet-0a1b2c3d'], brokerSecurityGroupId: 'sg-0a1b2c3d' },
    excludedTopics: ['orders-debug'],
    consumerGroups: ['amazon.lambda.*'],
    sourceClusterId: 'msk-production',
    schedule: 'cron(0 3 * * ? *)',
    scheduleTimeZone: 'Europe/Berlin',
    scheduleFlexibleMinutes: 10,
    replica: { region: 'us-east-1', bucketName: 'orders-replica' },
    archive: { prefix: '/msk/orders/', packStorageClass: 'GLACIER_IR', bucketName: 'orders-archive' },
    compute: { architecture: 'x86_64', cpu: 2048, memoryMiB: 4096, logRetentionDays: 30 },
    settingsYaml: 'backup: {compression: none}',
    tags: { team: 'orders' },
  });
  await settled();
  const schedule = engine.one('aws:scheduler/schedule:Schedule');
  expect(schedule.inputs).toMatchObject({
    scheduleExpression: 'cron(0 3 * * ? *)',
    scheduleExpressionTimezone: 'Europe/Berlin',
    flexibleTimeWindow: { mode: 'FLEXIBLE', maximumWindowInMinutes: 10 },
  });
  expect(engine.one('aws:ecs/taskDefinition:TaskDefinition').inputs).toMatchObject({
    cpu: '2048',
    memory: '4096',
    runtimePlatform: { cpuArchitecture: 'X86_64' },
  });
  expect(engine.one('docker-build:index:Image').inputs.platforms).toEqual(['linux/amd64']);
  expect(engine.all('aws:ecr/repository:Repository').map(({ inputs }) => inputs.region)).toEqual([
    undefined,
    'us-east-1',
  ]);
  expect(engine.all('aws:s3/bucket:Bucket').map(({ inputs }) => [inputs.bucket, inputs.region])).toEqual([
    ['orders-archive', 'us-west-2'],
    ['orders-replica', 'us-east-1'],
  ]);
  const yaml = await resolved(made.configurationYaml);
  for (const line of ['bucket: orders-archive', 'prefix: msk/orders', 'orders-debug', 'msk-production', 'none'])
    expect(yaml).toContain(line);
  expect(await resolved(made.metricArchive)).toBe('orders-archive/msk/orders');
  expect(await resolved(made.replicaBucketName!)).toBe('orders-replica');
  expect(await resolved(made.replicaImageUri!)).toMatch(/\.us-east-1\.amazonaws\.com\/.*@sha256:/);
  const untagged = engine.made.filter(({ custom, inputs }) => custom && inputs.tags === undefined);
  expect(untagged.map(({ type }) => type).filter((type) => TAGGED.includes(type))).toEqual([]);
  for (const { inputs } of engine.made.filter(({ custom, inputs }) => custom && inputs.tags !== undefined))
    if (!Array.isArray(inputs.tags)) expect(inputs.tags).toEqual({ team: 'orders' });
});

/** What takes tags. */
const TAGGED = [
  'aws:s3/bucket:Bucket',
  'aws:kms/key:Key',
  'aws:iam/role:Role',
  'aws:ecs/cluster:Cluster',
  'aws:ecs/taskDefinition:TaskDefinition',
  'aws:cloudwatch/logGroup:LogGroup',
  'aws:cloudwatch/metricAlarm:MetricAlarm',
  'aws:ec2/securityGroup:SecurityGroup',
  'aws:ecr/repository:Repository',
  'aws:scheduler/scheduleGroup:ScheduleGroup',
  'aws:sqs/queue:Queue',
  'aws:sns/topic:Topic',
];

test('Alarms: in the regions that AWS publishes in, to given topics, without a dashboard', async () => {
  const topic = `arn:aws:sns:us-west-2:${ACCOUNT}:alarms`;
  const replicaTopic = `arn:aws:sns:us-east-1:${ACCOUNT}:alarms`;
  const made = new MskBackup('orders', {
    ...least,
    image,
    alarmTopicArn: topic,
    replica: { region: 'us-east-1', alarmTopicArn: replicaTopic },
    alarms: { missedRuns: 5, maxLagSeconds: 1800, dashboard: false, drillSchedule: 'rate(1 day)' },
  });
  await settled();
  const alarms = engine.all('aws:cloudwatch/metricAlarm:MetricAlarm');
  expect(alarms.map(({ name, inputs }) => [name, inputs.region, ...inputs.alarmActions]).sort()).toEqual([
    ['orders-dead-letters', undefined, topic],
    ['orders-drill-overdue', 'us-east-1', replicaTopic],
    ['orders-lag', undefined, topic],
    ['orders-missed-run', undefined, topic],
    ['orders-replication-backlog', 'us-east-1', replicaTopic],
    ['orders-replication-behind', 'us-east-1', replicaTopic],
    ['orders-replication-failed', undefined, topic],
  ]);
  expect(engine.one('aws:cloudwatch/metricAlarm:MetricAlarm', 'orders-lag').inputs).toMatchObject({
    threshold: 1800,
    dimensions: { Archive: await resolved(made.metricArchive) },
  });
  expect(engine.one('aws:cloudwatch/metricAlarm:MetricAlarm', 'orders-replication-behind').inputs.dimensions).toEqual({
    SourceBucket: await resolved(made.bucketName),
    DestinationBucket: await resolved(made.replicaBucketName!),
    RuleId: expect.any(String),
  });
  expect(engine.one('aws:cloudwatch/metricAlarm:MetricAlarm', 'orders-drill-overdue').inputs.dimensions).toEqual({
    Archive: await resolved(made.replicaBucketName!),
  });
  expect(engine.all('aws:sns/topic:Topic')).toEqual([]);
  expect(engine.all('aws:cloudwatch/dashboard:Dashboard')).toEqual([]);
  expect(await resolved(made.alarmTopicArn!)).toBe(topic);
  expect(JSON.stringify(JSON.parse(await resolved(made.topicPolicyJson!)))).toContain(topic);
});

test('Addresses are told by the topic that is made in the region of the replica, where that of the backup is given', async () => {
  const topic = `arn:aws:sns:us-west-2:${ACCOUNT}:alarms`;
  const alarms = { emailAddresses: ['ops@example.com'] };
  const made = new MskBackup('orders', {
    ...least,
    image,
    alarmTopicArn: topic,
    replica: { region: 'us-east-1' },
    alarms,
  });
  await settled();
  const mail = engine.one('aws:sns/topicSubscription:TopicSubscription').inputs;
  expect(mail).toMatchObject({ endpoint: 'ops@example.com', region: 'us-east-1' });
  expect(mail.topic).toBe(await resolved(made.replicaAlarmTopicArn!));
  const replica = { region: 'us-east-1', alarmTopicArn: `arn:aws:sns:us-east-1:${ACCOUNT}:alarms` };
  const all = { ...least, image, alarmTopicArn: topic, replica, alarms };
  const error = await failure(() => new MskBackup('none-made', all));
  expect(error.message).toContain('- alarms.emailAddresses: is for a topic that is made');
});

test('Without alarms: no alarm, topic, rule or dashboard', async () => {
  const made = new MskBackup('orders', { ...least, image, alarms: { enabled: false } });
  await settled();
  expect(parts()).toEqual(['BackupArchive orders', 'BackupSchedule orders', 'BackupTask orders']);
  expect(engine.names().filter((it) => /^aws:(sns|cloudwatch\/(?!logGroup))/.test(it))).toEqual([]);
  expect(made.alarmTopicArn).toBeUndefined();
});

test('Runs so rare that no alarm looks back over them: the age of the archive is told every hour', async () => {
  new MskBackup('orders', { ...least, image, schedule: 'rate(3 days)' });
  await settled();
  const age = engine.one('aws:scheduler/schedule:Schedule', 'orders-age-schedule');
  expect(age.inputs).toMatchObject({
    scheduleExpression: 'rate(1 hour)',
    target: { ecsParameters: { taskDefinitionArn: engine.one('aws:ecs/taskDefinition:TaskDefinition').outputs.arn } },
  });
  expect(JSON.parse(age.inputs.target.input).containerOverrides[0].command).toEqual(['age']);
  expect(age.inputs.target.deadLetterConfig.arn).toBe(engine.one('aws:sqs/queue:Queue').outputs.arn);
  expect(engine.one('aws:cloudwatch/metricAlarm:MetricAlarm', 'orders-missed-run').inputs.metricName).toBe(
    'BackupAgeSeconds',
  );
});

test('An adopted bucket and ECS cluster, groups and an image: none of them is made', async () => {
  const ecsClusterArn = `arn:aws:ecs:us-west-2:${ACCOUNT}:cluster/batch`;
  const made = new MskBackup('orders', {
    ...least,
    network: { subnetIds: ['subnet-0a1b2c3d'], securityGroupIds: ['sg-0a1b2c3d'] },
    archive: { prefix: 'kafka', adopt: { bucketName: 'company-backups' } },
    alarms: { enabled: false },
    compute: { ecsClusterArn },
    image,
  });
  await settled();
  for (const type of ['s3/bucket:Bucket', 'kms/key:Key', 'ecs/cluster:Cluster', 'ec2/securityGroup:SecurityGroup'])
    expect(engine.all(`aws:${type}`), type).toEqual([]);
  expect(engine.names().filter((it) => it.startsWith('aws:s3/') || it.startsWith('docker-build'))).toEqual([]);
  expect(engine.one('aws:scheduler/schedule:Schedule').inputs.target.arn).toBe(ecsClusterArn);
  expect(await resolved(made.bucketName)).toBe('company-backups');
  expect(await resolved(made.metricArchive)).toBe('company-backups/kafka');
  expect(JSON.parse(await resolved(made.bucketPolicyJson)).Statement.length).toBeGreaterThan(0);
  expect(await resolved(made.imageUri)).toBe(image.uri);
  expect(made.keyArn).toBeUndefined();
});

test('Object Lock: a task with the role that may extend locks, every day', async () => {
  new MskBackup('orders', {
    ...least,
    image,
    archive: { prefix: 'kafka', objectLock: { mode: 'GOVERNANCE', days: 30 } },
    replica: { region: 'us-east-1', bucketName: 'orders-replica' },
  });
  await settled();
  const definition = engine.one('aws:ecs/taskDefinition:TaskDefinition', 'orders-locks');
  const role = engine.all('aws:iam/role:Role').find(({ name }) => name.includes('lock-role'))!;
  expect(definition.inputs.taskRoleArn).toBe(role.outputs.arn);
  const schedule = engine.one('aws:scheduler/schedule:Schedule', 'orders-locks-schedule');
  expect(schedule.inputs).toMatchObject({
    scheduleExpression: 'rate(1 day)',
    target: { ecsParameters: { taskDefinitionArn: definition.outputs.arn } },
  });
  expect(JSON.parse(schedule.inputs.target.input).containerOverrides[0].command).toEqual([
    'locks',
    'extend',
    '--days',
    '30',
    '--replica',
    's3://orders-replica/kafka?region=us-east-1',
  ]);
  const rule = engine.one('aws:cloudwatch/eventRule:EventRule').inputs;
  expect(JSON.parse(rule.eventPattern).detail.taskDefinitionArn).toEqual(
    ['orders', 'orders-locks'].map((it) => ({
      prefix: `${engine.one('aws:ecs/taskDefinition:TaskDefinition', it).outputs.arn.replace(/:\d+$/, '')}:`,
    })),
  );
  // Starts that ECS refused come into the queue that is watched.
  expect(schedule.inputs.target.deadLetterConfig.arn).toBe(engine.one('aws:sqs/queue:Queue').outputs.arn);
  // It runs beside the backup: same cluster, same groups.
  expect(engine.all('aws:ecs/cluster:Cluster')).toHaveLength(1);
  expect(engine.all('aws:ec2/securityGroup:SecurityGroup')).toHaveLength(1);
});

test('The replica of another account is joined by ARNs', async () => {
  const made = new MskBackup('orders', {
    ...least,
    image,
    replica: {
      region: 'us-east-1',
      bucketArn: 'arn:aws:s3:::vault',
      keyArn: 'arn:aws:kms:us-east-1:999999999999:key/0a1b2c3d-4e5f-6789-abcd-ef0123456789',
      accountId: '999999999999',
    },
  });
  await settled();
  expect(engine.all('aws:s3/bucket:Bucket')).toHaveLength(1);
  expect(await resolved(made.replicaBucketName!)).toBe('vault');
});

test('What is wrong anywhere is told in one error, which makes nothing', async () => {
  const error = await failure(
    () =>
      new MskBackup('orders', {
        clusterArn: 'arn:aws:s3:::orders',
        network: { subnetIds: [] },
        topics: ['or ders', '~orders-.*'],
        schedule: 'rate(1 hours)',
        scheduleTimeZone: 'Atlantis',
        scheduleFlexibleMinutes: 2000,
        compute: { cpu: 256, memoryMiB: 8192 },
        image: { uri: 'msk-backup:latest' },
        replica: { region: 'nowhere', alarmTopicArn: `arn:aws:sns:us-east-1:${ACCOUNT}:alarms` },
        archive: { bucketName: 'Orders', objectLock: { mode: 'FOREVER', days: 1 }, tags: { a: 'b' } },
        authentication: { mechanism: 'SCRAM-SHA-512' },
        settingsYaml: 'backup: {compresion: zstd}',
        alarmTopicArn: 'alarms',
        alarms: { missedRuns: 0, maxLagSeconds: 1, emailAddresses: ['a@example.com'], drillSchedule: 'at(x)' },
      }),
  );
  expect(error).toBeInstanceOf(pulumi.InputPropertiesError);
  const paths = [...error.message.matchAll(/^- ([^:]+): /gm)].map(([, path]) => path);
  expect(paths).toEqual([
    'clusterArn',
    'network.subnetIds',
    'topics[0]',
    'topics[1]',
    'settingsYaml',
    'schedule',
    'scheduleTimeZone',
    'scheduleFlexibleMinutes',
    'authentication.usernameSecretArn',
    'authentication.passwordSecretArn',
    'compute.memoryMiB',
    'image.uri',
    'alarmTopicArn',
    'replica.region',
    'archive.tags',
    'archive.bucketName',
    'archive.objectLock.mode',
    'archive.objectLock.days',
    'alarms.missedRuns',
    'alarms.maxLagSeconds',
    'alarms.drillSchedule',
    'alarms.emailAddresses',
  ]);
  await settled();
  expect(engine.names()).toEqual([]);
});

test('A replica in the region of the cluster is refused', async () => {
  const error = await failure(() => new MskBackup('orders', { ...least, image, replica: { region: 'us-west-2' } }));
  expect(error.message).toContain('- replica.region: is the region of the cluster (us-west-2)');
});

test('What does not go with an adopted bucket is refused', async () => {
  const adopt = { bucketName: 'company-backups' };
  const error = await failure(
    () =>
      new MskBackup('orders', {
        ...least,
        image,
        archive: { adopt, bucketName: 'other' },
        replica: { region: 'us-east-1' },
      }),
  );
  expect(error.message).toContain('- replica: is for a bucket that is made');
  expect(error.message).toContain('- archive.bucketName: is for a bucket that is made');
});

test('Values that a deployment only knows are refused when they come', async () => {
  const error = await failure(() => {
    new MskBackup('orders', { ...least, image, clusterArn: pulumi.output('arn:aws:s3:::orders') });
  });
  expect(error.message).toContain('clusterArn: is not the ARN of an MSK cluster');
});
