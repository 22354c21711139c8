import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import { afterCheck } from './arguments/after-check.ts';
import { ecsClusterArn, queueArn, required, roleArn, taskDefinitionArn } from './arguments/arn.ts';
import { checked } from './arguments/checked.ts';
import { wholeNumber } from './arguments/number.ts';
import type { ArgumentProblem } from './arguments/refuse.ts';
import { parseArn } from './policies/arn.ts';
import { schedulerPolicy } from './policies/scheduler.ts';
import { schedulerTrustPolicy } from './policies/trust.ts';
import { scheduleExpression, timeZoneName } from './schedule/checks.ts';
import { makeDeadLetterQueue } from './schedule/dead-letters.ts';
import { CONTAINER_NAME } from './task/container-name.ts';

export interface BackupScheduleArgs {
  /**
   * When the task starts: `rate(1 hour)`, or AWS's cron of six fields (minutes hours day-of-month month day-of-week year) as
   * `cron(0 3 * * ? *)`. A rate begins with the deployment, and its first run comes at once. What AWS would refuse, and what runs only once, is
   * refused. Each run costs what its task costs; the schedule itself nothing worth naming.
   * Example: `"rate(15 minutes)"`.
   */
  expression: pulumi.Input<string>;
  /**
   * In which a cron is read, by its IANA name. A run that falls into the hour that clocks skip in spring is left out by AWS.
   * Default: `"UTC"`.
   * Example: `"Europe/Berlin"`.
   */
  timeZone?: pulumi.Input<string>;
  /**
   * Minutes within which AWS may start a run after its time, 0 to 1440; spreads the load where many schedules name one minute.
   * Default: 0, which is: at its minute.
   */
  flexibleMinutes?: pulumi.Input<number>;
  /** ARN of the ECS cluster in which the task runs. */
  ecsClusterArn: pulumi.Input<string>;
  /** ARN of the task definition, with its revision. Without one the newest is started. */
  taskDefinitionArn: pulumi.Input<string>;
  /** ARN of the task's role: what the program may do. The schedule's role may pass it to ECS, and to nobody else. */
  taskRoleArn: pulumi.Input<string>;
  /** ARN of the task's execution role: image, log, secrets. */
  executionRoleArn: pulumi.Input<string>;
  /** Subnets of the task, 1 to 16 of one VPC; private ones, as a rule. */
  subnetIds: pulumi.Input<pulumi.Input<string>[]>;
  /** Security groups of the task, 1 to 5. */
  securityGroupIds: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * A public address for the task: needed in public subnets, where nothing else leads to AWS. Costs its hourly price while the
   * task runs.
   * Default: `false`.
   */
  assignPublicIp?: pulumi.Input<boolean>;
  /**
   * How often AWS tries again to start a task that ECS refused, 0 to 185. A task that starts and fails is not started again: the
   * next run goes on where it ended.
   * Default: `3`.
   */
  maxRetries?: pulumi.Input<number>;
  /**
   * Seconds after which it gives up, 60 to 86400. What was given up goes to the dead-letter queue.
   * Default: `3600`.
   */
  maxEventAgeSeconds?: pulumi.Input<number>;
  /**
   * False stops the schedule and keeps everything else.
   * Default: `true`.
   */
  enabled?: pulumi.Input<boolean>;
  /**
   * ARN of a queue that is there, for starts that were given up. Its policy is left alone: the schedule sends with its own role.
   * A standard queue; one that is encrypted with a KMS key has to let the schedule's role use it.
   * Default: a queue is made, encrypted with SQS's own key, that keeps messages for 14 days.
   */
  deadLetterQueueArn?: pulumi.Input<string>;
  /**
   * Given to the container instead of the task definition's command: `["age"]`.
   * Default: the task definition's.
   */
  command?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Where the schedule, its queue and its task are.
   * Default: the provider's region.
   */
  region?: pulumi.Input<string>;
  /** Given to everything that takes tags. Tasks get those of their task definition. */
  tags?: pulumi.Input<Record<string, pulumi.Input<string>>>;
}

/**
 * Starts a task on a schedule: EventBridge Scheduler, with a role that may start this task in this cluster and nothing else, and a
 * dead-letter queue for starts that ECS refused to the end. A task that starts and fails does not get there: that is for
 * `BackupAlarms`. AWS starts a task at least once, and now and then twice; a backup bears that.
 */
export class BackupSchedule extends pulumi.ComponentResource {
  /** Name of the schedule, unique in its group. */
  readonly scheduleName: pulumi.Output<string>;
  readonly scheduleArn: pulumi.Output<string>;
  readonly scheduleGroupName: pulumi.Output<string>;
  /** ARN of the role with which AWS starts the task. */
  readonly roleArn: pulumi.Output<string>;
  readonly deadLetterQueueArn: pulumi.Output<string>;
  readonly deadLetterQueueName: pulumi.Output<string>;

