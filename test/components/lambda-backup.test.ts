import * as pulumi from '@pulumi/pulumi';
import { beforeEach, expect, test, vi } from 'vitest';
import type { LambdaBackupArgs } from '../../components/lambda-backup.ts';
import { backupPolicy } from '../../components/policies/backup.ts';
import { parseConfiguration } from '../../runtime/src/config/parse-configuration.ts';
import { backupConfiguration } from '../../runtime/src/lambda/backup-configuration.ts';
import { topicsOf } from '../../runtime/src/lambda/invocation.ts';
import { decide } from './support/evaluate.ts';
import { ACCOUNT, failure, resolved, settled, startMocks } from './support/mocks.ts';
import { CLUSTER, KEY, kafkaRequest, s3Request } from './support/requests.ts';

const engine = startMocks();
const { LambdaBackup } = await import('../../components/lambda-backup.ts');
beforeEach(() => engine.clear());

const IMAGE = `${ACCOUNT}.dkr.ecr.us-west-2.amazonaws.com/msk-backup@sha256:${'0'.repeat(64)}`;
const LAYER = `arn:aws:lambda:us-west-2:${ACCOUNT}:layer:msk-backup:3`;
const ARGS = {
  clusterArn: CLUSTER,
  topics: ['orders', 'order-events'],
  network: { subnetIds: ['subnet-1'], brokerSecurityGroupId: 'sg-brokers' },
  archive: { bucketName: 'kafka-backups', prefix: '/orders/', keyArn: KEY },
  schedule: 'rate(1 hour)',
  code: { imageUri: IMAGE },
} satisfies LambdaBackupArgs;
const FUNCTION = 'aws:lambda/function:Function';
const ALARM = 'aws:cloudwatch/metricAlarm:MetricAlarm';
const policyOf = (name: string) => JSON.parse(engine.one('aws:iam/rolePolicy:RolePolicy', name).inputs.policy);

test('what it makes, from an image', async () => {
  const made = new LambdaBackup('small', { ...ARGS, tags: { team: 'shop' } });
  await settled();
  expect(engine.names()).toEqual([
    'aws:cloudwatch/logGroup:LogGroup small-log',
    'aws:cloudwatch/metricAlarm:MetricAlarm small-dead-letters',
    'aws:cloudwatch/metricAlarm:MetricAlarm small-errors',
    'aws:cloudwatch/metricAlarm:MetricAlarm small-lag',
    'aws:cloudwatch/metricAlarm:MetricAlarm small-missed-run',
    'aws:ec2/securityGroup:SecurityGroup small-task',
    'aws:iam/role:Role small-function',
    'aws:iam/role:Role small-scheduler',
    'aws:iam/rolePolicy:RolePolicy small-function',
    'aws:iam/rolePolicy:RolePolicy small-scheduler',
    'aws:lambda/function:Function small-function',
    'aws:scheduler/schedule:Schedule small-schedule',
    'aws:scheduler/scheduleGroup:ScheduleGroup small-group',
    'aws:sqs/queue:Queue small-dead-letters',
    'aws:sqs/queuePolicy:QueuePolicy small-dead-letters-policy',
    'aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule small-to-aws',
    'aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule small-to-brokers',
    'aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule small-into-brokers',
  ]);
  expect(engine.one(FUNCTION).inputs).toMatchObject({
    packageType: 'Image',
    imageUri: IMAGE,
    imageConfig: { commands: ['runtime/dist/lambda/backup.handler'] },
    architectures: ['arm64'],
    timeout: 840,
    memorySize: 1769,
    vpcConfig: { subnetIds: ['subnet-1'], securityGroupIds: [engine.one('aws:ec2/securityGroup:SecurityGroup').id] },
    deadLetterConfig: { targetArn: engine.one('aws:sqs/queue:Queue').outputs.arn },
    loggingConfig: { logFormat: 'Text', logGroup: 'small-log-1a2b3c4' },
    tags: { team: 'shop' },
  });
  expect(engine.one(ALARM, 'small-errors').inputs).toMatchObject({
    namespace: 'AWS/Lambda',
    metricName: 'Errors',
    dimensions: { FunctionName: engine.one(FUNCTION).outputs.name },
    alarmActions: [],
  });
  expect(await resolved(made.functionArn)).toBe(engine.one(FUNCTION).outputs.arn);
});

