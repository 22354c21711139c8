const MINUTE = 60_000;
const DAY = 1440;

/** Clocks that are set forward or back. All in minutes; local times since 1970-01-01T00:00 on that clock. */
export interface ClockChange {
  /** When, on the clock as it went before. */
  at: number;
  /** Forward, when positive. */
  by: number;
}

/** Names of the IANA data base only: EventBridge Scheduler takes no offsets. */
export function isTimeZone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    offsets(name);
    return true;
  } catch {
    return false;
  }
}

/** All of some years, in their order. */
export function clockChanges(timeZone: string, firstYear: number, lastYear: number): ClockChange[] {
  const offsetAt = offsets(timeZone);
  const changes: ClockChange[] = [];
  const end = Date.UTC(lastYear + 1, 0, 1) / MINUTE;
  let before = Date.UTC(firstYear, 0, 1) / MINUTE;
  for (let now = before + DAY; now <= end; now += DAY) {
    const by = offsetAt(now) - offsetAt(before);
    if (by !== 0) {
      let [low, high] = [before, now];
      while (high - low > 1) {
        const middle = Math.floor((low + high) / 2);
        if (offsetAt(middle) === offsetAt(before)) low = middle;
        else high = middle;
      }
      changes.push({ at: high + offsetAt(before), by });
    }
    before = now;
  }
  return changes;
}

/** Minutes that the clock is ahead of UTC, at a minute of UTC. */
function offsets(timeZone: string): (minute: number) => number {
  const format = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' });
  const memory = new Map<number, number>();
  return (minute) => {
    let offset = memory.get(minute);
    if (offset === undefined) {
      // "1/1/2026, GMT-03:30"; "GMT" alone is UTC
      const [, sign, hours, minutes] = /GMT(?:([+-])(\d{2}):(\d{2}))?/.exec(format.format(minute * MINUTE))!;
      offset = sign === undefined ? 0 : (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
      memory.set(minute, offset);
    }
    return offset;
  };
}
