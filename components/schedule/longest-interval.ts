import type { Cron, Day } from './cron.ts';
import { type ClockChange, clockChanges } from './time-zone.ts';

const DAY = 1440;
/** Dates and weekdays come again after 28 years, of which no century is one. Fixed, so that a deployment does not depend on its day. */
const FIRST_YEAR = 2024;
const MOST_YEARS = 28;

/**
 * Seconds between two runs that follow each other, at most; undefined when there are no two runs. Days on which clocks change are
 * counted as EventBridge Scheduler does: it leaves out what would fall into the hour that spring skips, and runs once what autumn
 * has twice (its user guide, "Daylight savings time").
 */
export function longestInterval(cron: Cron, timeZone: string): number | undefined {
  const years = (cron.years ?? Array.from({ length: MOST_YEARS }, (_, i) => FIRST_YEAR + i))
    .filter((year) => year >= FIRST_YEAR)
    .slice(0, MOST_YEARS);
  if (years.length === 0) return undefined;
  const changes = changesByDay(timeZone, years);
  const inDay = longestGap(cron.times);
  let longest = 0;
  let lastRun: number | undefined;
  let ahead = 0;
  for (const day of daysOf(years)) {
    const change = changes.get(day.number);
    if (cron.months.has(day.month) && cron.isOn(day)) {
      const runs = change === undefined ? cron.times : cron.times.filter((time) => !isSkipped(time, change));
      const instants = runs.map((time) => {
        const since = change !== undefined && time >= minuteOf(change) ? change.by : 0;
        return day.number * DAY + time - ahead - since;
      });
      if (instants.length > 0) {
        if (lastRun !== undefined) longest = Math.max(longest, instants[0]! - lastRun);
        longest = Math.max(longest, change === undefined ? inDay : longestGap(instants));
        lastRun = instants.at(-1);
      }
    }
    ahead += change?.by ?? 0;
  }
  return longest === 0 ? undefined : longest * 60;
}

function longestGap(times: readonly number[]): number {
  return times.reduce((longest, time, i) => (i === 0 ? 0 : Math.max(longest, time - times[i - 1]!)), 0);
}

function changesByDay(timeZone: string, years: readonly number[]): Map<number, ClockChange> {
  if (timeZone === 'UTC') return new Map();
  const changes = clockChanges(timeZone, years[0]!, years.at(-1)!);
  return new Map(changes.map((change) => [Math.floor(change.at / DAY), change]));
}

function minuteOf({ at }: ClockChange): number {
  return at % DAY;
}

function isSkipped(time: number, change: ClockChange): boolean {
  return change.by > 0 && time >= minuteOf(change) && time < minuteOf(change) + change.by;
}

function* daysOf(years: readonly number[]): Generator<Day & { number: number }> {
  for (const year of years) {
    for (let month = 1; month <= 12; month++) {
      const first = Date.UTC(year, month - 1, 1) / 86_400_000;
      const lastDay = Date.UTC(year, month, 1) / 86_400_000 - first;
      for (let day = 1; day <= lastDay; day++) {
        const number = first + day - 1;
        // 1970-01-01 was a Thursday, 5.
        yield { year, month, day, lastDay, weekday: ((number + 4) % 7) + 1, number };
      }
    }
  }
}
