import * as pulumi from '@pulumi/pulumi';
import { beforeEach, expect, test } from 'vitest';
import type { BackupScheduleArgs } from '../../components/backup-schedule.ts';
import { schedulerPolicy } from '../../components/policies/scheduler.ts';
import { decide } from './support/evaluate.ts';
import { ACCOUNT, failure, resolved, settled, startMocks } from './support/mocks.ts';

const engine = startMocks();
const { BackupSchedule } = await import('../../components/backup-schedule.ts');
beforeEach(() => engine.clear());

const arn = (service: string, resource: string, region = 'us-west-2') =>
  `arn:aws:${service}:${region}:${ACCOUNT}:${resource}`;
const ARGS = {
  expression: 'rate(1 hour)',
  ecsClusterArn: arn('ecs', 'cluster/backups'),
  taskDefinitionArn: arn('ecs', 'task-definition/orders:7'),
  taskRoleArn: arn('iam', 'role/task', ''),
  executionRoleArn: arn('iam', 'role/execution', ''),
  subnetIds: ['subnet-1', 'subnet-2'],
  securityGroupIds: ['sg-1'],
} satisfies BackupScheduleArgs;
const SCHEDULE = 'aws:scheduler/schedule:Schedule';

test('what it makes, and how the task is started', async () => {
  const schedule = new BackupSchedule('orders', { ...ARGS, tags: { team: 'shop' } });
  await settled();
  expect(engine.names()).toEqual([
    'aws:iam/role:Role orders-role',
    'aws:iam/rolePolicy:RolePolicy orders-role-policy',
    'aws:scheduler/schedule:Schedule orders-schedule',
    'aws:scheduler/scheduleGroup:ScheduleGroup orders-group',
    'aws:sqs/queue:Queue orders-dead-letters',
    'aws:sqs/queuePolicy:QueuePolicy orders-dead-letters-policy',
  ]);
  const queue = engine.one('aws:sqs/queue:Queue');
  expect(engine.one(SCHEDULE).inputs).toEqual({
    groupName: engine.one('aws:scheduler/scheduleGroup:ScheduleGroup').outputs.name,
    scheduleExpression: 'rate(1 hour)',
    scheduleExpressionTimezone: 'UTC',
    state: 'ENABLED',
    flexibleTimeWindow: { mode: 'OFF' },
    target: {
      arn: ARGS.ecsClusterArn,
      roleArn: engine.one('aws:iam/role:Role').outputs.arn,
      deadLetterConfig: { arn: queue.outputs.arn },
      retryPolicy: { maximumRetryAttempts: 3, maximumEventAgeInSeconds: 3600 },
      ecsParameters: {
        taskDefinitionArn: ARGS.taskDefinitionArn,
        launchType: 'FARGATE',
        taskCount: 1,
        propagateTags: 'TASK_DEFINITION',
        enableEcsManagedTags: true,
        networkConfiguration: {
          subnets: ['subnet-1', 'subnet-2'],
          securityGroups: ['sg-1'],
          assignPublicIp: false,
        },
      },
    },
  });
  expect(queue.inputs).toEqual({
    sqsManagedSseEnabled: true,
    messageRetentionSeconds: 1_209_600,
    tags: { team: 'shop' },
  });
  for (const type of ['aws:iam/role:Role', 'aws:scheduler/scheduleGroup:ScheduleGroup']) {
    expect(engine.one(type).inputs.tags).toEqual({ team: 'shop' });
  }
  expect(await resolved(schedule.deadLetterQueueName)).toBe(queue.outputs.name);
  expect(await resolved(schedule.scheduleArn)).toBe(engine.one(SCHEDULE).outputs.arn);
  expect(await resolved(schedule.scheduleGroupName)).toBe('orders-group-1a2b3c4');
});

test('its role: the policy of the scheduler, taken by schedules of this group only', async () => {
  new BackupSchedule('orders', ARGS);
  await settled();
  const queueArn = engine.one('aws:sqs/queue:Queue').outputs.arn as string;
  expect(JSON.parse(engine.one('aws:iam/rolePolicy:RolePolicy').inputs.policy)).toEqual(
    schedulerPolicy({
      ecsClusterArn: ARGS.ecsClusterArn,
      taskDefinitionArns: [ARGS.taskDefinitionArn],
      taskRoleArns: [ARGS.taskRoleArn, ARGS.executionRoleArn],
      deadLetterQueueArn: queueArn,
    }),
  );
  const trust = JSON.parse(engine.one('aws:iam/role:Role').inputs.assumeRolePolicy);
  const groupArn = engine.one('aws:scheduler/scheduleGroup:ScheduleGroup').outputs.arn as string;
  const assume = (source: string) => ({
    action: 'sts:AssumeRole',
    resource: arn('iam', 'role/orders-backup', ''),
    context: { 'aws:SourceAccount': ACCOUNT, 'aws:SourceArn': source },
  });
  const caller = 'scheduler.amazonaws.com';
  expect(await decide(assume(groupArn), { resource: trust, caller })).toBe('Allowed');
  expect(await decide(assume(`${groupArn}-2`), { resource: trust, caller })).not.toBe('Allowed');
  const queuePolicy = JSON.parse(engine.one('aws:sqs/queuePolicy:QueuePolicy').inputs.policy);
  const plain = {
    action: 'sqs:SendMessage',
    resource: queueArn,
    context: { 'aws:SecureTransport': 'false' },
  };
  const identity = JSON.parse(engine.one('aws:iam/rolePolicy:RolePolicy').inputs.policy);
  expect(await decide({ ...plain, context: {} }, { identity, resource: queuePolicy })).toBe('Allowed');
  expect(await decide(plain, { identity, resource: queuePolicy })).toBe('ExplicitlyDenied');
});

