const LAST = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

/**
 * A point in time: milliseconds since 1970, or ISO 8601 with its zone (`2024-12-01T10:00:00Z`, `…+01:00`); seconds and
 * their fraction may be left out. Ten digits are refused: seconds taken for milliseconds lie in January 1970.
 */
export function parseTime(value: unknown): number | { problem: string } {
  const problem = 'must be milliseconds since 1970 (1701450000000) or ISO 8601 with its zone (2024-12-01T17:00:00Z)';
  if (typeof value === 'number' || (typeof value === 'string' && /^-?\d+$/.test(value))) {
    const time = Number(value);
    if (!Number.isSafeInteger(time) || time < 0) return { problem };
    if (/^\d{10}$/.test(String(value)))
      return { problem: 'looks like seconds: milliseconds are wanted, three digits more' };
    return time <= LAST ? time : { problem: 'is too large: milliseconds are wanted' };
  }
  if (typeof value !== 'string') return { problem };
  const match = /^(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?) ?(Z|z|[+-]\d\d:?\d\d)?$/.exec(value);
  if (match === null) return { problem };
  const [, day = '', clock = '', zone] = match;
  if (zone === undefined) return { problem: 'needs its zone: Z for UTC, or such as +01:00' };
  const time = Date.parse(`${day}T${clock}${zone.toUpperCase().replace(/^([+-]\d\d)(\d\d)$/, '$1:$2')}`);
  return Number.isNaN(time) || time < 0 || !isDay(day) ? { problem } : time;
}

/** Date.parse takes 30 February for 1 March. */
function isDay(day: string): boolean {
  const midnight = Date.parse(`${day}T00:00:00Z`);
  return !Number.isNaN(midnight) && new Date(midnight).toISOString().startsWith(day);
}
