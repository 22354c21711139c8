import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import { LONGEST_LOOK_BACK, missedAfter, usualMaxLag } from '../alarms/look-back.ts';
import { noSuccess } from '../alarms/no-success.ts';
import type { ArgumentProblem } from '../arguments/refuse.ts';
import { expressionProblem, intervalSeconds } from '../schedule/expression.ts';

export interface AlarmSettings {
  /** Of the component. */
  name: string;
  parent: pulumi.Resource;
  functionName: pulumi.Output<string>;
  deadLetterQueueName: pulumi.Output<string>;
  /** Undefined: nobody is told, which is said when this is deployed. */
  topicArn: pulumi.Output<string> | undefined;
  tags?: pulumi.Input<Record<string, pulumi.Input<string>>> | undefined;
}

/** Runs in a row without a success that are an alarm, as many of them as seven days have room for. */
const MISSED_RUNS = [3, 2, 1];

/** Calls that fail, and those that never came or failed to the end. */
export function functionAlarms(settings: AlarmSettings, failed: string): aws.cloudwatch.MetricAlarm[] {
  const { name, parent, topicArn, functionName, deadLetterQueueName } = settings;
  if (topicArn === undefined)
    pulumi.log.warn(`${name}: its alarms tell nobody: give alarmTopicArn, a topic with a subscriber`, parent);
  const anything = {
    comparisonOperator: 'GreaterThanThreshold',
    threshold: 0,
    period: 300,
    evaluationPeriods: 1,
    treatMissingData: 'notBreaching',
  };
  return [
    alarm(settings, 'errors', {
      ...anything,
      alarmDescription: `${failed}: the log of the function says why.`,
      namespace: 'AWS/Lambda',
      metricName: 'Errors',
      dimensions: { FunctionName: functionName },
      statistic: 'Sum',
    }),
    alarm(settings, 'dead-letters', {
      ...anything,
      alarmDescription:
        'Calls could not be delivered, or failed to the end: the messages in this queue say which. Delete them when that is mended.',
      namespace: 'AWS/SQS',
      metricName: 'ApproximateNumberOfMessagesVisible',
      dimensions: { QueueName: deadLetterQueueName },
      statistic: 'Maximum',
    }),
  ];
}

export interface BackupRuns {
  /** The metrics' dimension `Archive`. */
  metricArchive: pulumi.Output<string>;
  /** Seconds, at most, between two calls. */
  interval: pulumi.Output<number>;
}

/** Backups that stay away or do not get done: a call that runs out of time is no error, since the next one goes on. */
export function backupAlarms(settings: AlarmSettings, { metricArchive, interval }: BackupRuns) {
  const metric = { namespace: 'KafkaBackup', dimensions: { Archive: metricArchive } };
  const missed = interval.apply((seconds) => missedWithin(seconds)!);
  return [
    alarm(settings, 'missed-run', {
      ...metric,
      alarmDescription:
        'No backup has reached its end for too long. See the log of the last calls, and whether the schedule is on.',
      metricName: 'BackupSucceeded',
      ...noSuccess(missed),
    }),
    alarm(settings, 'lag', {
      ...metric,
      alarmDescription:
        'The archive is too far behind the cluster: a call has not the time for what comes in between two of them.',
      metricName: 'BackupLagSeconds',
      statistic: 'Maximum',
      comparisonOperator: 'GreaterThanThreshold',
      threshold: interval.apply(usualMaxLag),
      // Told once a call; in between it is as it was.
      period: 300,
      evaluationPeriods: 1,
      treatMissingData: 'ignore',
    }),
  ];
}

/** A schedule so rare that one missed run would not show as far as an alarm looks back. */
export function tooRare(schedule: string, timeZone: string | undefined, propertyPath: string): ArgumentProblem[] {
  if (expressionProblem(schedule) !== undefined || missedWithin(intervalSeconds(schedule, timeZone)) !== undefined)
    return [];
  const reason =
    'comes so rarely that an alarm, which looks back seven days, cannot tell a missed run: call every six days at least, or take MskBackup';
  return [{ propertyPath, reason }];
}

function missedWithin(interval: number): number | undefined {
  return MISSED_RUNS.map((runs) => missedAfter(runs, interval)).find((seconds) => seconds <= LONGEST_LOOK_BACK);
}

function alarm({ name, parent, topicArn, tags }: AlarmSettings, suffix: string, what: aws.cloudwatch.MetricAlarmArgs) {
  const actions = topicArn === undefined ? [] : [topicArn];
  return new aws.cloudwatch.MetricAlarm(
    `${name}-${suffix}`,
    { ...what, alarmActions: actions, okActions: actions, tags },
    { parent },
  );
}