test('the runtime understands the environment and the event that it gets', async () => {
  new LambdaBackup('small', ARGS);
  await settled();
  const { variables } = engine.one(FUNCTION).inputs.environment;
  expect(Object.keys(variables)).toEqual(['MSK_BACKUP_CONFIG']);
  const { target } = engine.one('aws:scheduler/schedule:Schedule').inputs;
  const topics = topicsOf(JSON.parse(target.input));
  expect(topics).toEqual(['orders', 'order-events']);
  const { text, file } = await backupConfiguration(variables, topics);
  const { job } = parseConfiguration(text, { file, env: {}, now: new Date(0), mode: 'backup' });
  expect(job).toMatchObject({
    source: {
      bootstrapServers: [1, 2, 3].map((n) => `b-${n}.orders.abc123.c2.kafka.us-west-2.amazonaws.com:9098`),
    },
    storage: { backend: 's3', bucket: 'kafka-backups', prefix: 'orders', region: 'us-west-2' },
    metrics: { cloudwatch: true },
  });
  expect(text).toContain('AWS_MSK_IAM');
  expect(text).toMatch(/include:\n\s+- orders\n\s+- order-events/);
});

test('an archive in another region than the function', async () => {
  new LambdaBackup('small', { ...ARGS, archive: { ...ARGS.archive, region: 'eu-west-1' } });
  await settled();
  const { text, file } = await backupConfiguration(engine.one(FUNCTION).inputs.environment.variables, undefined);
  const { job } = parseConfiguration(text, { file, env: {}, now: new Date(0), mode: 'backup' });
  expect(job).toMatchObject({ storage: { region: 'eu-west-1' } });
});

test('groups, topics left out, label and settings: in the configuration and in the role', async () => {
  new LambdaBackup('small', {
    ...ARGS,
    topics: ['orders*'],
    excludedTopics: ['orders-private'],
    consumerGroups: ['billing', 'amazon.lambda.*'],
    sourceClusterId: 'production',
    settingsYaml: 'backup: {compression_level: 3}',
  });
  await settled();
  const { text, file } = await backupConfiguration(engine.one(FUNCTION).inputs.environment.variables, ['orders*']);
  const { job } = parseConfiguration(text, { file, env: {}, now: new Date(0), mode: 'backup' });
  expect(job).toMatchObject({
    topics: { include: ['orders*'], exclude: ['orders-private'] },
    sourceClusterLabel: 'production',
    compressionLevel: 3,
  });
  expect(text).toMatch(/consumer_groups:\n +- billing\n +- amazon.lambda.\*\n/);
  const identity = policyOf('small-function');
  const decided = async (asked: Parameters<typeof decide>[0][]) =>
    new Set(await Promise.all(asked.map((it) => decide(it, { identity }))));
  expect(await decided(kafkaRequest('Fetch', { topic: 'orders-public' }))).toEqual(new Set(['Allowed']));
  expect(await decided(kafkaRequest('Fetch', { topic: 'orders-private' }))).not.toEqual(new Set(['Allowed']));
  expect(await decided(kafkaRequest('OffsetFetch', { topic: 'orders', group: 'billing' }))).toEqual(
    new Set(['Allowed']),
  );
  expect(await decided(kafkaRequest('OffsetFetch', { topic: 'orders', group: 'other' }))).not.toEqual(
    new Set(['Allowed']),
  );
});

