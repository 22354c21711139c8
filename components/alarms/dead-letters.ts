import type * as aws from '@pulumi/aws';
import type * as pulumi from '@pulumi/pulumi';

/** Of a schedule's dead-letter queue: any message in it. */
export function deadLettersAlarm(queueName: pulumi.Output<string>): aws.cloudwatch.MetricAlarmArgs {
  return {
    namespace: 'AWS/SQS',
    metricName: 'ApproximateNumberOfMessagesVisible',
    dimensions: { QueueName: queueName },
    alarmDescription: 'Runs could not be started: the messages in this queue say why. Delete them when that is mended.',
    statistic: 'Maximum',
    comparisonOperator: 'GreaterThanThreshold',
    threshold: 0,
    period: 300,
    evaluationPeriods: 1,
    treatMissingData: 'notBreaching',
  };
}
