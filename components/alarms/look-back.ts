const MINUTE = 60;
const HOUR = 3600;
const DAY = 86_400;

/** As far as an alarm of CloudWatch looks back (PutMetricAlarm: period × evaluation periods). */
export const LONGEST_LOOK_BACK = 7 * DAY;

export interface LookBack {
  /** Seconds. */
  period: number;
  evaluationPeriods: number;
}

/**
 * Periods that cover a time. Short ones: where points are missing, CloudWatch also takes those of a few more periods than it was told
 * to, so that an alarm by periods as long as the interval between runs would come some intervals late. Periods below an hour reach
 * back for a day at most.
 * @param seconds up to seven days
 */
export function lookBack(seconds: number): LookBack {
  const period = seconds <= 2 * HOUR ? MINUTE : seconds <= DAY ? 5 * MINUTE : HOUR;
  return { period, evaluationPeriods: Math.ceil(seconds / period) };
}

/**
 * Seconds without a success after which runs have been missed: so many intervals, and half of another one, but no less than five
 * minutes and no more than six hours, since runs take longer at one time than at another.
 */
export function missedAfter(missedRuns: number, intervalSeconds: number): number {
  const grace = Math.min(Math.max(intervalSeconds / 2, 5 * MINUTE), 6 * HOUR);
  return missedRuns * intervalSeconds + Math.ceil(grace / MINUTE) * MINUTE;
}

/** Lag that is too much when nothing is said: two intervals, an hour at least. */
export function usualMaxLag(intervalSeconds: number): number {
  return Math.max(2 * intervalSeconds, HOUR);
}

/** Age of the last drill that is too much when nothing is said: two intervals, and six hours. */
export function usualMaxDrillAge(intervalSeconds: number): number {
  return 2 * intervalSeconds + 6 * HOUR;
}
