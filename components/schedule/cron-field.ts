/** One field of a cron expression: its name, its numbers, and names for them. */
export interface CronField {
  name: string;
  least: number;
  most: number;
  /** The first stands for `least`. */
  names?: readonly string[];
  /** A range may go past the end: `FRI-MON`, `22-2`. */
  wraps?: boolean;
}

export const MINUTES: CronField = { name: 'minutes', least: 0, most: 59, wraps: true };
export const HOURS: CronField = { name: 'hours', least: 0, most: 23, wraps: true };
export const DAYS_OF_MONTH: CronField = { name: 'day-of-month', least: 1, most: 31, wraps: true };
export const MONTHS: CronField = {
  name: 'month',
  least: 1,
  most: 12,
  names: ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'],
  wraps: true,
};
/** Sunday is 1, not 0 as in other crons. */
export const DAYS_OF_WEEK: CronField = {
  name: 'day-of-week',
  least: 1,
  most: 7,
  names: ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'],
  wraps: true,
};
export const YEARS: CronField = { name: 'year', least: 1970, most: 2199 };

/** What is wrong with a schedule expression, in words that go on where the argument's name ends. */
export class BadExpression extends Error {}

/** `5`, `MON`, `1-5`, `*`, and each of them with a step: `0/15`, `*` + `/2`, `8-18/2`. The numbers that it stands for, in order of the range. */
export function numbersOf(text: string, field: CronField): number[] {
  const match = /^(?:(\*)|([A-Za-z0-9]+)(?:-([A-Za-z0-9]+))?)(?:\/(\d+))?$/.exec(text);
  if (match === null) throw new BadExpression(`has "${text}" for ${field.name}, which is not ${rangeOf(field)}`);
  const [, all, from, to, step] = match;
  const first = all === undefined ? numberOf(from!, field) : field.least;
  const alone = all === undefined && to === undefined && step === undefined;
  const last = to === undefined ? (alone ? first : field.most) : numberOf(to, field);
  const by = step === undefined ? 1 : Number(step);
  const size = field.most - field.least + 1;
  if (by < 1 || by >= size) {
    throw new BadExpression(`has the step ${step} for ${field.name}: it may be 1 to ${size - 1}`);
  }
  if (last < first && field.wraps !== true) {
    throw new BadExpression(`has "${text}" for ${field.name}, which ends before it begins`);
  }
  const span = last < first ? last + size - first : last - first;
  const count = Math.floor(span / by) + 1;
  return Array.from({ length: count }, (_, i) => field.least + ((first - field.least + i * by) % size));
}

/** A number or name of the field. */
export function numberOf(text: string, field: CronField): number {
  const named = field.names?.indexOf(text.toUpperCase()) ?? -1;
  if (named >= 0) return field.least + named;
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= field.least && value <= field.most) return value;
  const hint = field === DAYS_OF_WEEK && value === 0 ? ': Sunday is 1' : '';
  throw new BadExpression(`has "${text}" for ${field.name}, which is not ${rangeOf(field)}${hint}`);
}

function rangeOf({ least, most, names }: CronField): string {
  return `${least} to ${most}${names === undefined ? '' : ` or ${names[0]} to ${names.at(-1)}`}`;
}