  constructor(name: string, args: BackupScheduleArgs, opts?: pulumi.ComponentResourceOptions) {
    super('msk-backup:index:BackupSchedule', name, args, opts);
    const { region, tags } = args;
    const values = {
      expression: args.expression,
      timeZone: args.timeZone,
      flexibleMinutes: args.flexibleMinutes,
      ecsClusterArn: args.ecsClusterArn,
      taskDefinitionArn: args.taskDefinitionArn,
      taskRoleArn: args.taskRoleArn,
      executionRoleArn: args.executionRoleArn,
      subnetIds: args.subnetIds,
      securityGroupIds: args.securityGroupIds,
      maxRetries: args.maxRetries,
      maxEventAgeSeconds: args.maxEventAgeSeconds,
      deadLetterQueueArn: args.deadLetterQueueArn,
      command: args.command,
    };
    const passed = checked('BackupSchedule', name, values, {
      expression: required(scheduleExpression),
      timeZone: timeZoneName,
      flexibleMinutes: wholeNumber(0, 1440, 'minutes'),
      ecsClusterArn: required(ecsClusterArn),
      taskDefinitionArn: required(taskDefinitionArn),
      taskRoleArn: required(roleArn),
      executionRoleArn: required(roleArn),
      subnetIds: someOf(16, 'subnets'),
      securityGroupIds: someOf(5, 'security groups'),
      maxRetries: wholeNumber(0, 185, 'retries'),
      maxEventAgeSeconds: wholeNumber(60, 86_400, 'seconds'),
      deadLetterQueueArn: queueArn,
      command: (value, path) => (value?.length === 0 ? [{ propertyPath: path, reason: 'is empty: leave it out' }] : []),
    });
    const safe = afterCheck(values, passed);

    const group = new aws.scheduler.ScheduleGroup(`${name}-group`, { region, tags }, { parent: this });
    const deadLetterQueueArn =
      args.deadLetterQueueArn === undefined
        ? makeDeadLetterQueue(`${name}-dead-letters`, { parent: this, region, tags }).arn
        : safe.deadLetterQueueArn.apply((arn) => arn!);
    const role = new aws.iam.Role(
      `${name}-role`,
      { assumeRolePolicy: group.arn.apply((arn) => JSON.stringify(schedulerTrustPolicy(arn))), tags },
      { parent: this },
    );
    const policy = new aws.iam.RolePolicy(
      `${name}-role-policy`,
      {
        role: role.name,
        policy: pulumi
          .all([
            safe.ecsClusterArn,
            safe.taskDefinitionArn,
            safe.taskRoleArn,
            safe.executionRoleArn,
            deadLetterQueueArn,
          ])
          .apply(([ecsClusterArn, task, taskRole, executionRole, deadLetterQueueArn]) =>
            JSON.stringify(
              schedulerPolicy({
                ecsClusterArn,
                taskDefinitionArns: [task],
                taskRoleArns: [taskRole, executionRole],
                deadLetterQueueArn,
              }),
            ),
          ),
      },
      { parent: this },
    );
    const schedule = new aws.scheduler.Schedule(
      `${name}-schedule`,
      {
        groupName: group.name,
        scheduleExpression: safe.expression,
        scheduleExpressionTimezone: safe.timeZone.apply((zone) => zone ?? 'UTC'),
        state: pulumi.output(args.enabled).apply((enabled) => (enabled === false ? 'DISABLED' : 'ENABLED')),
        flexibleTimeWindow: safe.flexibleMinutes.apply((minutes) =>
          minutes ? { mode: 'FLEXIBLE', maximumWindowInMinutes: minutes } : { mode: 'OFF' },
        ),
        target: {
          arn: safe.ecsClusterArn,
          roleArn: role.arn,
          deadLetterConfig: { arn: deadLetterQueueArn },
          retryPolicy: {
            maximumRetryAttempts: safe.maxRetries.apply((retries) => retries ?? 3),
            maximumEventAgeInSeconds: safe.maxEventAgeSeconds.apply((seconds) => seconds ?? 3600),
          },
          ecsParameters: {
            taskDefinitionArn: safe.taskDefinitionArn,
            launchType: 'FARGATE',
            taskCount: 1,
            propagateTags: 'TASK_DEFINITION',
            enableEcsManagedTags: true,
            networkConfiguration: {
              subnets: safe.subnetIds,
              securityGroups: safe.securityGroupIds,
              assignPublicIp: args.assignPublicIp ?? false,
            },
          },
          ...(args.command !== undefined && {
            input: safe.command.apply((command) =>
              JSON.stringify({ containerOverrides: [{ name: CONTAINER_NAME, command }] }),
            ),
          }),
        },
        region,
      },
      // Scheduler asks at once whether it may take the role, and may start the task a minute later.
      { parent: this, dependsOn: [policy] },
    );

    this.scheduleName = schedule.name;
    this.scheduleArn = schedule.arn;
    this.scheduleGroupName = group.name;
    this.roleArn = role.arn;
    this.deadLetterQueueArn = deadLetterQueueArn;
    this.deadLetterQueueName = deadLetterQueueArn.apply((arn) => parseArn(arn).resource);
    this.registerOutputs({
      scheduleName: this.scheduleName,
      scheduleArn: this.scheduleArn,
      scheduleGroupName: this.scheduleGroupName,
      roleArn: this.roleArn,
      deadLetterQueueArn: this.deadLetterQueueArn,
      deadLetterQueueName: this.deadLetterQueueName,
    });
  }
}

function someOf(most: number, what: string) {
  return (ids: string[] | undefined, propertyPath: string): ArgumentProblem[] => {
    const count = ids?.length ?? 0;
    return count >= 1 && count <= most ? [] : [{ propertyPath, reason: `has ${count} ${what}: give 1 to ${most}` }];
  };
}