test('alarms: calls that never came, backups that never end', async () => {
  new LambdaBackup('small', { ...ARGS, schedule: 'rate(1 day)' });
  await settled();
  expect(engine.one(ALARM, 'small-dead-letters').inputs).toMatchObject({
    namespace: 'AWS/SQS',
    metricName: 'ApproximateNumberOfMessagesVisible',
    dimensions: { QueueName: engine.one('aws:sqs/queue:Queue').outputs.name },
    threshold: 0,
  });
  const ofArchive = { namespace: 'KafkaBackup', dimensions: { Archive: 'kafka-backups/orders' } };
  // Three days and six hours.
  expect(engine.one(ALARM, 'small-missed-run').inputs).toMatchObject({
    ...ofArchive,
    metricName: 'BackupSucceeded',
    comparisonOperator: 'LessThanThreshold',
    threshold: 1,
    period: 3600,
    evaluationPeriods: 78,
    treatMissingData: 'breaching',
  });
  expect(engine.one(ALARM, 'small-lag').inputs).toMatchObject({
    ...ofArchive,
    metricName: 'BackupLagSeconds',
    comparisonOperator: 'GreaterThanThreshold',
    threshold: 2 * 86_400,
  });
});

test('fewer missed runs where three are more than an alarm looks back', async () => {
  new LambdaBackup('small', { ...ARGS, schedule: 'rate(3 days)' });
  await settled();
  expect(engine.one(ALARM, 'small-missed-run').inputs).toMatchObject({ period: 3600, evaluationPeriods: 6 * 24 + 6 });
});

test('without a topic it warns that nobody is told', async () => {
  const warn = vi.spyOn(pulumi.log, 'warn').mockResolvedValue();
  try {
    new LambdaBackup('loud', ARGS);
    expect(warn.mock.calls.map(([text]) => text)).toEqual([
      expect.stringMatching(/^loud: its alarms tell nobody: give/),
    ]);
    new LambdaBackup('quiet', { ...ARGS, alarmTopicArn: `arn:aws:sns:us-west-2:${ACCOUNT}:alerts` });
    expect(warn).toHaveBeenCalledTimes(1);
    await settled();
  } finally {
    warn.mockRestore();
  }
});

test('from a layer: a program of one line', async () => {
  new LambdaBackup('small', { ...ARGS, code: { layerArn: LAYER, architecture: 'x86_64' } });
  await settled();
  const { inputs } = engine.one(FUNCTION);
  expect(inputs).toMatchObject({
    packageType: 'Zip',
    runtime: 'nodejs24.x',
    handler: 'index.handler',
    layers: [LAYER],
    architectures: ['x86_64'],
  });
  expect(inputs).not.toHaveProperty('imageUri');
  const [file] = Object.entries((await inputs.code.assets) as Record<string, { text: Promise<string> }>);
  expect(file![0]).toBe('index.mjs');
  expect(await file![1].text).toBe(
    "export { handler } from '/opt/nodejs/node_modules/msk-backup-runtime/dist/lambda/backup.js';\n",
  );
});

