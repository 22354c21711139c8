import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import { afterCheck } from './arguments/after-check.ts';
import {
  type ArchiveLocation,
  type ArchiveLocationArgs,
  archiveLocationProblems,
  placeOf,
} from './arguments/archive-location.ts';
import { required, topicArn } from './arguments/arn.ts';
import { type Checks, checked, problemsOf } from './arguments/checked.ts';
import { logRetentionDays } from './arguments/log-retention.ts';
import type { NetworkArgs } from './arguments/network.ts';
import { wholeNumber } from './arguments/number.ts';
import type { ArgumentProblem } from './arguments/refuse.ts';
import { groupsProblems, serversProblems } from './arguments/selection.ts';
import { backupAlarms, functionAlarms, tooRare } from './lambda/alarms.ts';
import { codeProblems, type LambdaCodeArgs } from './lambda/code.ts';
import { functionBrokers, functionRendering, functionRenderingProblems } from './lambda/configuration.ts';
import { functionPolicyProblems, makeFunction } from './lambda/function.ts';
import { functionNetworkProblems } from './lambda/network.ts';
import { trimmedPrefix } from './policies/archive-place.ts';
import { parseArn } from './policies/arn.ts';
import { backupPolicy } from './policies/backup.ts';
import type { Statement } from './policies/document.ts';
import { invokePolicy } from './policies/function.ts';
import { clusterArnProblems, topicPatternProblems } from './policies/problems.ts';
import { schedulerTrustPolicy } from './policies/trust.ts';
import { scheduleExpression, timeZoneName } from './schedule/checks.ts';
import { makeDeadLetterQueue } from './schedule/dead-letters.ts';
import { intervalSeconds } from './schedule/expression.ts';
import { checkSettings, configurationYaml, literal } from './task/configuration.ts';
import { clusterHere } from './task/one-region.ts';
import type { Section } from './task/settings.ts';

export interface LambdaBackupArgs {
  /** ARN of the MSK cluster, which the function reads with IAM authentication, in the function's region. */
  clusterArn: pulumi.Input<string>;
  /**
   * Topics, names and patterns with `*` and `?`; the schedule gives them to the function with each call. At least one. Example:
   * `["orders", "order-events"]`.
   */
  topics: pulumi.Input<pulumi.Input<string>[]>;
  /** Topics that are left out although a pattern matches. Default: none. */
  excludedTopics?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Consumer groups whose offsets are kept: ids, and patterns with `*` and `?`; `[]` for none. The role may describe these and no
   * others. Default: all that have offsets on the topics. Example: `["amazon.lambda.*"]`.
   */
  consumerGroups?: pulumi.Input<pulumi.Input<string>[]>;
  /** Label of the cluster in `msk-backup list` and in the header of restored records. Default: the cluster's name, from its ARN. */
  sourceClusterId?: pulumi.Input<string>;
  /** Where the function runs. Subnets have to be private: a function never has a public address. */
  network: NetworkArgs;
  /** Where the archive is. */
  archive: ArchiveLocationArgs;
  /** As `BackupSchedule`'s expression, every six days at least: an alarm tells a missed run. Example: `"rate(1 hour)"`. */
  schedule: pulumi.Input<string>;
  /** In which a cron is read, by its IANA name. Default: `UTC`. */
  scheduleTimeZone?: pulumi.Input<string>;
  /** The program. */
  code: LambdaCodeArgs;
  /** Brokers, `HOST:PORT` with commas between. Default: the cluster's own for IAM. */
  bootstrapServers?: pulumi.Input<string>;
  /**
   * More of the runtime's configuration, as YAML (docs/configuration.md); what arguments set cannot be set here, and secrets cannot
   * be given. A function's variables have room for 3 KiB of it, together with the rest. Default: none. Example:
   * `"backup: {compression_level: 3}"`.
   */
  settingsYaml?: pulumi.Input<string>;
  /**
   * Seconds that a call may take, 60 to 900. What is not copied by then, the next call goes on with. Costs by the millisecond that
   * it takes. Default: 840.
   */
  timeoutSeconds?: pulumi.Input<number>;
  /** Memory in MiB, 256 to 10240; CPU grows with it, and 1769 is one virtual CPU. Costs in proportion. Default: 1769. */
  memoryMiB?: pulumi.Input<number>;
  /** Days that CloudWatch keeps the log: one of its values, such as 7, 30, 90, 365; 0 for ever. Default: 90. */
  logRetentionDays?: pulumi.Input<number>;
  /** ARN of an SNS topic for the alarms, in the function's region. Default: the alarms tell nobody, of which each deployment warns. */
  alarmTopicArn?: pulumi.Input<string>;
  /** Given to everything that takes tags. */
  tags?: pulumi.Input<Record<string, pulumi.Input<string>>>;
}

