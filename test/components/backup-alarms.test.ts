import * as pulumi from '@pulumi/pulumi';
import { beforeEach, describe, expect, test } from 'vitest';
import { dashboardBody } from '../../components/alarms/dashboard.ts';
import { FAILED_RUN_MESSAGE, failedRunPattern } from '../../components/alarms/failed-runs.ts';
import { lookBack, missedAfter } from '../../components/alarms/look-back.ts';
import type { BackupAlarmsArgs } from '../../components/backup-alarms.ts';
import { ageValues } from '../../runtime/src/metrics/archive-ages.ts';
import { METRICS } from '../../runtime/src/metrics/catalog.ts';
import { decide } from './support/evaluate.ts';
import { ACCOUNT, failure, type MadeResource, resolved, settled, startMocks } from './support/mocks.ts';

const engine = startMocks();
const { BackupAlarms, needsAgeGauge } = await import('../../components/backup-alarms.ts');
beforeEach(() => engine.clear());

const ALARM = 'aws:cloudwatch/metricAlarm:MetricAlarm';
const ARGS = {
  metricArchive: 'orders-archive/msk/orders',
  ecsClusterArn: `arn:aws:ecs:us-west-2:${ACCOUNT}:cluster/backups`,
  taskDefinitionArns: [`arn:aws:ecs:us-west-2:${ACCOUNT}:task-definition/orders:7`],
  schedule: 'rate(1 hour)',
} satisfies BackupAlarmsArgs;
const REPLICATED = {
  sourceBucketName: 'orders-archive',
  replicaBucketName: 'orders-replica',
  replicaRegion: 'us-east-1',
  replicationRuleId: 'archive',
};
const alarm = (suffix: string) => engine.one(ALARM, `orders-${suffix}`).inputs;

test('the least: failed and missed runs, lag, one topic with its key, a dashboard', async () => {
  const made = new BackupAlarms('orders', { ...ARGS, tags: { team: 'shop' } });
  await settled();
  expect(engine.names()).toEqual([
    'aws:cloudwatch/dashboard:Dashboard orders-dashboard',
    'aws:cloudwatch/eventRule:EventRule orders-failed-run',
    'aws:cloudwatch/eventTarget:EventTarget orders-failed-run-topic',
    'aws:cloudwatch/metricAlarm:MetricAlarm orders-lag',
    'aws:cloudwatch/metricAlarm:MetricAlarm orders-missed-run',
    'aws:kms/key:Key orders-topic-key',
    'aws:sns/topic:Topic orders-topic',
    'aws:sns/topicPolicy:TopicPolicy orders-topic-policy',
  ]);
  const topic = engine.one('aws:sns/topic:Topic').outputs.arn;
  const told = { alarmActions: [topic], okActions: [topic], tags: { team: 'shop' } };
  expect(alarm('missed-run')).toMatchObject({
    ...told,
    namespace: 'KafkaBackup',
    metricName: 'BackupSucceeded',
    dimensions: { Archive: 'orders-archive/msk/orders' },
    statistic: 'Maximum',
    comparisonOperator: 'LessThanThreshold',
    threshold: 1,
    // Three and a half hours
    period: 300,
    evaluationPeriods: 42,
    treatMissingData: 'breaching',
    warmUpConfiguration: { warmUpPeriodDurationInMinutes: 210 },
  });
  expect(alarm('lag')).toMatchObject({
    ...told,
    metricName: 'BackupLagSeconds',
    statistic: 'Maximum',
    threshold: 7200,
    treatMissingData: 'ignore',
  });
  for (const { inputs } of engine.all(ALARM)) expect(inputs).not.toHaveProperty('region');
  expect(engine.one('aws:sns/topic:Topic').inputs.kmsMasterKeyId).toBe(engine.one('aws:kms/key:Key').outputs.arn);
  expect(await resolved(made.alarmTopicArn)).toBe(topic);
  expect(await resolved(made.alarmArns)).toEqual(
    engine
      .all(ALARM)
      .map(({ outputs }) => outputs.arn)
      .sort()
      .reverse(),
  );
  expect(await resolved(made.dashboardName!)).toBe('project-stack-orders-us-west-2');
});

