import { parseCron } from './cron.ts';
import { BadExpression } from './cron-field.ts';
import { longestInterval } from './longest-interval.ts';
import { isTimeZone } from './time-zone.ts';

const SECONDS = { minute: 60, hour: 3600, day: 86_400 };

/**
 * Seconds between two runs that follow each other, at most.
 * @param expression `rate(1 hour)`, `cron(0 3 * * ? *)`
 * @param timeZone in which a cron is read, by its IANA name
 * @throws BadExpression saying what AWS would refuse, or why nothing can be backed up again and again so
 */
export function intervalSeconds(expression: string, timeZone = 'UTC'): number {
  const [, kind, inside] = /^([a-z]+)\((.*)\)$/s.exec(expression.trim()) ?? [];
  if (kind === 'rate') return rateSeconds(inside!);
  if (kind === 'cron') {
    const interval = longestInterval(parseCron(inside!), timeZone);
    if (interval !== undefined) return interval;
    throw new BadExpression(`runs once at most (${expression}): there is no second day that it names`);
  }
  throw new BadExpression(
    kind === 'at'
      ? `runs only once (${expression}): give rate(1 hour) or cron(0 3 * * ? *)`
      : `is neither rate(1 hour) nor cron(0 3 * * ? *): ${expression}`,
  );
}

function rateSeconds(inside: string): number {
  const [, text, unit, plural] = /^(\d+)\s+(minute|hour|day)(s?)$/.exec(inside.trim()) ?? [];
  const value = Number(text);
  if (text === undefined || value === 0) {
    throw new BadExpression(`is not a rate of whole minutes, hours or days, as rate(15 minutes): rate(${inside})`);
  }
  if ((value === 1) !== (plural === '')) {
    const right = value === 1 ? unit : `${unit}s`;
    throw new BadExpression(`is refused by AWS, which writes rate(${value} ${right}): rate(${inside})`);
  }
  return value * SECONDS[unit as keyof typeof SECONDS];
}

/** What is wrong with an expression, in words that go on where the argument's name ends; undefined when nothing is. */
export function expressionProblem(expression: string, timeZone = 'UTC'): string | undefined {
  try {
    intervalSeconds(expression, isTimeZone(timeZone) ? timeZone : 'UTC');
    return undefined;
  } catch (error) {
    if (error instanceof BadExpression) return error.message;
    throw error;
  }
}