test('its role backs up, writes its log and lives in the VPC; the scheduler calls it alone', async () => {
  new LambdaBackup('small', ARGS);
  await settled();
  const identity = policyOf('small-function');
  const archive = { bucketArn: 'arn:aws:s3:::kafka-backups', prefix: '/orders/', keyArn: KEY };
  const { Statement } = backupPolicy({ cluster: { clusterArn: CLUSTER, topics: ARGS.topics }, archive });
  expect(identity.Statement.slice(0, Statement.length)).toEqual(Statement);
  const logs = `arn:aws:logs:us-west-2:${ACCOUNT}:log-group:small-log-1a2b3c4:log-stream:1`;
  const queue = engine.one('aws:sqs/queue:Queue').outputs.arn as string;
  const functionArn = engine.one(FUNCTION).outputs.arn as string;
  const allowed = [
    ...kafkaRequest('Fetch'),
    s3Request('PutObject'),
    { action: 'logs:PutLogEvents', resource: logs },
    { action: 'ec2:CreateNetworkInterface', resource: `arn:aws:ec2:us-west-2:${ACCOUNT}:subnet/subnet-1` },
    { action: 'sqs:SendMessage', resource: queue },
  ];
  for (const asked of allowed) expect([asked, await decide(asked, { identity })]).toEqual([asked, 'Allowed']);
  const refused = [
    ...kafkaRequest('Fetch', { topic: 'payments' }),
    ...kafkaRequest('Produce'),
    { action: 's3:DeleteObject', resource: 'arn:aws:s3:::kafka-backups/orders/FORMAT' },
    { action: 'logs:PutLogEvents', resource: logs.replace('small', 'other') },
    { action: 'lambda:InvokeFunction', resource: functionArn },
  ];
  for (const asked of refused) expect([asked, await decide(asked, { identity })]).not.toEqual([asked, 'Allowed']);

  const scheduler = { identity: policyOf('small-scheduler') };
  expect(await decide({ action: 'lambda:InvokeFunction', resource: functionArn }, scheduler)).toBe('Allowed');
  expect(await decide({ action: 'lambda:InvokeFunction', resource: `${functionArn}-2` }, scheduler)).not.toBe(
    'Allowed',
  );

  const trust = JSON.parse(engine.one('aws:iam/role:Role', 'small-function').inputs.assumeRolePolicy);
  const assume = (account?: string) => ({
    action: 'sts:AssumeRole',
    resource: `arn:aws:iam::${ACCOUNT}:role/small-function`,
    ...(account && {
      context: {
        'aws:SourceAccount': account,
        'aws:SourceArn': `arn:aws:lambda:us-west-2:${account}:function:small-function-1a2b3c4`,
      },
    }),
  });
  const caller = 'lambda.amazonaws.com';
  expect(await decide(assume(ACCOUNT), { resource: trust, caller })).toBe('Allowed');
  expect(await decide(assume(), { resource: trust, caller })).toBe('Allowed');
  expect(await decide(assume('210987654321'), { resource: trust, caller })).not.toBe('Allowed');
});

test('everything by argument: groups that are there, brokers, times, alarm topic', async () => {
  const alarmTopicArn = `arn:aws:sns:us-west-2:${ACCOUNT}:alerts`;
  const made = new LambdaBackup('small', {
    ...ARGS,
    network: { subnetIds: ['subnet-1', 'subnet-2'], securityGroupIds: ['sg-1'], vpcId: 'vpc-1' },
    bootstrapServers: 'b-2.example:9098, b-1.example:9098',
    schedule: 'cron(0 3 * * ? *)',
    scheduleTimeZone: 'Europe/Berlin',
    timeoutSeconds: 900,
    memoryMiB: 3008,
    logRetentionDays: 30,
    alarmTopicArn,
  });
  await settled();
  expect(engine.names().filter((it) => /ec2|vpc/.test(it))).toEqual([]);
  expect(engine.asked.map(({ token }) => token)).toEqual(['aws:index/getRegion:getRegion']);
  expect(engine.one(FUNCTION).inputs).toMatchObject({
    timeout: 900,
    memorySize: 3008,
    vpcConfig: { securityGroupIds: ['sg-1'] },
  });
  expect(engine.one(FUNCTION).inputs.environment.variables.MSK_BACKUP_CONFIG).toMatch(
    /bootstrap_servers:\n +- b-1.example:9098\n +- b-2.example:9098\n/,
  );
  expect(engine.one('aws:cloudwatch/logGroup:LogGroup').inputs.retentionInDays).toBe(30);
  expect(engine.one('aws:scheduler/schedule:Schedule').inputs.scheduleExpressionTimezone).toBe('Europe/Berlin');
  for (const alarm of ['errors', 'dead-letters', 'missed-run', 'lag'])
    expect(engine.one(ALARM, `small-${alarm}`).inputs.alarmActions).toEqual([alarmTopicArn]);
  expect(await resolved(made.securityGroupIds)).toEqual(['sg-1']);
});

