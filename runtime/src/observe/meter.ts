/** The rate is taken over this time, so that it follows a change within seconds and does not jump from line to line. */
const WINDOW_MS = 15_000;
const SAMPLE_MS = 500;

export interface Work {
  bytes: number;
  records: number;
}

/** Where a stage stands. `remainingMs` is there only when a total is known and something has moved lately. */
export interface Reading extends Work {
  stage: string;
  total?: { bytes?: number; records?: number };
  elapsedMs: number;
  bytesPerSecond: number;
  recordsPerSecond: number;
  /** 0 to 1, by bytes where their total is known, else by records. */
  fraction?: number;
  remainingMs?: number;
}

/** Counts the work of one stage and tells its rate. */
export class Meter {
  readonly #stage: string;
  readonly #total: { bytes?: number; records?: number } | undefined;
  readonly #now: () => number;
  readonly #begin: number;
  readonly #done: Work = { bytes: 0, records: 0 };
  /** Oldest first; the first is at most about WINDOW_MS old. */
  readonly #samples: (Work & { at: number })[];

  /** @param now milliseconds that only grow; given by tests */
  constructor(
    stage: string,
    total?: { bytes?: number; records?: number },
    now: () => number = () => performance.now(),
  ) {
    this.#stage = stage;
    this.#total = total;
    this.#now = now;
    this.#begin = now();
    this.#samples = [{ at: this.#begin, bytes: 0, records: 0 }];
  }

  advance(done: { bytes?: number; records?: number }): void {
    this.#done.bytes += done.bytes ?? 0;
    this.#done.records += done.records ?? 0;
    const at = this.#now();
    if (at - this.#samples.at(-1)!.at >= SAMPLE_MS) this.#samples.push({ at, ...this.#done });
  }

  read(): Reading {
    const now = this.#now();
    while (this.#samples.length > 1 && now - this.#samples[1]!.at >= WINDOW_MS) this.#samples.shift();
    const oldest = this.#samples[0]!;
    const seconds = Math.max(now - oldest.at, 1) / 1000;
    const bytesPerSecond = (this.#done.bytes - oldest.bytes) / seconds;
    const recordsPerSecond = (this.#done.records - oldest.records) / seconds;
    return {
      stage: this.#stage,
      ...this.#done,
      ...(this.#total && { total: this.#total }),
      elapsedMs: now - this.#begin,
      bytesPerSecond,
      recordsPerSecond,
      ...outlook(this.#done, this.#total, { bytes: bytesPerSecond, records: recordsPerSecond }),
    };
  }
}

function outlook(done: Work, total: { bytes?: number; records?: number } | undefined, rate: Work) {
  const unit = total?.bytes ? 'bytes' : total?.records ? 'records' : undefined;
  if (unit === undefined) return {};
  const expected = total![unit]!;
  // A total is what was expected: more than that is not more than all.
  const fraction = Math.min(done[unit] / expected, 1);
  if (rate[unit] <= 0) return { fraction };
  return { fraction, remainingMs: (Math.max(expected - done[unit], 0) / rate[unit]) * 1000 };
}
