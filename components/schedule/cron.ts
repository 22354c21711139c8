import {
  BadExpression,
  type CronField,
  DAYS_OF_MONTH,
  DAYS_OF_WEEK,
  HOURS,
  MINUTES,
  MONTHS,
  numberOf,
  numbersOf,
  YEARS,
} from './cron-field.ts';

/** A day of the calendar. */
export interface Day {
  year: number;
  /** 1 to 12. */
  month: number;
  /** 1 to 31. */
  day: number;
  /** 1, Sunday, to 7. */
  weekday: number;
  /** Of its month. */
  lastDay: number;
}

export interface Cron {
  /** Minutes of the day, ascending. */
  times: number[];
  months: ReadonlySet<number>;
  /** Ascending; undefined for every year. */
  years: number[] | undefined;
  /** Year and month are not asked here. */
  isOn(day: Day): boolean;
}

/**
 * AWS's cron: `minutes hours day-of-month month day-of-week year` (EventBridge Scheduler user guide, "Schedule types"):
 *
 *     list          , of items: * number name range a-b step a/n a-b/n
 *     day-of-month  also ? L (last day), 15W (weekday nearest to the 15th), LW (last weekday)
 *     day-of-week   also ? L (Saturday), 6L (last Friday), 6#3 (third Friday; nothing beside it)
 *
 * One of the two day fields is ?, and only one.
 * @throws BadExpression
 */
export function parseCron(fields: string): Cron {
  const parts = fields.trim().split(/\s+/);
  if (parts.length !== 6) {
    const order = 'minutes hours day-of-month month day-of-week year';
    throw new BadExpression(`has ${parts.length} fields and AWS's cron six (${order}): cron(0 3 * * ? *)`);
  }
  const [minutes, hours, dayOfMonth, month, dayOfWeek, year] = parts as [
    string,
    string,
    string,
    string,
    string,
    string,
  ];
  if ((dayOfMonth === '?') === (dayOfWeek === '?')) {
    throw new BadExpression(
      dayOfMonth === '?'
        ? 'has ? for both day-of-month and day-of-week: give one of them'
        : 'has both day-of-month and day-of-week: put ? for the one that does not count',
    );
  }
  const ofHours = listOf(hours, HOURS);
  const ofMinutes = listOf(minutes, MINUTES);
  return {
    times: ofHours.flatMap((hour) => ofMinutes.map((minute) => hour * 60 + minute)),
    months: new Set(listOf(month, MONTHS)),
    years: year === '*' ? undefined : listOf(year, YEARS),
    isOn: dayOfWeek === '?' ? monthDays(dayOfMonth) : weekDays(dayOfWeek),
  };
}

function listOf(text: string, field: CronField): number[] {
  return [...new Set(text.split(',').flatMap((item) => numbersOf(item, field)))].sort((a, b) => a - b);
}

type DayRule = (day: Day) => boolean;

function anyOf(rules: readonly DayRule[]): DayRule {
  return (day) => rules.some((rule) => rule(day));
}

function monthDays(text: string): DayRule {
  return anyOf(
    text.split(',').map((item): DayRule => {
      if (item === 'L') return ({ day, lastDay }) => day === lastDay;
      if (item === 'LW') return (it) => it.day === nearestWeekday(it, it.lastDay);
      const weekday = /^(\d+)W$/.exec(item);
      if (weekday !== null) {
        const wanted = numberOf(weekday[1]!, DAYS_OF_MONTH);
        return (it) => wanted <= it.lastDay && it.day === nearestWeekday(it, wanted);
      }
      const days = new Set(numbersOf(item, DAYS_OF_MONTH));
      return ({ day }) => days.has(day);
    }),
  );
}

function weekDays(text: string): DayRule {
  const items = text.split(',');
  if (items.length > 1 && text.includes('#')) {
    throw new BadExpression(`has "${text}" for day-of-week: # stands alone there`);
  }
  return anyOf(
    items.map((item): DayRule => {
      if (item === 'L') return ({ weekday }) => weekday === 7;
      const last = /^([A-Za-z]{3}|\d+)L$/.exec(item);
      if (last !== null) {
        const wanted = numberOf(last[1]!, DAYS_OF_WEEK);
        return ({ weekday, day, lastDay }) => weekday === wanted && day > lastDay - 7;
      }
      const nth = /^([A-Za-z]+|\d+)#(\d+)$/.exec(item);
      if (nth !== null) {
        const wanted = numberOf(nth[1]!, DAYS_OF_WEEK);
        const n = Number(nth[2]);
        if (n < 1 || n > 5)
          throw new BadExpression(`has "${item}" for day-of-week: a month has the 1st to 5th of a weekday`);
        return ({ weekday, day }) => weekday === wanted && Math.ceil(day / 7) === n;
      }
      const days = new Set(numbersOf(item, DAYS_OF_WEEK));
      return ({ weekday }) => days.has(weekday);
    }),
  );
}

/** The Monday to Friday nearest to a day of the same month, in that month. */
function nearestWeekday({ day, weekday, lastDay }: Day, wanted: number): number {
  // Of the wanted day, 1 to 7, counted from the day that is looked at
  const itsWeekday = ((((weekday - 1 + wanted - day) % 7) + 7) % 7) + 1;
  if (itsWeekday === 7) return wanted === 1 ? 3 : wanted - 1;
  if (itsWeekday === 1) return wanted === lastDay ? wanted - 2 : wanted + 1;
  return wanted;
}
