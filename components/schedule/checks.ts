import type { ArgumentProblem } from '../arguments/refuse.ts';
import { expressionProblem } from './expression.ts';
import { isTimeZone } from './time-zone.ts';

/** A schedule expression that AWS takes, and that comes again and again. */
export function scheduleExpression(value: string, propertyPath: string): ArgumentProblem[] {
  const reason = expressionProblem(value);
  return reason === undefined ? [] : [{ propertyPath, reason }];
}

export function timeZoneName(value: string | undefined, propertyPath: string): ArgumentProblem[] {
  if (value === undefined || isTimeZone(value)) return [];
  const reason = `is no time zone of the IANA data base, as Europe/Berlin: ${value}`;
  return [{ propertyPath, reason }];
}