test('a cluster of another region than the provider is refused before the function is made', async () => {
  const clusterArn = CLUSTER.replace('us-west-2', 'eu-west-1');
  const { message } = await failure(() => new LambdaBackup('orders', { ...ARGS, clusterArn }));
  expect(message).toContain('- clusterArn: is in eu-west-1, and the provider in us-west-2');
  expect(engine.all(FUNCTION)).toEqual([]);
});

const BAD: [string, unknown, RegExp][] = [
  ['clusterArn', undefined, /is missing/],
  ['clusterArn', 'arn:aws:s3:::bucket', /not the ARN of an MSK cluster/],
  ['topics', [], /names no topic/],
  ['topics', ['or ders'], /\[0\]: can match no topic/],
  ['excludedTopics', ['or ders'], /\[0\]: can match no topic/],
  ['consumerGroups', ['→'], /\[0\]: has a character that policies cannot hold/],
  ['settingsYaml', 'storage: {bucket: other}', /storage.bucket is set by archive.bucketName/],
  ['settingsYaml', 'backup: {compression_levle: 3}', /compression_levle/],
  ['network', { subnetIds: [] }, /\.subnetIds: names no subnet/],
  ['network', { subnetIds: ['subnet-1'], assignPublicIp: true }, /\.assignPublicIp: cannot be/],
  ['bootstrapServers', 'broker', /is not host:port/],
  ['archive', { bucketName: 'X' }, /\.bucketName: is not the name of a bucket/],
  ['schedule', 'rate(1 hours)', /rate\(1 hour\)/],
  ['schedule', 'rate(7 days)', /comes so rarely/],
  ['scheduleTimeZone', 'Mars', /no time zone/],
  ['code', {}, /needs imageUri or layerArn, and not both/],
  ['code', { imageUri: IMAGE, layerArn: LAYER }, /not both/],
  ['code', { imageUri: IMAGE.replace(/@.*/, ':latest') }, /\.imageUri: is no image of ECR pinned/],
  ['code', { layerArn: LAYER.replace(/:3$/, '') }, /\.layerArn: is not the ARN of a layer with its version/],
  ['code', { layerArn: LAYER, architecture: 'arm' }, /\.architecture: is neither/],
  ['timeoutSeconds', 901, /60 to 900/],
  ['memoryMiB', 64, /256 to 10240/],
  ['logRetentionDays', 100, /is none of those that CloudWatch has \(100\): 0, 1, /],
  ['topics', Array.from({ length: 150 }, (_, i) => `topic-${i}`), /is too long: inline role policy of \d+ characters/],
  ['alarmTopicArn', 'alerts', /an SNS topic/],
];

test.each(BAD)('refuses %s %j', (key, value, reason) => {
  const args = { ...ARGS, [key]: value } as unknown as LambdaBackupArgs;
  const problem = new RegExp(`^LambdaBackup "small" cannot be made:\n- ${key}.*${reason.source}`);
  expect(() => new LambdaBackup('small', args)).toThrow(problem);
});

test('refuses a configuration that a function has no room for', () => {
  const make = () => new LambdaBackup('small', { ...ARGS, sourceClusterId: 'x'.repeat(3200) });
  expect(make).toThrow(
    /- settingsYaml: the configuration takes 3\d\d\d bytes of the function's variables, with room for 3072/,
  );
});

test('all problems in one error', () => {
  const make = () => new LambdaBackup('small', { ...ARGS, topics: [], code: {}, timeoutSeconds: 5 });
  expect(make).toThrow(pulumi.InputPropertiesError);
  expect(make).toThrow(/- topics: .*\n- code: .*\n- timeoutSeconds: /);
});