test('replication: failures in the region of the source, backlog in that of the replica', async () => {
  new BackupAlarms('orders', { ...ARGS, ...REPLICATED, deadLetterQueueName: 'orders-dead-letters' });
  await settled();
  const here = engine.one('aws:sns/topic:Topic', 'orders-topic').outputs.arn;
  const there = engine.one('aws:sns/topic:Topic', 'orders-replica-topic');
  expect(there.inputs.region).toBe('us-east-1');
  expect(engine.one('aws:kms/key:Key', 'orders-replica-topic-key').inputs).toMatchObject({ region: 'us-east-1' });
  expect(engine.one('aws:sns/topicPolicy:TopicPolicy', 'orders-replica-topic-policy').inputs.region).toBe('us-east-1');
  const rule = {
    namespace: 'AWS/S3',
    dimensions: { SourceBucket: 'orders-archive', DestinationBucket: 'orders-replica', RuleId: 'archive' },
    comparisonOperator: 'GreaterThanThreshold',
    treatMissingData: 'notBreaching',
  };
  expect(alarm('replication-failed')).toMatchObject({
    ...rule,
    metricName: 'OperationsFailedReplication',
    statistic: 'Sum',
    threshold: 0,
    alarmActions: [here],
  });
  expect(alarm('replication-failed')).not.toHaveProperty('region');
  expect(alarm('replication-behind')).toMatchObject({
    ...rule,
    metricName: 'ReplicationLatency',
    statistic: 'Maximum',
    threshold: 3600,
    region: 'us-east-1',
    alarmActions: [there.outputs.arn],
  });
  expect(alarm('replication-backlog')).toMatchObject({
    ...rule,
    metricName: 'OperationsPendingReplication',
    statistic: 'Minimum',
    period: 3600,
    evaluationPeriods: 24,
    region: 'us-east-1',
  });
  expect(alarm('dead-letters')).toMatchObject({
    namespace: 'AWS/SQS',
    metricName: 'ApproximateNumberOfMessagesVisible',
    dimensions: { QueueName: 'orders-dead-letters' },
    threshold: 0,
    alarmActions: [here],
  });
});

test('topics that are given stay as they are; what they need is exported', async () => {
  const topicArn = `arn:aws:sns:us-west-2:${ACCOUNT}:alerts`;
  const replicaTopicArn = `arn:aws:sns:us-east-1:${ACCOUNT}:alerts`;
  const made = new BackupAlarms('orders', { ...ARGS, ...REPLICATED, topicArn, replicaTopicArn, dashboard: false });
  await settled();
  expect(engine.names().filter((it) => /sns|kms|dashboard/.test(it))).toEqual([]);
  expect(alarm('missed-run').alarmActions).toEqual([topicArn]);
  expect(alarm('replication-behind').alarmActions).toEqual([replicaTopicArn]);
  expect(engine.one('aws:cloudwatch/eventTarget:EventTarget').inputs.arn).toBe(topicArn);
  expect(made.dashboardName).toBeUndefined();
  const policies = [
    [made.topicPolicyJson, 'us-west-2', 'sns:Publish', topicArn],
    [made.replicaTopicPolicyJson!, 'us-east-1', 'sns:Publish', replicaTopicArn],
    [made.topicKeyPolicyJson, 'us-west-2', 'kms:GenerateDataKey', `arn:aws:kms:us-west-2:${ACCOUNT}:key/1`],
    [made.replicaTopicKeyPolicyJson!, 'us-east-1', 'kms:GenerateDataKey', `arn:aws:kms:us-east-1:${ACCOUNT}:key/1`],
  ] as const;
  for (const [json, region, action, resource] of policies) {
    const policy = { resource: JSON.parse(await resolved(json)), caller: 'cloudwatch.amazonaws.com' };
    const from = (account: string) => ({
      action,
      resource,
      context: {
        'aws:SourceAccount': account,
        'aws:SourceArn': `arn:aws:cloudwatch:${region}:${account}:alarm:orders-lag`,
      },
    });
    expect(await decide(from(ACCOUNT), policy)).toBe('Allowed');
    expect(await decide(from('210987654321'), policy)).not.toBe('Allowed');
  }
});

