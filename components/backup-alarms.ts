import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import { dashboardBody } from './alarms/dashboard.ts';
import { deadLettersAlarm } from './alarms/dead-letters.ts';
import { tellFailedRuns } from './alarms/failed-runs.ts';
import { LONGEST_LOOK_BACK, missedAfter, usualMaxDrillAge, usualMaxLag } from './alarms/look-back.ts';
import { noSuccess } from './alarms/no-success.ts';
import { makeTopic, topicPlaceProblems } from './alarms/topic.ts';
import { afterCheck } from './arguments/after-check.ts';
import { regionProblems } from './arguments/archive-location.ts';
import { ecsClusterArn, required, taskDefinitionArn, topicArn } from './arguments/arn.ts';
import { type Checks, checked, isPlain } from './arguments/checked.ts';
import { wholeNumber } from './arguments/number.ts';
import type { ArgumentProblem } from './arguments/refuse.ts';
import { alarmTopicStatements } from './policies/alarm-topic.ts';
import { parseArn, readArn } from './policies/arn.ts';
import { policyDocument } from './policies/document.ts';
import { alarmKeyStatements } from './policies/keys.ts';
import { scheduleExpression, timeZoneName } from './schedule/checks.ts';
import { expressionProblem, intervalSeconds } from './schedule/expression.ts';

/** Drills whose absence is an alarm. Their metrics are looked for in `replicaRegion`, or in the component's region without one. */
export interface DrillAlarmArgs {
  /** The drill's schedule, as given to `DrDrill`, which tells the age every hour where drills are rare. Example: `"rate(7 days)"`. */
  schedule: pulumi.Input<string>;
  /** Bucket and prefix of the archive that the drill restores from, `BUCKET/PREFIX`: the replica, as a rule. */
  metricArchive: pulumi.Input<string>;
  /**
   * Seconds since the last drill that succeeded, at most; 3600 to 31536000. Above 604800, seven days, the age is read from the
   * archive, which `DrDrill` tells every hour where two intervals of its own schedule and six hours are longer than that, and else a
   * `BackupSchedule` with the command `["age"]`. Default: two intervals of the schedule and six hours.
   */
  maxAgeSeconds?: pulumi.Input<number>;
}

export interface BackupAlarmsArgs {
  /** Bucket and prefix of the archive, `BUCKET/PREFIX` without slashes at its ends: the metrics' dimension `Archive`. */
  metricArchive: pulumi.Input<string>;
  /** ARN of the ECS cluster in which the backup's task runs. */
  ecsClusterArn: pulumi.Input<string>;
  /**
   * ARNs of the task definitions whose runs are watched, 1 to 10: the backup's, and those of tasks beside it in this ECS cluster. All
   * their revisions are.
   */
  taskDefinitionArns: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * The backup's schedule, as given to `BackupSchedule`: the longest time between two runs is taken from it. An alarm looks back
   * seven days at most; where runs are so rare that missed ones take longer to show, it reads the age of the newest snapshot
   * instead, which something has to tell every hour: a `BackupSchedule` with the command `["age"]`. The schedule has to be plain text then, not
   * an Output. Example: `"rate(1 hour)"`.
   */
  schedule: pulumi.Input<string>;
  /** As given to `BackupSchedule`. Default: `UTC`. */
  scheduleTimeZone?: pulumi.Input<string>;
  /**
   * Runs in a row without a success that are an alarm, 1 to 100. Half an interval is added, since runs take longer at one time than
   * at another. Default: 3.
   */
  missedRuns?: pulumi.Input<number>;
  /**
   * Seconds from the cut that is wholly backed up to the end of a run, at most; 60 to 31536000. Default: two intervals of the
   * schedule, an hour at least.
   */
  maxLagSeconds?: pulumi.Input<number>;
  /**
   * ARN of an SNS topic that is there, in the region of the backup. It stays as it is: what its policy and that of its key have to
   * hold are the outputs `topicPolicyJson` and `topicKeyPolicyJson`. Default: one is made, with a KMS key of its own, about 1 USD a
   * month.
   */
  topicArn?: pulumi.Input<string>;
  /** Name of the schedule's dead-letter queue, which other schedules may use too: a message in it is an alarm. Default: none is watched. */
  deadLetterQueueName?: pulumi.Input<string>;
  /** The archive's bucket, where it is replicated. Together with `replicaBucketName`, `replicationRuleId` and `replicaRegion`. */
  sourceBucketName?: pulumi.Input<string>;
  /** The bucket that it is replicated to. */
  replicaBucketName?: pulumi.Input<string>;
  /** Region of the replica, where S3 tells how far it is behind; alarms about that are made there. Example: `"us-east-1"`. */
  replicaRegion?: pulumi.Input<string>;
  /** Id of the rule in the bucket's replication configuration. */
  replicationRuleId?: pulumi.Input<string>;
  /** Seconds that the replica may be behind, 900 to 604800; S3's time control promises 900. Default: 3600. */
  maxReplicationLagSeconds?: pulumi.Input<number>;
  /** ARN of an SNS topic in `replicaRegion`, as `topicArn`. Default: one is made there when there are alarms there. */
  replicaTopicArn?: pulumi.Input<string>;
  /** Watches drills. Default: none are watched. */
  drill?: DrillAlarmArgs;
  /** Addresses that get a mail for each alarm, once they have confirmed the mail that SNS sends first. Only for topics that are made. */
  emailAddresses?: string[];
  /** A CloudWatch dashboard: about 3 USD a month beyond the first three of an account. Default: true. */
  dashboard?: boolean;
  /** Given to everything that takes tags. */
  tags?: pulumi.Input<Record<string, pulumi.Input<string>>>;
}

