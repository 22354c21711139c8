import { afterEach, expect, test } from 'vitest';
import type { DrDrillArgs } from '../../components/dr-drill.ts';
import { drillPolicy } from '../../components/policies/drill.ts';
import { parseConfiguration } from '../../runtime/src/config/parse-configuration.ts';
import { ACCOUNT, failure, resolved, settled, startMocks } from './support/mocks.ts';

const engine = startMocks();
const { DrDrill } = await import('../../components/dr-drill.ts');
afterEach(async () => {
  await settled();
  engine.clear();
});

const DR = 'us-east-1';
const CLUSTER = `arn:aws:kafka:${DR}:${ACCOUNT}:cluster/orders-dr/0a1b2c3d-4e5f-6789-abcd-ef0123456789-5`;
const ARGS: DrDrillArgs = {
  clusterArn: CLUSTER,
  network: { subnetIds: ['subnet-1'] },
  archive: { bucketName: 'orders-replica', prefix: 'msk/orders' },
  image: { uri: `${ACCOUNT}.dkr.ecr.${DR}.amazonaws.com/msk-backup@sha256:${'0123456789abcdef'.repeat(4)}` },
  region: DR,
};

test('a restore task that runs by itself, all of it in the DR region', async () => {
  await resolved(new DrDrill('drill', { ...ARGS, tags: { team: 'a' } }).scheduleArn);
  await settled();
  const types = engine.names().map((line) => line.replace(/^aws:/, ''));
  expect(types).toEqual(
    expect.arrayContaining([
      'ecs/taskDefinition:TaskDefinition drill',
      'iam/rolePolicy:RolePolicy drill-task',
      'cloudwatch/logGroup:LogGroup drill-log',
    ]),
  );
  const regional = engine.made.filter(({ custom, type }) => custom && !type.startsWith('aws:iam/'));
  expect(regional.filter(({ inputs }) => inputs.region !== DR).map(({ type, name }) => `${type} ${name}`)).toEqual([]);
  expect(JSON.stringify(engine.made.map(({ inputs }) => inputs))).not.toContain('us-west-2');
  const schedule = engine.one('aws:scheduler/schedule:Schedule', 'drill-schedule').inputs;
  expect(schedule).toMatchObject({
    scheduleExpression: 'rate(7 days)',
    target: {
      ecsParameters: { taskDefinitionArn: `arn:aws:ecs:${DR}:${ACCOUNT}:task-definition/project-stack-drill-drill:1` },
    },
  });
  const [container] = JSON.parse(engine.one('aws:ecs/taskDefinition:TaskDefinition').inputs.containerDefinitions);
  expect(container.command).toEqual(['drill']);
});

test('it may touch what begins with its prefix and nothing else', async () => {
  const drill = new DrDrill('drill', { ...ARGS, topicPrefix: 'dr-test-', verifyPartitions: 20 });
  const { job, remarks } = parseConfiguration(await resolved(drill.configurationYaml), {
    file: 'MSK_BACKUP_CONFIG',
    env: {},
    now: new Date(0),
    mode: 'restore',
  });
  expect(remarks).toEqual([]);
  expect(job).toMatchObject({
    mode: 'restore',
    offsets: 'exact',
    storage: { bucket: 'orders-replica', region: DR },
    drill: { topicPrefix: 'dr-test-', verifyPartitions: 20 },
  });
  const expected = drillPolicy({
    cluster: { clusterArn: CLUSTER, topicPrefix: 'dr-test-', exact: true },
    archive: { bucketArn: 'arn:aws:s3:::orders-replica', prefix: 'msk/orders' },
  });
  expect(JSON.parse(await resolved(drill.taskPolicyJson))).toEqual(expected);
});

const hourly = () =>
  engine.all('aws:scheduler/schedule:Schedule').filter(({ inputs }) => inputs.scheduleExpression === 'rate(1 hour)');

test('rare drills: how long ago one succeeded is told every hour, by the same task in the DR region', async () => {
  await resolved(new DrDrill('drill', ARGS).scheduleArn);
  await settled();
  const [age] = hourly();
  const definition = engine.one('aws:ecs/taskDefinition:TaskDefinition').outputs.arn;
  expect(age!.inputs).toMatchObject({ region: DR, target: { ecsParameters: { taskDefinitionArn: definition } } });
  expect(JSON.parse(age!.inputs.target.input).containerOverrides[0].command).toEqual(['age']);
  // One queue, which one alarm watches.
  expect(age!.inputs.target.deadLetterConfig.arn).toBe(engine.one('aws:sqs/queue:Queue').outputs.arn);
});