test('policies of what is made let CloudWatch and EventBridge publish, and use the key', async () => {
  new BackupAlarms('orders', ARGS);
  await settled();
  const topicArn = engine.one('aws:sns/topic:Topic').outputs.arn as string;
  const keyArn = engine.one('aws:kms/key:Key').outputs.arn as string;
  const asked = [
    [{ action: 'sns:Publish', resource: topicArn }, engine.one('aws:sns/topicPolicy:TopicPolicy').inputs.policy],
    [{ action: 'kms:GenerateDataKey', resource: keyArn }, engine.one('aws:kms/key:Key').inputs.policy],
  ] as const;
  const context = {
    'aws:SourceAccount': ACCOUNT,
    'aws:SourceArn': `arn:aws:cloudwatch:us-west-2:${ACCOUNT}:alarm:x`,
  };
  for (const [request, json] of asked) {
    const resource = JSON.parse(json);
    expect(await decide({ ...request, context }, { resource, caller: 'cloudwatch.amazonaws.com' })).toBe('Allowed');
    expect(await decide(request, { resource, caller: 'events.amazonaws.com' })).toBe('Allowed');
    expect(await decide(request, { resource, caller: 'lambda.amazonaws.com' })).not.toBe('Allowed');
  }
});

test('mails go to addresses, each once, from each topic that is made', async () => {
  new BackupAlarms('orders', { ...ARGS, ...REPLICATED, emailAddresses: ['a@example.com', 'a@example.com'] });
  await settled();
  const mails = engine.all('aws:sns/topicSubscription:TopicSubscription');
  expect(mails.map(({ name }) => name).sort()).toEqual([
    'orders-replica-topic-a@example.com',
    'orders-topic-a@example.com',
  ]);
  expect(mails[0]!.inputs).toMatchObject({ protocol: 'email', endpoint: 'a@example.com' });
});

describe('runs that are rare', () => {
  test('are missed by the age of the newest snapshot, and the gauge by its absence', async () => {
    new BackupAlarms('orders', { ...ARGS, schedule: 'rate(7 days)' });
    await settled();
    expect(needsAgeGauge('rate(7 days)')).toBe(true);
    expect(needsAgeGauge('rate(2 days)')).toBe(false);
    expect(needsAgeGauge('rate(3 days)')).toBe(true);
    expect(needsAgeGauge('rate(3 days)', 'UTC', 2)).toBe(false);
    expect(alarm('missed-run')).toMatchObject({
      metricName: 'BackupAgeSeconds',
      statistic: 'Maximum',
      comparisonOperator: 'GreaterThanThreshold',
      threshold: 21 * 86_400 + 6 * 3600,
      treatMissingData: 'ignore',
    });
    expect(alarm('missed-run-gauge')).toMatchObject({
      metricName: 'StoredBytes',
      dimensions: { Archive: 'orders-archive/msk/orders' },
      statistic: 'SampleCount',
      comparisonOperator: 'LessThanThreshold',
      threshold: 1,
      period: 3600,
      evaluationPeriods: 3,
      treatMissingData: 'breaching',
    });
  });
});

