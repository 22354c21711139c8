import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { expressionProblem, intervalSeconds } from '../../components/schedule/expression.ts';
import { clockChanges, isTimeZone } from '../../components/schedule/time-zone.ts';

const HOUR = 3600;
const DAY = 24 * HOUR;

describe('the longest time between two runs', () => {
  test.each([
    ['rate(1 minute)', 60],
    ['rate(15 minutes)', 15 * 60],
    ['rate(1 hour)', HOUR],
    ['rate(7 days)', 7 * DAY],
    ['cron(0 3 * * ? *)', DAY],
    ['cron(0 3,15 * * ? *)', 12 * HOUR],
    ['cron(0/15 * * * ? *)', 15 * 60],
    ['cron(*/20 * * * ? *)', 20 * 60],
    // 18:45 on Friday to 8:00 on Monday
    ['cron(0/15 8-18 ? * MON-FRI *)', 61.25 * HOUR],
    ['cron(0 0 ? * 2-6 *)', 3 * DAY],
    ['cron(0 0 ? * FRI-MON *)', 4 * DAY],
    ['cron(0 22-2 * * ? *)', 20 * HOUR],
    ['cron(0 8-18/2 * * ? *)', 14 * HOUR],
    ['cron(0 0 1 * ? *)', 31 * DAY],
    // 31 March to 31 May
    ['cron(0 0 31 * ? *)', 61 * DAY],
    ['cron(0 0 L * ? *)', 31 * DAY],
    ['cron(0 0 1 1/6 ? *)', 184 * DAY],
    ['cron(0 0 ? * L *)', 7 * DAY],
    ['cron(0 0 ? * 6L *)', 35 * DAY],
    ['cron(0 0 ? * FRI#1 *)', 35 * DAY],
    ['cron(0 0 29 2 ? *)', (4 * 365 + 1) * DAY],
    ['cron(0 0 1 jan ? 2027,2030)', (3 * 365 + 1) * DAY],
    ['cron(30 4 1-7 * ? 2027-2030)', 25 * DAY],
  ])('%s', (expression, seconds) => {
    expect(intervalSeconds(expression)).toBe(seconds);
  });

  test('weekdays nearest to a day: in that month, and the last one', () => {
    // 1 August 2026 is a Saturday, and Monday the 3rd is nearest in August; 1 July a Wednesday.
    expect(intervalSeconds('cron(0 0 1W 7,8 ? 2026)')).toBe(33 * DAY);
    // 31 May 2026 is a Sunday: Friday the 29th. 30 June is a Tuesday.
    expect(intervalSeconds('cron(0 0 LW 5,6 ? 2026)')).toBe(32 * DAY);
    // 15 August 2026 is a Saturday: the 14th. 15 November a Sunday: the 16th.
    expect(intervalSeconds('cron(0 0 15W 8,11 ? 2026)')).toBe(94 * DAY);
  });

  test('clocks: the hour that spring skips is left out, that which autumn has twice runs once', () => {
    expect(intervalSeconds('cron(0 12 * * ? *)', 'Europe/Berlin')).toBe(25 * HOUR);
    expect(intervalSeconds('cron(30 2 * * ? *)', 'Europe/Berlin')).toBe(47 * HOUR);
    expect(intervalSeconds('cron(0 12 * * ? *)', 'Asia/Tokyo')).toBe(DAY);
    expect(intervalSeconds('cron(0 12 * * ? *)', 'Australia/Lord_Howe')).toBe(24.5 * HOUR);
    expect(intervalSeconds('rate(1 day)', 'Europe/Berlin')).toBe(DAY);
    // At midnight: 00:00 becomes 01:00
    expect(intervalSeconds('cron(30 0 * * ? *)', 'Africa/Cairo')).toBe(47 * HOUR);
  });

  test('clock changes are those of the law: last Sundays of March and October', () => {
    const minute = (text: string) => Date.parse(`${text}Z`) / 60_000;
    expect(clockChanges('Europe/Berlin', 2026, 2026)).toEqual([
      { at: minute('2026-03-29T02:00'), by: 60 },
      { at: minute('2026-10-25T03:00'), by: -60 },
    ]);
  });

  test('any hours of a day: as counted by hand', () => {
    const hours = fc.uniqueArray(fc.integer({ min: 0, max: 23 }), { minLength: 1 });
    fc.assert(
      fc.property(hours, fc.integer({ min: 0, max: 59 }), (some, minute) => {
        const runs = [...some].sort((a, b) => a - b);
        const gaps = runs.map((hour, i) => (runs[i + 1] ?? runs[0]! + 24) - hour);
        expect(intervalSeconds(`cron(${minute} ${some.join(',')} * * ? *)`)).toBe(Math.max(...gaps) * HOUR);
      }),
      { numRuns: 50 },
    );
  });
});

