import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Spaces the batches of a whole run so that both rates hold. There is no burst: what was not used is not saved up.
 */
export class RateLimit {
  readonly #bytesPerSecond: number;
  readonly #recordsPerSecond: number;
  /** ms of `performance.now`: when the next batch may leave. */
  #free = 0;

  /** Undefined means no limit; a limit is above 0. */
  constructor(limits: { bytesPerSecond?: number; recordsPerSecond?: number }) {
    this.#bytesPerSecond = limits.bytesPerSecond ?? Number.POSITIVE_INFINITY;
    this.#recordsPerSecond = limits.recordsPerSecond ?? Number.POSITIVE_INFINITY;
  }

  /**
   * The largest batch worth making: one that takes a quarter of a second, so that the rate is also kept over short times.
   * A batch of the archive may be larger; it goes as it is, and what follows waits the longer.
   */
  get batchBytes(): number {
    return Math.max(1, Math.floor(this.#bytesPerSecond / 4));
  }

  get batchRecords(): number {
    return Math.max(1, Math.floor(this.#recordsPerSecond / 4));
  }

  /** Resolves when the batch may be sent; in the order of the calls. @throws AbortError when the signal aborts first. */
  async take(bytes: number, records: number, signal: AbortSignal): Promise<void> {
    const costMs = Math.max(bytes / this.#bytesPerSecond, records / this.#recordsPerSecond) * 1000;
    if (costMs === 0) return;
    const now = performance.now();
    const start = Math.max(now, this.#free);
    this.#free = start + costMs;
    // Timers are whole milliseconds: what a batch waits too little, the next one waits more.
    if (start - now >= 1) await sleep(start - now, undefined, { signal });
  }
}