describe('drills', () => {
  const drill = { schedule: 'rate(1 day)', metricArchive: 'orders-replica/msk/orders' };

  test('that come often: looked for in the region of the replica', async () => {
    new BackupAlarms('orders', { ...ARGS, replicaRegion: 'us-east-1', drill });
    await settled();
    const { outputs } = engine.one('aws:sns/topic:Topic', 'orders-replica-topic');
    expect(alarm('drill-overdue')).toMatchObject({
      metricName: 'DrillSucceeded',
      dimensions: { Archive: 'orders-replica/msk/orders' },
      // Two days and six hours
      period: 3600,
      evaluationPeriods: 54,
      region: 'us-east-1',
      alarmActions: [outputs.arn],
    });
  });

  test('that are rare: by their age, here without a region', async () => {
    new BackupAlarms('orders', { ...ARGS, drill: { ...drill, schedule: 'rate(7 days)' } });
    await settled();
    expect(alarm('drill-overdue')).toMatchObject({ metricName: 'DrillAgeSeconds', threshold: 14 * 86_400 + 21_600 });
    expect(alarm('drill-overdue')).not.toHaveProperty('region');
    expect(alarm('drill-overdue-gauge')).toMatchObject({
      metricName: 'StoredBytes',
      dimensions: { Archive: 'orders-replica/msk/orders' },
      treatMissingData: 'breaching',
    });
  });

  test('what the gauge is missed by is told by age before anything has succeeded', () => {
    const told = ageValues({ location: 's3://orders-replica/msk/orders', storedBytes: 0 });
    expect(Object.keys(told)).toEqual(['StoredBytes']);
  });
});

test('every alarm is one that CloudWatch takes, of a metric that the runtime has', async () => {
  const schedules = ['rate(5 minutes)', 'rate(1 hour)', 'rate(6 hours)', 'rate(1 day)', 'rate(2 days)', 'rate(9 days)'];
  for (const [i, schedule] of schedules.entries()) {
    const drill = { schedule, metricArchive: 'b/c' };
    new BackupAlarms(`orders-${i}`, { ...ARGS, ...REPLICATED, schedule, drill, deadLetterQueueName: 'q' });
  }
  await settled();
  const names = new Set(Object.keys(METRICS));
  expect(engine.all(ALARM).length).toBeGreaterThan(40);
  for (const { name, inputs } of engine.all(ALARM)) {
    const { period, evaluationPeriods, namespace, metricName, warmUpConfiguration } = inputs;
    expect([name, period % 60, Number.isInteger(evaluationPeriods)]).toEqual([name, 0, true]);
    // PutMetricAlarm: a day at most for periods below an hour, seven days for others
    expect(period * evaluationPeriods).toBeLessThanOrEqual(period < 3600 ? 86_400 : 604_800);
    if (namespace === 'KafkaBackup') expect(names).toContain(metricName);
    const minutes = warmUpConfiguration?.warmUpPeriodDurationInMinutes ?? 1;
    expect(minutes >= 1 && minutes <= 2880).toBe(true);
  }
});

test('looking back covers the time and little more', () => {
  for (const seconds of [600, 7200, 7260, 86_400, 86_460, 604_800]) {
    const { period, evaluationPeriods } = lookBack(seconds);
    expect(period * evaluationPeriods - seconds).toBeGreaterThanOrEqual(0);
    expect(period * evaluationPeriods - seconds).toBeLessThan(period);
  }
  expect([missedAfter(1, 60), missedAfter(3, 3600), missedAfter(1, 86_400)]).toEqual([360, 12_600, 108_000]);
});

