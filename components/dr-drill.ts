import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import { deadLettersAlarm } from './alarms/dead-letters.ts';
import { tellFailedRuns } from './alarms/failed-runs.ts';
import { topicPlaceProblems } from './alarms/topic.ts';
import { afterCheck } from './arguments/after-check.ts';
import { type ArchiveLocationArgs, placeOf } from './arguments/archive-location.ts';
import { topicArn } from './arguments/arn.ts';
import type { AuthenticationArgs } from './arguments/authentication.ts';
import { type Checks, checked, isPlain, problemsOf } from './arguments/checked.ts';
import type { ComputeArgs } from './arguments/compute.ts';
import { homeOf } from './arguments/home.ts';
import type { ImageArgs } from './arguments/image.ts';
import type { NetworkArgs } from './arguments/network.ts';
import { wholeNumber } from './arguments/number.ts';
import type { ArgumentProblem } from './arguments/refuse.ts';
import { needsDrillAgeGauge } from './backup-alarms.ts';
import { BackupSchedule, type BackupScheduleArgs } from './backup-schedule.ts';
import { readArn } from './policies/arn.ts';
import type { PolicyDocument } from './policies/document.ts';
import { drillPolicy } from './policies/drill.ts';
import { drillPrefixProblems, sizeProblems } from './policies/problems.ts';
import { scheduleExpression } from './schedule/checks.ts';
import { brokersOf } from './task/brokers.ts';
import { configurationYaml, renderingProblems } from './task/configuration.ts';
import { dependsOnOther, inRegion } from './task/one-region.ts';
import {
  NOTHING,
  renderedArguments,
  restoreChecks,
  restoreRendering,
  SOME_BROKER,
  SOME_REGION,
  targetProblems,
  usesIam,
} from './task/restore-settings.ts';
import { withCertificates } from './task/roles.ts';
import { makeTask } from './task/run-task.ts';

export interface DrDrillArgs {
  /** ARN of the MSK cluster that drills restore to: one of the DR region. Needed with IAM, and where `bootstrapServers` is not given. */
  clusterArn?: pulumi.Input<string>;
  /** Brokers, `host:port` with commas between them. Default: asked of MSK for the cluster and the mechanism. */
  bootstrapServers?: pulumi.Input<string>;
  /** Topics of the snapshot that are tried: names, patterns, regular expressions behind `~`. Default: all. */
  topics?: pulumi.Input<pulumi.Input<string>[]>;
  /** Topics that are left out although a pattern matches. Default: none. */
  excludedTopics?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * What the names of all topics and groups of drills begin with: 1 to 100 letters, digits, dots, underscores, hyphens. Everything in
   * the cluster that begins so is the drill's to delete, and it may touch nothing else. Default: `drill-`.
   */
  topicPrefix?: pulumi.Input<string>;
  /** Partitions to compare record by record, chosen at random, 1 to 10000000. Default: all. */
  verifyPartitions?: pulumi.Input<number>;
  /** The archive that is tried, in the target's region: the replica, as a rule. Journals and reports lie beside it, in the same bucket. */
  archive: ArchiveLocationArgs;
  /**
   * When drills run: `rate(7 days)`, or AWS's cron of six fields. Each costs what its task and the cluster's disk cost while it lasts.
   * Where two intervals and six hours are more than the seven days that an alarm looks back, a second schedule runs `msk-backup age`
   * every hour, which tells the alarm how long ago a drill succeeded; the schedule has to be plain text for that, not an Output. Default: `rate(7 days)`.
   */
  schedule?: pulumi.Input<string>;
  /** In which a cron is read, by its IANA name. Default: UTC. */
  scheduleTimeZone?: pulumi.Input<string>;
  /**
   * ARN of an SNS topic in this region that is told of drills that fail or cannot be started: `replicaAlarmTopicArn` of `MskBackup`,
   * as a rule. Another one's policy has to admit CloudWatch and EventBridge, as `topicPolicyJson` of `BackupAlarms` shows. That drills stay
   * away is an alarm of `MskBackup` (`alarms.drillSchedule`). Default: none, and nobody is told.
   */
  alarmTopicArn?: pulumi.Input<string>;
  /** Subnets and security groups of the task, in the target's VPC. */
  network: NetworkArgs;
  /** How the task authenticates to the brokers. Default: IAM, by the task's role. */
  authentication?: AuthenticationArgs;
  /** CPU, memory, ECS cluster and log. Default: as for `BackupTask`. */
  compute?: ComputeArgs;
  /** The image of the runtime, in this region. */
  image: ImageArgs;
  /** `exact` or `translate`, as the restore that is tried. Default: `exact`. */
  offsets?: pulumi.Input<string>;
  /** More of the runtime's configuration, as YAML (docs/configuration.md); what arguments set cannot be set here. Default: none. */
  settingsYaml?: pulumi.Input<string>;
  /** Role for the task, which stays as it is: give it the policy `taskPolicyJson`. Default: one is made. */
  taskRoleArn?: pulumi.Input<string>;
  /**
   * Region of everything that is made, and of the target. A stack that has to be deployed without the primary region needs a provider of
   * this one: a provider's own region is asked, too, whatever is given here. Default: the provider's. Example: `us-east-1`.
   */
  region?: pulumi.Input<string>;
  /** Tags of everything that is made. */
  tags?: pulumi.Input<Record<string, pulumi.Input<string>>>;
}