describe('what AWS refuses, and what is no schedule of backups', () => {
  test.each([
    ['hourly', /neither rate\(1 hour\) nor cron/],
    ['', /neither/],
    ['RATE(1 hour)', /neither/],
    ['rate(1 hours)', /rate\(1 hour\)/],
    ['rate(5 hour)', /rate\(5 hours\)/],
    ['rate(0 hours)', /whole minutes/],
    ['rate(1.5 hours)', /whole minutes/],
    ['rate(1 week)', /whole minutes/],
    ['at(2027-01-01T00:00:00)', /runs only once/],
    ['cron(0 3 * * *)', /has 5 fields/],
    ['cron(0 0 3 * * ? *)', /has 7 fields/],
    ['cron(0 3 * * * *)', /put \? for the one/],
    ['cron(0 3 ? * ? *)', /both day-of-month and day-of-week/],
    ['cron(60 3 * * ? *)', /"60" for minutes, which is not 0 to 59/],
    ['cron(0 24 * * ? *)', /for hours/],
    ['cron(0 0 32 * ? *)', /for day-of-month/],
    ['cron(0 0 0 * ? *)', /for day-of-month/],
    ['cron(0 0 1 13 ? *)', /for month/],
    ['cron(0 0 1 FOO ? *)', /for month, which is not 1 to 12 or JAN to DEC/],
    ['cron(0 0 ? * 0 *)', /Sunday is 1/],
    ['cron(0 0 ? * 6#6 *)', /1st to 5th/],
    ['cron(0 0 ? * 3#1,6#3 *)', /# stands alone/],
    ['cron(0 0 * * ? 1969)', /for year/],
    ['cron(0 0 * * ? 2030-2027)', /ends before it begins/],
    ['cron(*/60 * * * ? *)', /has the step 60/],
    ['cron(*/0 * * * ? *)', /has the step 0/],
    ['cron(1- * * * ? *)', /"1-" for minutes/],
    ['cron(1,,2 * * * ? *)', /"" for minutes/],
    ['cron(? 3 * * ? *)', /"\?" for minutes/],
    ['cron(0 0 31 2 ? *)', /runs once at most/],
    ['cron(0 0 1 1 ? 2027)', /runs once at most/],
    ['cron(0 0 * * ? 2001)', /runs once at most/],
  ])('%s', (expression, reason) => {
    expect(expressionProblem(expression)).toMatch(reason);
  });

  test('the examples of AWS are taken', () => {
    const examples = [
      'cron(15 10 ? * 6L 2022-2025)',
      'cron(0 10 * * ? *)',
      'cron(15 12 * * ? *)',
      'cron(0 18 ? * MON-FRI *)',
      'cron(0 8 1 * ? *)',
      'cron(0/10 * ? * MON-FRI *)',
      'cron(0/5 8-17 ? * MON-FRI *)',
      'cron(0 9 ? * 2#1 *)',
      'cron(0/30 20-2 ? * MON-FRI *)',
    ];
    expect(examples.map((expression) => expressionProblem(expression))).toEqual(examples.map(() => undefined));
  });
});

test('time zones by their names only', () => {
  expect(['UTC', 'Europe/Berlin', 'America/Argentina/Ushuaia'].map(isTimeZone)).toEqual([true, true, true]);
  expect(['+01:00', 'Europe/Atlantis', '', 'local'].map(isTimeZone)).toEqual([false, false, false, false]);
});
