import type { ArgumentProblem } from './refuse.ts';

/** What PutRetentionPolicy takes (Amazon CloudWatch Logs API reference); 0 for no policy. */
const RETENTION_DAYS = [
  0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];

/** A check of the days that CloudWatch keeps a log; undefined passes. */
export function logRetentionDays(days: number | undefined, propertyPath: string): ArgumentProblem[] {
  if (days === undefined || RETENTION_DAYS.includes(days)) return [];
  return [{ propertyPath, reason: `is none of those that CloudWatch has (${days}): ${RETENTION_DAYS.join(', ')}` }];
}