/**
 * Backups by a Lambda function, for small clusters: what 15 minutes and one connection per broker can copy between two runs.
 * A function in the VPC, its role, a schedule that calls it with `{"topics": […]}`, a dead-letter queue for calls that failed to
 * the end, and alarms (about 0.10 USD a month each): errors, messages in that queue, no backup that reached its end for three
 * intervals or as many as seven days have, and an archive that is two intervals, an hour at least, behind. Larger clusters take
 * `MskBackup`.
 */
export class LambdaBackup extends pulumi.ComponentResource {
  readonly functionArn: pulumi.Output<string>;
  readonly functionName: pulumi.Output<string>;
  /** ARN of the function's role. */
  readonly roleArn: pulumi.Output<string>;
  readonly logGroupName: pulumi.Output<string>;
  readonly scheduleName: pulumi.Output<string>;
  readonly deadLetterQueueName: pulumi.Output<string>;
  /** Of all its alarms. */
  readonly alarmArns: pulumi.Output<string[]>;
  readonly securityGroupIds: pulumi.Output<string[]>;

  constructor(name: string, args: LambdaBackupArgs, opts?: pulumi.ComponentResourceOptions) {
    super('msk-backup:index:LambdaBackup', name, args, opts);
    const { tags } = args;

    const values = {
      clusterArn: args.clusterArn,
      topics: args.topics,
      excludedTopics: args.excludedTopics,
      consumerGroups: args.consumerGroups,
      sourceClusterId: args.sourceClusterId,
      settingsYaml: args.settingsYaml,
      network: args.network,
      bootstrapServers: args.bootstrapServers,
      archive: args.archive,
      schedule: args.schedule,
      scheduleTimeZone: args.scheduleTimeZone,
      code: args.code,
      timeoutSeconds: args.timeoutSeconds,
      memoryMiB: args.memoryMiB,
      logRetentionDays: args.logRetentionDays,
      alarmTopicArn: args.alarmTopicArn,
    };
    const checks: Checks<typeof values> = {
      clusterArn: required((value: string, path) => clusterArnProblems(path, value)),
      topics: topicsProblems,
      excludedTopics: (topics, path) => topicPatternProblems(path, topics ?? []),
      consumerGroups: groupsProblems,
      settingsYaml: checkSettings('backup'),
      network: functionNetworkProblems,
      bootstrapServers: serversProblems,
      archive: archiveLocationProblems,
      schedule: required(scheduleExpression),
      scheduleTimeZone: timeZoneName,
      code: codeProblems,
      timeoutSeconds: wholeNumber(60, 900, 'seconds'),
      memoryMiB: wholeNumber(256, 10_240, 'MiB'),
      logRetentionDays,
      alarmTopicArn: topicArn,
    };
    const passed = checked('LambdaBackup', name, values, checks, (known) =>
      problemsOf(checks, known as typeof values).length > 0
        ? []
        : [
            ...functionPolicyProblems('topics', name, known.clusterArn, statementsOf(known)),
            ...functionRenderingProblems(known, sectionsOf(known)),
            ...tooRare(known.schedule, known.scheduleTimeZone, 'schedule'),
          ],
    );
    const all = afterCheck(values, passed);
    const safe = { ...all, clusterArn: clusterHere('LambdaBackup', name, this, all.clusterArn) };

    const { clusterArn, topics, excludedTopics, consumerGroups, sourceClusterId, archive, settingsYaml } = safe;
    const configured = pulumi.output({
      clusterArn,
      topics,
      excludedTopics,
      consumerGroups,
      sourceClusterId,
      archive,
      settingsYaml,
    });

    const deadLetters = makeDeadLetterQueue(`${name}-dead-letters`, { parent: this, tags });
    const brokers = functionBrokers(
      this,
      safe.clusterArn,
      args.bootstrapServers === undefined ? undefined : safe.bootstrapServers,
    );
    const yaml = configurationYaml(
      'LambdaBackup',
      name,
      pulumi
        .all([configured, brokers])
        .apply(([values, servers]) => functionRendering(values, servers, sectionsOf(values))),
      {
        bootstrapServers: args.bootstrapServers,
        excludedTopics: args.excludedTopics,
        consumerGroups: args.consumerGroups,
        sourceClusterId: args.sourceClusterId,
        archive: args.archive,
        settingsYaml: args.settingsYaml,
      },
    );
    const { lambda, role, logGroup, securityGroupIds } = makeFunction({
      name,
      parent: this,
      description: `Backs up topics of MSK to S3 (${name})`,
      handler: 'backup',
      code: args.code,
      clusterArn: safe.clusterArn,
      network: args.network,
      statements: configured.apply(statementsOf),
      yaml,
      timeoutSeconds: safe.timeoutSeconds.apply((seconds) => seconds ?? 840),
      memoryMiB: safe.memoryMiB.apply((size) => size ?? 1769),
      logRetentionDays: safe.logRetentionDays.apply((days) => days ?? 90),
      deadLetters,
      tags,
    });

    const group = new aws.scheduler.ScheduleGroup(`${name}-group`, { tags }, { parent: this });
    const schedulerRole = new aws.iam.Role(
      `${name}-scheduler`,
      { assumeRolePolicy: group.arn.apply((arn) => JSON.stringify(schedulerTrustPolicy(arn))), tags },
      { parent: this },
    );
    const schedulerRolePolicy = new aws.iam.RolePolicy(
      `${name}-scheduler`,
      {
        role: schedulerRole.name,
        policy: pulumi
          .all([lambda.arn, deadLetters.arn])
          .apply(([functionArn, queueArn]) => JSON.stringify(invokePolicy(functionArn, queueArn))),
      },
      { parent: this },
    );
    const schedule = new aws.scheduler.Schedule(
      `${name}-schedule`,
      {
        groupName: group.name,
        scheduleExpression: safe.schedule,
        scheduleExpressionTimezone: safe.scheduleTimeZone.apply((zone) => zone ?? 'UTC'),
        flexibleTimeWindow: { mode: 'OFF' },
        target: {
          arn: lambda.arn,
          roleArn: schedulerRole.arn,
          input: safe.topics.apply((topics) => JSON.stringify({ topics })),
          deadLetterConfig: { arn: deadLetters.arn },
          retryPolicy: { maximumRetryAttempts: 3, maximumEventAgeInSeconds: 3600 },
        },
      },
      { parent: this, dependsOn: [schedulerRolePolicy] },
    );
    const alarmSettings = {
      name,
      parent: this,
      functionName: lambda.name,
      deadLetterQueueName: deadLetters.name,
      topicArn: args.alarmTopicArn === undefined ? undefined : safe.alarmTopicArn.apply((arn) => arn!),
      tags,
    };
    const alarms = [
      ...functionAlarms(alarmSettings, 'A backup by the function failed'),
      ...backupAlarms(alarmSettings, {
        metricArchive: safe.archive.apply(({ bucketName, prefix = '' }) => trimmedPrefix(`${bucketName}/${prefix}`)),
        interval: pulumi
          .all([safe.schedule, safe.scheduleTimeZone])
          .apply(([expression, zone]) => intervalSeconds(expression, zone)),
      }),
    ];

    this.functionArn = lambda.arn;
    this.functionName = lambda.name;
    this.roleArn = role.arn;
    this.logGroupName = logGroup.name;
    this.scheduleName = schedule.name;
    this.deadLetterQueueName = deadLetters.name;
    this.alarmArns = pulumi.all(alarms.map((it) => it.arn));
    this.securityGroupIds = securityGroupIds;
    this.registerOutputs({
      functionArn: this.functionArn,
      functionName: this.functionName,
      roleArn: this.roleArn,
      logGroupName: this.logGroupName,
      scheduleName: this.scheduleName,
      deadLetterQueueName: this.deadLetterQueueName,
      alarmArns: this.alarmArns,
      securityGroupIds: this.securityGroupIds,
    });
  }
}