const YEAR = 31_536_000;

/**
 * Says when backups fail, stop coming, fall behind, or are not replicated: EventBridge for runs that fail or never start,
 * CloudWatch alarms (about 0.10 USD a month each) for the rest, one SNS topic per region, and a dashboard. Every alarm also tells when it is over.
 */
export class BackupAlarms extends pulumi.ComponentResource {
  /** Of the topic in the backup's region, made or given. */
  readonly alarmTopicArn: pulumi.Output<string>;
  /** Of the topic in the replica's region; absent when nothing is watched there. */
  readonly replicaAlarmTopicArn?: pulumi.Output<string>;
  readonly alarmArns: pulumi.Output<string[]>;
  /** Absent without a dashboard. */
  readonly dashboardName?: pulumi.Output<string>;
  /** What the policy of a topic that is given has to hold, as a document. */
  readonly topicPolicyJson: pulumi.Output<string>;
  /** What the policy of such a topic's KMS key has to hold, as a document. */
  readonly topicKeyPolicyJson: pulumi.Output<string>;
  /** The same for the topic in the replica's region. */
  readonly replicaTopicPolicyJson?: pulumi.Output<string>;
  /** The same for its key. */
  readonly replicaTopicKeyPolicyJson?: pulumi.Output<string>;

  constructor(name: string, args: BackupAlarmsArgs, opts?: pulumi.ComponentResourceOptions) {
    super('msk-backup:index:BackupAlarms', name, args, opts);
    const { tags, drill } = args;
    const replicated = [args.sourceBucketName, args.replicaBucketName, args.replicationRuleId].some(Boolean);
    const values = {
      metricArchive: args.metricArchive,
      ecsClusterArn: args.ecsClusterArn,
      taskDefinitionArns: args.taskDefinitionArns,
      schedule: args.schedule,
      scheduleTimeZone: args.scheduleTimeZone,
      missedRuns: args.missedRuns,
      maxLagSeconds: args.maxLagSeconds,
      topicArn: args.topicArn,
      deadLetterQueueName: args.deadLetterQueueName,
      sourceBucketName: args.sourceBucketName,
      replicaBucketName: args.replicaBucketName,
      replicaRegion: args.replicaRegion,
      replicationRuleId: args.replicationRuleId,
      maxReplicationLagSeconds: args.maxReplicationLagSeconds,
      replicaTopicArn: args.replicaTopicArn,
      drill: args.drill,
      emailAddresses: args.emailAddresses,
    };
    const plainRuns = isPlain([args.schedule, args.scheduleTimeZone, args.missedRuns]);
    const plainDrill = isPlain([drill?.schedule, drill?.maxAgeSeconds]);
    const withReplication = (value: string | undefined, propertyPath: string) =>
      replicated && !value ? [{ propertyPath, reason: 'is missing: the alarms of replication need all four' }] : [];
    const checks: Checks<typeof values> = {
      metricArchive: required(archiveName),
      ecsClusterArn: required(ecsClusterArn),
      taskDefinitionArns: taskDefinitions,
      schedule: required(scheduleExpression),
      scheduleTimeZone: timeZoneName,
      missedRuns: wholeNumber(1, 100, 'runs'),
      maxLagSeconds: wholeNumber(60, YEAR, 'seconds'),
      topicArn,
      sourceBucketName: withReplication,
      replicaBucketName: withReplication,
      replicaRegion: (value, path) => [...withReplication(value, path), ...regionProblems(value, path)],
      replicationRuleId: withReplication,
      maxReplicationLagSeconds: wholeNumber(900, LONGEST_LOOK_BACK, 'seconds'),
      replicaTopicArn: (value, path) => [
        ...topicArn(value, path),
        ...(value !== undefined && args.replicaRegion === undefined
          ? [{ propertyPath: path, reason: 'needs replicaRegion: nothing is watched elsewhere without it' }]
          : []),
      ],
      drill: drillProblems,
      emailAddresses: (value, path) =>
        (value ?? []).flatMap((address, i) =>
          /^[^\s@]+@[^\s@]+$/.test(address)
            ? []
            : [{ propertyPath: `${path}[${i}]`, reason: `is no mail address: ${address}` }],
        ),
    };
    const passed = checked('BackupAlarms', name, values, checks, (known) => [
      ...topicPlaceProblems('topicArn', known.topicArn, readArn(known.ecsClusterArn)?.region),
      ...topicPlaceProblems('replicaTopicArn', known.replicaTopicArn, known.replicaRegion),
      ...(plainRuns || expressionProblem(known.schedule) !== undefined
        ? []
        : tooRare(
            'schedule',
            missedAfter(known.missedRuns ?? 3, intervalSeconds(known.schedule, known.scheduleTimeZone)),
          )),
      ...(plainDrill || known.drill === undefined || expressionProblem(known.drill.schedule) !== undefined
        ? []
        : tooRare('drill.schedule', drillAge(known.drill))),
    ]);
    const safe = afterCheck(values, passed);

    const place = safe.ecsClusterArn.apply((arn) => parseArn(arn));
    const emailAddresses = args.emailAddresses ?? [];
    const topic =
      args.topicArn === undefined
        ? makeTopic(`${name}-topic`, { parent: this, place, emailAddresses, tags }).arn
        : safe.topicArn.apply((arn) => arn!);
    // As given: after the check it would be unknown whenever another argument is, as the task definition's ARN in the preview of
    // each change, and a resource whose region is unknown is shown as replaced.
    const there = args.replicaRegion === undefined ? undefined : pulumi.output(args.replicaRegion);
    const thereWatched = there !== undefined && (replicated || drill !== undefined);
    const placeThere = pulumi
      .all([place, there])
      .apply(([here, region]) => ({ ...here, region: region ?? here.region }));
    let topicThere: pulumi.Output<string> | undefined;
    if (thereWatched) {
      topicThere =
        args.replicaTopicArn === undefined
          ? makeTopic(`${name}-replica-topic`, {
              parent: this,
              place: placeThere,
              region: there,
              emailAddresses,
              tags,
            }).arn
          : safe.replicaTopicArn.apply((arn) => arn!);
    }

    const alarms: aws.cloudwatch.MetricAlarm[] = [];
    const alarm = (suffix: string, where: Place, what: aws.cloudwatch.MetricAlarmArgs) => {
      const actions = [where.topic];
      const all = { ...what, alarmActions: actions, okActions: actions, region: where.region, tags };
      alarms.push(new aws.cloudwatch.MetricAlarm(`${name}-${suffix}`, all, { parent: this }));
    };
    const here: Place = { topic };
    const elsewhere: Place = topicThere === undefined ? here : { topic: topicThere, region: there };

    tellFailedRuns(name, {
      parent: this,
      ecsClusterArn: safe.ecsClusterArn,
      taskDefinitionArns: safe.taskDefinitionArns,
      topicArn: topic,
      tags,
    });

    const runs = pulumi
      .all([safe.schedule, safe.scheduleTimeZone, safe.missedRuns])
      .apply(([schedule, timeZone, missedRuns]) => {
        const interval = intervalSeconds(schedule, timeZone ?? 'UTC');
        return { interval, missed: missedAfter(missedRuns ?? 3, interval) };
      });
    const ofBackup = { namespace: 'KafkaBackup', dimensions: { Archive: safe.metricArchive } };
    const missed = runs.apply((it) => it.missed);
    absence(alarm, here, {
      suffix: 'missed-run',
      description:
        'No backup has succeeded for too long. See the log of the last runs, and whether the schedule is on.',
      succeeded: { ...ofBackup, metricName: 'BackupSucceeded' },
      age: { ...ofBackup, metricName: 'BackupAgeSeconds' },
      seconds: missed,
      byAge:
        plainRuns &&
        needsAgeGauge(
          args.schedule as string,
          args.scheduleTimeZone as string | undefined,
          args.missedRuns as number | undefined,
        ),
    });
    alarm('lag', here, {
      ...ofBackup,
      metricName: 'BackupLagSeconds',
      alarmDescription:
        'The archive is too far behind the cluster: runs take longer than they come, or stop before their end.',
      statistic: 'Maximum',
      comparisonOperator: 'GreaterThanThreshold',
      threshold: pulumi.all([safe.maxLagSeconds, runs]).apply(([most, { interval }]) => most ?? usualMaxLag(interval)),
      // Told once a run; in between it is as it was.
      period: 300,
      evaluationPeriods: 1,
      treatMissingData: 'ignore',
    });
    if (args.deadLetterQueueName !== undefined) {
      const queueName = safe.deadLetterQueueName.apply((queue) => queue!);
      alarm('dead-letters', here, deadLettersAlarm(queueName));
    }
    if (replicated) {
      const ofRule = {
        namespace: 'AWS/S3',
        dimensions: {
          SourceBucket: safe.sourceBucketName.apply((bucket) => bucket!),
          DestinationBucket: safe.replicaBucketName.apply((bucket) => bucket!),
          RuleId: safe.replicationRuleId.apply((id) => id!),
        },
        treatMissingData: 'notBreaching',
        comparisonOperator: 'GreaterThanThreshold',
      };
      alarm('replication-failed', here, {
        ...ofRule,
        metricName: 'OperationsFailedReplication',
        alarmDescription:
          'S3 could not replicate objects of the archive: see the replication role and the keys of both buckets.',
        statistic: 'Sum',
        threshold: 0,
        period: 300,
        evaluationPeriods: 1,
      });
      alarm('replication-behind', elsewhere, {
        ...ofRule,
        metricName: 'ReplicationLatency',
        alarmDescription: 'The replica is too far behind the archive: a disaster now would lose that much more.',
        statistic: 'Maximum',
        threshold: safe.maxReplicationLagSeconds.apply((most) => most ?? 3600),
        period: 300,
        evaluationPeriods: 3,
      });
      alarm('replication-backlog', elsewhere, {
        ...ofRule,
        metricName: 'OperationsPendingReplication',
        alarmDescription: 'Objects of the archive have waited for replication for a whole day without a break.',
        statistic: 'Minimum',
        threshold: 0,
        period: 3600,
        evaluationPeriods: 24,
      });
    }
    if (drill !== undefined) {
      const known = safe.drill.apply((it) => it!);
      const ofDrill = { namespace: 'KafkaBackup', dimensions: { Archive: known.apply((it) => it.metricArchive) } };
      absence(alarm, elsewhere, {
        suffix: 'drill-overdue',
        description: 'No drill has succeeded for too long: nobody knows whether this archive can be restored.',
        succeeded: { ...ofDrill, metricName: 'DrillSucceeded' },
        age: { ...ofDrill, metricName: 'DrillAgeSeconds' },
        seconds: known.apply(drillAge),
        byAge: plainDrill && drillAge(drill as pulumi.Unwrap<DrillAlarmArgs>) > LONGEST_LOOK_BACK,
      });
    }

    this.alarmTopicArn = topic;
    if (topicThere !== undefined) this.replicaAlarmTopicArn = topicThere;
    this.alarmArns = pulumi.all(alarms.map((it) => it.arn));
    this.topicPolicyJson = topic.apply(topicPolicyOf);
    this.topicKeyPolicyJson = place.apply((owner) => JSON.stringify(policyDocument(alarmKeyStatements(owner))));
    if (topicThere !== undefined) {
      this.replicaTopicPolicyJson = topicThere.apply(topicPolicyOf);
      this.replicaTopicKeyPolicyJson = placeThere.apply((it) => JSON.stringify(policyDocument(alarmKeyStatements(it))));
    }
    if (args.dashboard !== false) {
      const facts = pulumi.all([place, placeThere, this.alarmArns, safe.metricArchive, passed]);
      const dashboard = new aws.cloudwatch.Dashboard(
        `${name}-dashboard`,
        {
          // As given, like the region above: a dashboard whose name is unknown is shown as replaced.
          dashboardName: pulumi
            .output(args.ecsClusterArn)
            .apply((arn) => dashboardName(name, readArn(arn)?.region ?? '')),
          dashboardBody: facts.apply(([home, away, alarmArns, metricArchive, it]) =>
            JSON.stringify(
              dashboardBody({
                region: home.region,
                metricArchive,
                alarmArns,
                ...(replicated && {
                  replication: {
                    region: away.region,
                    sourceBucketName: it.sourceBucketName!,
                    replicaBucketName: it.replicaBucketName!,
                    ruleId: it.replicationRuleId!,
                  },
                }),
                ...(it.drill && { drill: { region: away.region, metricArchive: it.drill.metricArchive } }),
              }),
            ),
          ),
        },
        { parent: this },
      );
      this.dashboardName = dashboard.dashboardName;
    }
    this.registerOutputs({
      alarmTopicArn: this.alarmTopicArn,
      replicaAlarmTopicArn: this.replicaAlarmTopicArn,
      alarmArns: this.alarmArns,
      dashboardName: this.dashboardName,
      topicPolicyJson: this.topicPolicyJson,
      topicKeyPolicyJson: this.topicKeyPolicyJson,
      replicaTopicPolicyJson: this.replicaTopicPolicyJson,
      replicaTopicKeyPolicyJson: this.replicaTopicKeyPolicyJson,
    });
  }
}