describe('failed runs', () => {
  test('the rule watches this task in this cluster, and tells the topic', async () => {
    new BackupAlarms('orders', ARGS);
    await settled();
    const { inputs } = engine.one('aws:cloudwatch/eventRule:EventRule');
    expect(JSON.parse(inputs.eventPattern)).toEqual(failedRunPattern(ARGS));
    const target = engine.one('aws:cloudwatch/eventTarget:EventTarget').inputs;
    expect(target.inputTransformer).toEqual(FAILED_RUN_MESSAGE);
    const named = [...target.inputTransformer.inputTemplate.matchAll(/<(\w+)>/g)].map(([, name]) => name).sort();
    expect(named).toEqual(Object.keys(target.inputTransformer.inputPaths).sort());
    // With every value a JSON text it is JSON.
    expect(() => JSON.parse(target.inputTransformer.inputTemplate.replace(/<\w+>/g, '"x"'))).not.toThrow();
  });

  test('the pattern, as a document', () => {
    const locks = `arn:aws:ecs:us-west-2:${ACCOUNT}:task-definition/orders-locks`;
    const taskDefinitionArns = [...ARGS.taskDefinitionArns, `${locks}:2`];
    expect(failedRunPattern({ ...ARGS, taskDefinitionArns })).toEqual({
      source: ['aws.ecs'],
      'detail-type': ['ECS Task State Change'],
      detail: {
        clusterArn: [ARGS.ecsClusterArn],
        taskDefinitionArn: [
          { prefix: `arn:aws:ecs:us-west-2:${ACCOUNT}:task-definition/orders:` },
          { prefix: `${locks}:` },
        ],
        lastStatus: ['STOPPED'],
        $or: [
          { containers: { name: ['msk-backup'], exitCode: [{ 'anything-but': [0] }] } },
          { stopCode: ['TaskFailedToStart'] },
        ],
      },
    });
  });
});

describe('the dashboard', () => {
  test('has a body as CloudWatch documents it', async () => {
    const drill = { schedule: 'rate(7 days)', metricArchive: 'orders-replica/msk/orders' };
    new BackupAlarms('orders', { ...ARGS, ...REPLICATED, drill });
    await settled();
    const body = JSON.parse(engine.one('aws:cloudwatch/dashboard:Dashboard').inputs.dashboardBody);
    const alarms: MadeResource[] = engine.all(ALARM);
    expect([...body.widgets[0].properties.alarms].sort()).toEqual(alarms.map(({ outputs }) => outputs.arn).sort());
    checkBody(body);
    const shown = new Set(body.widgets.flatMap((widget: Widget) => (widget.properties.metrics ?? []).map((m) => m[1])));
    for (const { inputs } of alarms) {
      if (!['ApproximateNumberOfMessagesVisible', 'DrillAgeSeconds'].includes(inputs.metricName)) {
        expect(shown).toContain(inputs.metricName);
      }
    }
    const latency = body.widgets.find((it: Widget) => it.properties.metrics?.[0]?.[1] === 'ReplicationLatency');
    expect(latency.properties.region).toBe('us-east-1');
  });

  test('of a backup alone has no graphs of what is not there', () => {
    const body = dashboardBody({ region: 'us-west-2', metricArchive: 'a/b', alarmArns: ['arn:aws:cloudwatch:x'] });
    checkBody(body as { widgets: Widget[] });
    expect(JSON.stringify(body)).not.toMatch(/Replication|Drill/);
  });
});

interface Widget {
  type: string;
  x: number;
  y: number;
  width: number;
  height: number;
  properties: {
    title: string;
    region?: string;
    alarms?: string[];
    metrics?: unknown[][];
    stat?: string;
    period?: number;
  };
}

/** CloudWatch API reference, "Dashboard body structure and syntax". */
function checkBody({ widgets }: { widgets: Widget[] }): void {
  const cells = new Set<string>();
  expect(widgets.length).toBeLessThanOrEqual(500);
  for (const { type, x, y, width, height, properties } of widgets) {
    expect(['metric', 'alarm']).toContain(type);
    expect(x >= 0 && width >= 1 && x + width <= 24 && height >= 1 && height <= 1000 && y >= 0).toBe(true);
    for (let column = x; column < x + width; column++) {
      for (let row = y; row < y + height; row++) {
        expect(cells).not.toContain(`${column},${row}`);
        cells.add(`${column},${row}`);
      }
    }
    if (type === 'alarm') {
      expect(properties.alarms!.length).toBeGreaterThan(0);
      expect(properties.alarms!.length).toBeLessThanOrEqual(100);
      continue;
    }
    expect(properties.region).toMatch(/^[a-z]+-[a-z]+-\d$/);
    expect(properties.period! % 60).toBe(0);
    for (const metric of properties.metrics!) {
      const texts = metric.filter((part) => typeof part === 'string');
      // Namespace and name, then dimensions in pairs; options, an object, come last.
      expect(texts.length % 2).toBe(0);
      expect(metric.findIndex((part) => typeof part !== 'string')).toBe(metric.length - 1);
      if (texts[0] === 'KafkaBackup') expect(Object.keys(METRICS)).toContain(texts[1]);
    }
  }
}