const PREFIX = 'drill-';
const WEEKLY = 'rate(7 days)';

/**
 * Tries the restore, on a schedule: restores the newest snapshot into topics of its own, compares it record by record, reports, and
 * deletes the topics. Everything is in the DR region and depends on no other.
 */
export class DrDrill extends pulumi.ComponentResource {
  /** With its revision. */
  readonly taskDefinitionArn: pulumi.Output<string>;
  /** Role of the program: reads the archive; makes, writes and deletes topics with the prefix. */
  readonly taskRoleArn: pulumi.Output<string>;
  /** Role with which ECS starts the container. */
  readonly executionRoleArn: pulumi.Output<string>;
  /** ECS cluster, made or given. */
  readonly ecsClusterArn: pulumi.Output<string>;
  /** Security groups, made or given. */
  readonly securityGroupIds: pulumi.Output<string[]>;
  readonly subnetIds: pulumi.Output<string[]>;
  readonly logGroupName: pulumi.Output<string>;
  /** The runtime's configuration, as the container gets it. */
  readonly configurationYaml: pulumi.Output<string>;
  /** What the task's role has to allow. */
  readonly taskPolicyJson: pulumi.Output<string>;
  /** Name of the container in the task definition, for overrides. */
  readonly containerName: pulumi.Output<string>;
  readonly scheduleName: pulumi.Output<string>;
  readonly scheduleArn: pulumi.Output<string>;
  /** Where starts go that ECS refused to the end. */
  readonly deadLetterQueueArn: pulumi.Output<string>;
  readonly deadLetterQueueName: pulumi.Output<string>;

  constructor(name: string, args: DrDrillArgs, opts?: pulumi.ComponentResourceOptions) {
    super('msk-backup:index:DrDrill', name, args, opts);
    const { tags: _, scheduleTimeZone: __, ...given } = args;
    const values: Given = { ...NOTHING, schedule: WEEKLY, ...given };
    const checks = checksOf();
    const fitting = checked('DrDrill', name, values, checks, (known) =>
      problemsOf(checks, known as Given).length > 0 ? [] : togetherProblems(known),
    );
    const home = homeOf(this, args.region);
    const passed = inRegion('DrDrill', name, fitting, home, dependsOnOther);
    const it = afterCheck(values, passed);
    const brokers =
      args.bootstrapServers === undefined
        ? brokersOf(this, it.clusterArn as pulumi.Output<string>, it.authentication)
        : (it.bootstrapServers as pulumi.Output<string>);
    const yaml = configurationYaml(
      'DrDrill',
      name,
      pulumi.all([passed, home, brokers]).apply(([known, { region }, servers]) => rendering(known, servers, region)),
      { ...renderedArguments(args), topicPrefix: args.topicPrefix, verifyPartitions: args.verifyPartitions },
    );
    const policy = pulumi.all([passed, home]).apply(([known, { partition }]) => taskPolicy(known, partition));
    const task = makeTask({
      name,
      parent: this,
      home,
      command: ['drill'],
      yaml,
      policy,
      taskRoleArn: args.taskRoleArn,
      network: args.network,
      compute: args.compute,
      checkedCompute: it.compute,
      subnetIds: it.network.apply(({ subnetIds }) => subnetIds),
      image: it.image,
      authentication: it.authentication,
      tags: args.tags,
    });
    const schedule = createSchedule(this, name, { expression: it.schedule as pulumi.Output<string> });
    if (toldByAge(args.schedule, args.scheduleTimeZone)) {
      const hourly = { expression: 'rate(1 hour)', command: ['age'], deadLetterQueueArn: schedule.deadLetterQueueArn };
      createSchedule(this, `${name}-age`, hourly);
    }
    if (args.alarmTopicArn !== undefined) tellFailures(this);
    this.taskDefinitionArn = task.taskDefinitionArn;
    this.taskRoleArn = task.taskRoleArn;
    this.executionRoleArn = task.executionRoleArn;
    this.ecsClusterArn = task.ecsClusterArn;
    this.securityGroupIds = task.securityGroupIds;
    this.subnetIds = task.subnetIds;
    this.logGroupName = task.logGroupName;
    this.configurationYaml = task.configurationYaml;
    this.taskPolicyJson = task.taskPolicyJson;
    this.containerName = task.containerName;
    this.scheduleName = schedule.scheduleName;
    this.scheduleArn = schedule.scheduleArn;
    this.deadLetterQueueArn = schedule.deadLetterQueueArn;
    this.deadLetterQueueName = schedule.deadLetterQueueName;
    this.registerOutputs({
      ...task,
      scheduleName: schedule.scheduleName,
      scheduleArn: schedule.scheduleArn,
      deadLetterQueueArn: schedule.deadLetterQueueArn,
      deadLetterQueueName: schedule.deadLetterQueueName,
    });

    function createSchedule(
      parent: pulumi.Resource,
      scheduleName: string,
      what: Pick<BackupScheduleArgs, 'expression' | 'command' | 'deadLetterQueueArn'>,
    ): BackupSchedule {
      return new BackupSchedule(
        scheduleName,
        {
          ...what,
          timeZone: args.scheduleTimeZone,
          ecsClusterArn: task.ecsClusterArn,
          taskDefinitionArn: task.taskDefinitionArn,
          taskRoleArn: task.taskRoleArn,
          executionRoleArn: task.executionRoleArn,
          subnetIds: task.subnetIds,
          securityGroupIds: task.securityGroupIds,
          assignPublicIp: args.network.assignPublicIp,
          region: args.region,
          tags: args.tags,
        },
        { parent },
      );
    }

    function tellFailures(parent: pulumi.Resource): void {
      const { region } = home;
      const topic = it.alarmTopicArn as pulumi.Output<string>;
      tellFailedRuns(name, {
        parent,
        ecsClusterArn: task.ecsClusterArn,
        taskDefinitionArns: pulumi.all([task.taskDefinitionArn]),
        topicArn: topic,
        region,
        tags: args.tags,
      });
      new aws.cloudwatch.MetricAlarm(
        `${name}-dead-letters`,
        {
          ...deadLettersAlarm(schedule.deadLetterQueueName),
          alarmActions: [topic],
          okActions: [topic],
          region,
          tags: args.tags,
        },
        { parent },
      );
    }
  }
}