/**
 * Whether runs are so rare that missed ones show later than an alarm looks back, so that the age of the newest snapshot has to be
 * told every hour (`msk-backup age`).
 */
export function needsAgeGauge(schedule: string, timeZone = 'UTC', missedRuns = 3): boolean {
  return missedAfter(missedRuns, intervalSeconds(schedule, timeZone)) > LONGEST_LOOK_BACK;
}

/** The same of drills, for the time after which one is overdue when nothing is said. */
export function needsDrillAgeGauge(schedule: string, timeZone = 'UTC'): boolean {
  return usualMaxDrillAge(intervalSeconds(schedule, timeZone)) > LONGEST_LOOK_BACK;
}

interface Place {
  topic: pulumi.Output<string>;
  region?: pulumi.Output<string> | undefined;
}

interface Absence {
  suffix: string;
  description: string;
  /** 1 when something succeeded. */
  succeeded: aws.cloudwatch.MetricAlarmArgs;
  /** Seconds since it did, told every hour. Nothing is told before the first success. */
  age: aws.cloudwatch.MetricAlarmArgs;
  seconds: pulumi.Output<number>;
  /** By the age, not by looking back. */
  byAge: boolean;
}

function absence(
  alarm: (suffix: string, where: Place, what: aws.cloudwatch.MetricAlarmArgs) => void,
  where: Place,
  { suffix, description, succeeded, age, seconds, byAge }: Absence,
): void {
  if (byAge) {
    alarm(suffix, where, {
      ...age,
      alarmDescription: description,
      statistic: 'Maximum',
      comparisonOperator: 'GreaterThanThreshold',
      threshold: seconds,
      period: 3600,
      evaluationPeriods: 1,
      treatMissingData: 'ignore',
    });
    alarm(`${suffix}-gauge`, where, {
      ...age,
      // Which that run always tells: before the first success there is no age.
      metricName: 'StoredBytes',
      alarmDescription: `The hourly run of msk-backup age has told nothing for three hours, so that the alarm ${suffix} sees nothing.`,
      statistic: 'SampleCount',
      comparisonOperator: 'LessThanThreshold',
      threshold: 1,
      period: 3600,
      evaluationPeriods: 3,
      treatMissingData: 'breaching',
      warmUpConfiguration: { warmUpPeriodDurationInMinutes: 240 },
    });
    return;
  }
  alarm(suffix, where, { ...succeeded, alarmDescription: description, ...noSuccess(seconds) });
}

