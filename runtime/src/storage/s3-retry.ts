import { setTimeout as sleep } from 'node:timers/promises';
import { retryable } from './s3-errors.ts';

export interface RetryTiming {
  /** Including the first. */
  attempts: number;
  /** Delay before the second attempt; it doubles with each. */
  firstDelayMs: number;
  maxDelayMs: number;
}

/** Rides out some 15 s of trouble. */
export const RETRY_TIMING: RetryTiming = { attempts: 8, firstDelayMs: 200, maxDelayMs: 10_000 };

/** Attempts while S3 has never answered and refuses: a wrong endpoint shows within a second. */
const ATTEMPTS_BEFORE_REACHED = 3;

/** Repeats requests with exponential back-off and jitter, as long as that can help. */
export class Retry {
  readonly #timing: RetryTiming;
  #reached = false;

  constructor(timing: RetryTiming) {
    this.#timing = timing;
  }

  /**
   * @param request gets the number of attempts before this one: above 0, an earlier one may have been carried out although
   * its answer was lost
   * @throws the last attempt's error as it came, or the signal's reason
   */
  async run<T>(request: (earlier: number) => Promise<T>, signal?: AbortSignal): Promise<T> {
    for (let earlier = 0; ; earlier++) {
      signal?.throwIfAborted();
      try {
        const answer = await request(earlier);
        this.#reached = true;
        return answer;
      } catch (error) {
        if (signal?.aborted) throw error;
        if (earlier + 1 >= this.#attemptsFor(error)) throw error;
      }
      const ceiling = Math.min(this.#timing.firstDelayMs * 2 ** earlier, this.#timing.maxDelayMs);
      await sleep(ceiling * (0.5 + Math.random() / 2), undefined, { ...(signal && { signal }) });
    }
  }

  #attemptsFor(error: unknown): number {
    switch (retryable(error)) {
      case 'no':
        return 0;
      case 'yes':
        return this.#timing.attempts;
      case 'once reached':
        return this.#reached ? this.#timing.attempts : ATTEMPTS_BEFORE_REACHED;
    }
  }
}