test.each(['rate(3 days)', 'cron(0 3 * * ? *)'])(
  'an alarm looks back over %s: nothing is told every hour',
  async (schedule) => {
    await resolved(new DrDrill('drill', { ...ARGS, schedule }).scheduleArn);
    await settled();
    expect(hourly()).toEqual([]);
  },
);

test('drills that fail, and those that cannot be started, are told to the topic', async () => {
  const alarmTopicArn = `arn:aws:sns:${DR}:${ACCOUNT}:alarms`;
  await resolved(new DrDrill('drill', { ...ARGS, alarmTopicArn }).scheduleArn);
  await settled();
  const definition: string = engine.one('aws:ecs/taskDefinition:TaskDefinition').outputs.arn;
  const rule = engine.one('aws:cloudwatch/eventRule:EventRule').inputs;
  expect(rule.region).toBe(DR);
  expect(JSON.parse(rule.eventPattern).detail).toMatchObject({
    clusterArn: [engine.one('aws:ecs/cluster:Cluster').outputs.arn],
    taskDefinitionArn: [{ prefix: definition.replace(/:\d+$/, ':') }],
  });
  const target = engine.one('aws:cloudwatch/eventTarget:EventTarget').inputs;
  expect(target).toMatchObject({ arn: alarmTopicArn, region: DR });
  expect(engine.one('aws:cloudwatch/metricAlarm:MetricAlarm').inputs).toMatchObject({
    dimensions: { QueueName: engine.one('aws:sqs/queue:Queue').outputs.arn.split(':').at(-1) },
    alarmActions: [alarmTopicArn],
    region: DR,
  });
});

test('without a topic nobody is told', async () => {
  await resolved(new DrDrill('drill', ARGS).scheduleArn);
  await settled();
  expect(engine.names().filter((it) => /eventRule|metricAlarm/.test(it))).toEqual([]);
});

const REFUSED: [string, Partial<DrDrillArgs>, string][] = [
  ['no cluster', { clusterArn: undefined }, '- clusterArn: is missing: name the cluster'],
  [
    'brokers that the role may not use',
    { clusterArn: undefined, bootstrapServers: 'b:9098' },
    '- clusterArn: is missing',
  ],
  ['an empty prefix', { topicPrefix: '' }, '- topicPrefix: is empty: a drill could delete every topic'],
  ['a wildcard as prefix', { topicPrefix: 'drill*' }, '- topicPrefix: may have letters'],
  ['no partitions', { verifyPartitions: 0 }, '- verifyPartitions: is 0'],
  ['a schedule that AWS refuses', { schedule: 'rate(1 days)' }, '- schedule: '],
  [
    'a topic of another region',
    { alarmTopicArn: `arn:aws:sns:us-west-2:${ACCOUNT}:alarms` },
    '- alarmTopicArn: is in us-west-2, and the alarms in us-east-1',
  ],
  ['a topic that is none', { alarmTopicArn: 'alarms' }, '- alarmTopicArn: is not the ARN of an SNS topic'],
  ['a cluster of another region', { region: 'eu-west-1' }, '- clusterArn: is in us-east-1'],
  [
    'an image of another region',
    { image: { uri: ARGS.image.uri.toString().replace(DR, 'us-west-2') } },
    '- image.uri: is in us-west-2, and the task would run in us-east-1',
  ],
  [
    'groups by the settings',
    { settingsYaml: 'restore: {consumer_groups: [billing]}' },
    '- settingsYaml: restore.consumer_groups is set by consumerGroups of MskRestore, and a drill takes all',
  ],
  [
    'a prefix by the settings',
    { settingsYaml: 'drill: {topic_prefix: x}' },
    '- settingsYaml: drill.topic_prefix is set by topicPrefix',
  ],
];

test.each(REFUSED)('refused: %s', async (_, args, line) => {
  const { message } = await failure(() => new DrDrill('drill', { ...ARGS, ...args }));
  expect(message).toMatch(/^DrDrill "drill" cannot be made:\n/);
  expect(message).toContain(line);
  expect(engine.all('aws:ecs/taskDefinition:TaskDefinition')).toEqual([]);
});