/** What decides of the configuration and of the role's policy. */
interface Configured {
  clusterArn: string;
  topics: string[];
  excludedTopics: string[] | undefined;
  consumerGroups: string[] | undefined;
  sourceClusterId: string | undefined;
  archive: ArchiveLocation;
  settingsYaml: string | undefined;
}

/** Beside brokers, archive, and the topics of each call. */
function sectionsOf({ clusterArn, excludedTopics, consumerGroups, sourceClusterId }: Configured): Section {
  return {
    source: { topics: { exclude: excludedTopics } },
    backup: {
      source_cluster_id: literal(sourceClusterId ?? parseArn(clusterArn).resource.split('/')[1]!),
      consumer_groups: consumerGroups?.map(literal),
    },
    // The alarms read these.
    metrics: { cloudwatch: true },
  };
}

function statementsOf({ clusterArn, topics, excludedTopics, consumerGroups, archive }: Configured): Statement[] {
  const place = placeOf(archive, parseArn(clusterArn).partition);
  const cluster = {
    clusterArn,
    topics,
    ...(excludedTopics !== undefined && { excludedTopics }),
    ...(consumerGroups !== undefined && { groups: consumerGroups }),
  };
  return backupPolicy({ cluster, archive: place }).Statement;
}

function topicsProblems(topics: string[] | undefined, propertyPath: string): ArgumentProblem[] {
  if (topics === undefined || topics.length === 0)
    return [{ propertyPath, reason: 'names no topic: name one at least' }];
  return topicPatternProblems(propertyPath, topics);
}