test('everything by argument, in another region, with a queue that is there', async () => {
  const queue = arn('sqs', 'failed-starts', 'us-east-1');
  const schedule = new BackupSchedule('orders', {
    ...ARGS,
    expression: 'cron(0 3 * * ? *)',
    timeZone: 'Europe/Berlin',
    flexibleMinutes: 15,
    maxRetries: 0,
    maxEventAgeSeconds: 60,
    enabled: false,
    assignPublicIp: true,
    deadLetterQueueArn: queue,
    command: ['age', '--json'],
    region: 'us-east-1',
  });
  await settled();
  expect(engine.names().filter((it) => it.includes('sqs'))).toEqual([]);
  const { inputs } = engine.one(SCHEDULE);
  expect(inputs).toMatchObject({
    scheduleExpression: 'cron(0 3 * * ? *)',
    scheduleExpressionTimezone: 'Europe/Berlin',
    state: 'DISABLED',
    flexibleTimeWindow: { mode: 'FLEXIBLE', maximumWindowInMinutes: 15 },
    region: 'us-east-1',
    target: {
      deadLetterConfig: { arn: queue },
      retryPolicy: { maximumRetryAttempts: 0, maximumEventAgeInSeconds: 60 },
      ecsParameters: { networkConfiguration: { assignPublicIp: true } },
    },
  });
  expect(JSON.parse(inputs.target.input)).toEqual({
    containerOverrides: [{ name: 'msk-backup', command: ['age', '--json'] }],
  });
  expect(engine.one('aws:scheduler/scheduleGroup:ScheduleGroup').inputs.region).toBe('us-east-1');
  expect(await resolved(schedule.deadLetterQueueName)).toBe('failed-starts');
});

const BAD: [keyof BackupScheduleArgs, unknown, RegExp][] = [
  ['expression', 'rate(1 hours)', /rate\(1 hour\)/],
  ['expression', undefined, /is missing/],
  ['timeZone', '+01:00', /no time zone/],
  ['flexibleMinutes', 1441, /0 to 1440/],
  ['ecsClusterArn', undefined, /is missing/],
  ['ecsClusterArn', 'backups', /not the ARN of an ECS cluster/],
  ['taskDefinitionArn', arn('ecs', 'task/orders/1'), /not the ARN of a task definition/],
  ['taskRoleArn', arn('iam', 'user/task', ''), /not the ARN of a role/],
  ['executionRoleArn', 'execution', /not the ARN of a role/],
  ['subnetIds', [], /has 0 subnets: give 1 to 16/],
  ['securityGroupIds', ['1', '2', '3', '4', '5', '6'], /has 6 security groups: give 1 to 5/],
  ['maxRetries', 186, /0 to 185/],
  ['maxRetries', 1.5, /whole number/],
  ['maxEventAgeSeconds', 59, /60 to 86400/],
  ['deadLetterQueueArn', arn('sqs', 'failed.fifo'), /standard SQS queue/],
  ['command', [], /is empty/],
];

test.each(BAD)('refuses %s %j', (key, value, reason) => {
  const args = { ...ARGS, [key]: value } as unknown as BackupScheduleArgs;
  const problem = new RegExp(`^BackupSchedule "orders" cannot be made:\n- ${key}: .*${reason.source}`);
  expect(() => new BackupSchedule('orders', args)).toThrow(problem);
});

test('all problems in one error', () => {
  const args = { ...ARGS, expression: 'cron(0 3 * * *)', subnetIds: [], maxRetries: -1 };
  const make = () => new BackupSchedule('orders', args);
  expect(make).toThrow(pulumi.InputPropertiesError);
  expect(make).toThrow(/- expression: .*\n- subnetIds: .*\n- maxRetries: /);
});

test('an argument that is not known yet is checked before the schedule is made', async () => {
  const later = (value: string) => pulumi.output(Promise.resolve(value));
  new BackupSchedule('good', { ...ARGS, expression: later('rate(2 hours)') });
  await settled();
  expect(engine.one(SCHEDULE).inputs.scheduleExpression).toBe('rate(2 hours)');
  const error = await failure(() => new BackupSchedule('bad', { ...ARGS, expression: later('rate(2 hour)') }));
  expect(error.message).toContain('BackupSchedule "bad" cannot be made:\n- expression: is refused by AWS');
  expect(engine.all(SCHEDULE).map(({ name }) => name)).toEqual(['good-schedule']);
});