/** Only what is known can be made for: the alarms ask for a plain schedule where drills are that rare. */
function toldByAge(schedule: pulumi.Input<string> = WEEKLY, timeZone: pulumi.Input<string> | undefined): boolean {
  if (!isPlain([schedule, timeZone])) return false;
  return needsDrillAgeGauge(schedule as string, timeZone as string | undefined);
}

type Given = Omit<DrDrillArgs, 'tags' | 'scheduleTimeZone'>;
type Values = pulumi.Unwrap<Given>;

function checksOf(): Checks<Given> {
  return {
    ...restoreChecks(),
    topicPrefix: (prefix, path) => (prefix === undefined ? [] : drillPrefixProblems(path, prefix)),
    verifyPartitions: wholeNumber(1, 10_000_000, 'partitions'),
    schedule: (expression, path) => scheduleExpression(expression ?? WEEKLY, path),
    alarmTopicArn: topicArn,
  };
}

function togetherProblems(values: Values): ArgumentProblem[] {
  const { clusterArn, bootstrapServers, taskRoleArn, alarmTopicArn } = values;
  const region = values.region ?? (clusterArn === undefined ? undefined : readArn(clusterArn)?.region);
  const problems = [...targetProblems(values), ...topicPlaceProblems('alarmTopicArn', alarmTopicArn, region)];
  const allowed = taskRoleArn !== undefined || !usesIam(values);
  if (clusterArn === undefined && !(allowed && bootstrapServers !== undefined)) {
    problems.push({ propertyPath: 'clusterArn', reason: 'is missing: name the cluster that drills restore to' });
  }
  if (problems.length > 0) return problems;
  return [
    ...renderingProblems(rendering(values, bootstrapServers ?? SOME_BROKER, SOME_REGION)),
    ...sizeProblems('topicPrefix', taskPolicy(values, 'aws'), 'inline role policy'),
  ];
}

function rendering(values: Values, bootstrapServers: string, region: string) {
  const { topicPrefix = PREFIX, verifyPartitions } = values;
  return restoreRendering(values, bootstrapServers, region, {
    drill: { topic_prefix: topicPrefix, verify_partitions: verifyPartitions },
  });
}

function taskPolicy(values: Values, partition: string): PolicyDocument {
  const { clusterArn, topicPrefix = PREFIX, offsets } = values;
  const document = drillPolicy({
    ...(usesIam(values) &&
      clusterArn !== undefined && { cluster: { clusterArn, topicPrefix, exact: offsets !== 'translate' } }),
    archive: placeOf(values.archive, partition),
  });
  return withCertificates(document, values.authentication);
}
