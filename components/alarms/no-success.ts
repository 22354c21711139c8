import type * as pulumi from '@pulumi/pulumi';
import { lookBack } from './look-back.ts';

/** Of PutMetricAlarm. */
const MOST_WARM_UP_MINUTES = 2880;

/**
 * What an alarm looks for when a metric that is 1 for a success has had none for too long.
 * @param seconds up to seven days
 */
export function noSuccess(seconds: pulumi.Output<number>) {
  const looks = seconds.apply(lookBack);
  return {
    // A line of the log may be counted twice: the most of the ones, not their sum.
    statistic: 'Maximum',
    comparisonOperator: 'LessThanThreshold',
    threshold: 1,
    period: looks.period,
    evaluationPeriods: looks.evaluationPeriods,
    treatMissingData: 'breaching',
    // Nothing has run yet when the alarm is made.
    warmUpConfiguration: {
      warmUpPeriodDurationInMinutes: seconds.apply((it) => Math.min(Math.ceil(it / 60), MOST_WARM_UP_MINUTES)),
    },
  };
}
