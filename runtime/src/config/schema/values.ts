/**
 * The kinds of values that a configuration has. Each has one message, which says what the value has to be and never
 * shows what it is: the same code refuses a password.
 */
import { z } from 'zod';
import { ENDPOINT_PROBLEM, isEndpoint } from '../location-url.ts';
import { Secret } from '../secret.ts';
import { parseTime } from './time.ts';

const NUMERAL = /^-?\d+$/;

/** Numbers and switches may be text, since `${PORT}` stays text when it comes from the environment. */
function scalar<T>(read: (value: string | number | boolean) => T | undefined, message: string) {
  return z.union([z.string(), z.number(), z.boolean()], { error: message }).transform((value, context): T => {
    const result = read(value);
    if (result !== undefined) return result;
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  });
}

/** Not empty. */
export function text() {
  return z.string().min(1);
}

export function secret() {
  return text().transform((value) => new Secret(value));
}

export function flag() {
  return scalar((value) => {
    if (typeof value === 'boolean') return value;
    return value === 'true' ? true : value === 'false' ? false : undefined;
  }, 'must be true or false');
}

/** A whole number of the range, both ends included; `max` by default the largest that is exact. */
export function integer(min: number, max = Number.MAX_SAFE_INTEGER) {
  const range = max === Number.MAX_SAFE_INTEGER ? `, at least ${min}` : ` from ${min} to ${max}`;
  return scalar((value) => {
    const number = typeof value === 'string' && NUMERAL.test(value) ? Number(value) : value;
    return Number.isSafeInteger(number) && (number as number) >= min && (number as number) <= max
      ? (number as number)
      : undefined;
  }, `must be a whole number${range}`);
}

const SIZE_UNITS: Record<string, number> = {
  '': 1,
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
};

/** Bytes: a number, or text such as `64MiB` (1024²) or `64MB` (1000²). Range in bytes, both ends included. */
export function bytes(min: number, max = Number.MAX_SAFE_INTEGER) {
  const range = max === Number.MAX_SAFE_INTEGER ? `at least ${size(min)}` : `from ${size(min)} to ${size(max)}`;
  return scalar((value) => {
    const match = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(String(value));
    const unit = SIZE_UNITS[match?.[2]?.toLowerCase() ?? 'none'];
    if (match === null || unit === undefined) return undefined;
    const number = Number(match[1]) * unit;
    return Number.isSafeInteger(number) && number >= min && number <= max ? number : undefined;
  }, `must be a number of bytes such as 8388608 or 8MiB, ${range}`);
}

function size(value: number): string {
  for (const [unit, factor] of [
    ['GiB', 2 ** 30],
    ['MiB', 2 ** 20],
    ['KiB', 2 ** 10],
  ] as const) {
    if (value >= factor && value % factor === 0) return `${value / factor}${unit}`;
  }
  return String(value);
}

const TIME_UNITS: Record<string, number> = { ms: 1, s: 1e3, m: 60e3, h: 3600e3, d: 86400e3 };

/** A time with its unit, `30s` or `5m`; gives milliseconds. `min` and `max` are written in the same way. */
export function duration(min: string, max: string) {
  const [least, most] = [milliseconds(min) as number, milliseconds(max) as number];
  return scalar((value) => {
    const time = milliseconds(value);
    return time !== undefined && time >= least && time <= most ? time : undefined;
  }, `must be a time with its unit such as 30s or 5m, from ${min} to ${max}`);
}

function milliseconds(value: unknown): number | undefined {
  const match = typeof value === 'string' ? /^(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)$/.exec(value) : null;
  const time = match && Number(match[1]) * (TIME_UNITS[match[2] as string] as number);
  return Number.isSafeInteger(time) ? (time as number) : undefined;
}

/** A point in time as `parseTime` reads it; gives epoch milliseconds. */
export function time() {
  return z.unknown().transform((value, context): number => {
    const result = parseTime(value);
    if (typeof result === 'number') return result;
    context.addIssue({ code: 'custom', message: result.problem });
    return z.NEVER;
  });
}

/** 1 to 249 letters, digits, dots, underscores, hyphens: what Kafka allows. */
export function topicName() {
  return z.string().refine((name) => /^[A-Za-z0-9._-]{1,249}$/.test(name) && name !== '.' && name !== '..', {
    error: 'is no topic name: letters, digits, dot, underscore and hyphen, at most 249',
  });
}

/** A topic's name with `*` and `?`. */
export function topicPattern() {
  return z.string().refine((pattern) => /^[A-Za-z0-9._*?-]+$/.test(pattern), {
    error: 'is no topic name or pattern: letters, digits, dot, underscore, hyphen, and * or ?',
  });
}

export function endpointUrl() {
  return z.string().refine(isEndpoint, { error: ENDPOINT_PROBLEM });
}

/** For what this program does not use: any value. */
export function anything() {
  return z.unknown();
}

/** A section of which only the keys are known: it is not used, but a misspelt key in it is still misspelt. */
export function unusedSection(...keys: string[]) {
  return z.strictObject(Object.fromEntries(keys.map((key) => [key, anything()]))).partial();
}