/** Dashboards are found by their names alone, in all regions of the account: that of another project's component must not be this one. */
function dashboardName(name: string, region: string): string {
  const whole = [pulumi.getProject(), pulumi.getStack(), name, region].join('-');
  return whole.replace(/[^A-Za-z0-9_-]/g, '-').slice(0, 255);
}

function topicPolicyOf(arn: string): string {
  return JSON.stringify(policyDocument(alarmTopicStatements(arn)));
}

function archiveName(value: string, propertyPath: string): ArgumentProblem[] {
  if (/^[^/]+(\/[^/]+)*$/.test(value)) return [];
  return [{ propertyPath, reason: `is not BUCKET/PREFIX without slashes at its ends: ${value}` }];
}

/** Ten, since a pattern of EventBridge has 2048 characters. */
const MOST_DEFINITIONS = 10;

function taskDefinitions(arns: string[] | undefined, propertyPath: string): ArgumentProblem[] {
  if (arns === undefined || arns.length < 1 || arns.length > MOST_DEFINITIONS) {
    const reason = `has ${arns?.length ?? 0} task definitions: give 1 to ${MOST_DEFINITIONS}`;
    return [{ propertyPath, reason }];
  }
  return arns.flatMap((arn, i) => required(taskDefinitionArn)(arn, `${propertyPath}[${i}]`));
}

function tooRare(propertyPath: string, seconds: number): ArgumentProblem[] {
  if (seconds <= LONGEST_LOOK_BACK) return [];
  const reason = 'comes so rarely that an alarm cannot look back far enough: give it as plain text, not as an Output';
  return [{ propertyPath, reason }];
}

function drillAge({ schedule, maxAgeSeconds }: pulumi.Unwrap<DrillAlarmArgs>): number {
  return maxAgeSeconds ?? usualMaxDrillAge(intervalSeconds(schedule));
}

function drillProblems(drill: pulumi.Unwrap<DrillAlarmArgs> | undefined, propertyPath: string): ArgumentProblem[] {
  if (drill === undefined) return [];
  return [
    ...required(scheduleExpression)(drill.schedule, `${propertyPath}.schedule`),
    ...required(archiveName)(drill.metricArchive, `${propertyPath}.metricArchive`),
    ...wholeNumber(3600, YEAR, 'seconds')(drill.maxAgeSeconds, `${propertyPath}.maxAgeSeconds`),
  ];
}