const BAD: [string, unknown, RegExp][] = [
  ['metricArchive', undefined, /is missing/],
  ['metricArchive', '/orders/', /BUCKET\/PREFIX/],
  ['ecsClusterArn', 'backups', /an ECS cluster/],
  ['taskDefinitionArns', undefined, /has 0 task definitions: give 1 to 10/],
  ['taskDefinitionArns', ['orders'], /\[0\]: is not the ARN of a task definition/],
  ['schedule', 'rate(2 hour)', /rate\(2 hours\)/],
  ['scheduleTimeZone', 'Mars/Olympus', /no time zone/],
  ['missedRuns', 0, /1 to 100/],
  ['maxLagSeconds', 10, /60 to 31536000/],
  ['topicArn', 'alerts', /an SNS topic/],
  ['topicArn', `arn:aws:sns:us-east-1:${ACCOUNT}:alerts`, /is in us-east-1, and the alarms in us-west-2/],
  ['replicaTopicArn', `arn:aws:sns:us-east-1:${ACCOUNT}:alerts`, /needs replicaRegion/],
  ['maxReplicationLagSeconds', 60, /900 to 604800/],
  ['replicaRegion', 'Virginia', /name of a region/],
  ['emailAddresses', ['ops@example.com', 'ops'], /\[1\]: is no mail address: ops/],
  ['drill', { schedule: 'weekly', metricArchive: 'a' }, /\.schedule: is neither rate/],
  ['drill', { schedule: 'rate(7 days)' }, /\.metricArchive: is missing/],
  ['drill', { schedule: 'rate(7 days)', metricArchive: 'a', maxAgeSeconds: 1 }, /\.maxAgeSeconds: is 1/],
];

test.each(BAD)('refuses %s %j', (key, value, reason) => {
  const args = { ...ARGS, [key]: value } as unknown as BackupAlarmsArgs;
  const problem = new RegExp(`^BackupAlarms "orders" cannot be made:\n- ${key}.*${reason.source}`);
  expect(() => new BackupAlarms('orders', args)).toThrow(problem);
});

test('replication needs all four arguments; all problems come in one error', () => {
  const args = { ...ARGS, schedule: 'x', sourceBucketName: 'a', replicaBucketName: 'b' };
  const make = () => new BackupAlarms('orders', args);
  expect(make).toThrow(pulumi.InputPropertiesError);
  expect(make).toThrow(/- schedule: .*\n- replicaRegion: is missing.*\n- replicationRuleId: is missing/);
});

// Last in this file: what failed is never made, and the engine waits for it.
test('a schedule of rare runs cannot be an Output, since there are other alarms then', async () => {
  const schedule = pulumi.output(Promise.resolve('rate(2 hours)'));
  new BackupAlarms('good', { ...ARGS, schedule });
  await settled();
  expect(engine.one(ALARM, 'good-missed-run').inputs).toMatchObject({ period: 300, evaluationPeriods: 84 });
  const rare = pulumi.output(Promise.resolve('rate(7 days)'));
  const error = await failure(() => new BackupAlarms('orders', { ...ARGS, schedule: rare }));
  expect(error.message).toContain('- schedule: comes so rarely');
});
