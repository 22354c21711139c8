import { setTimeout as sleep } from 'node:timers/promises';
import { MskBackupError } from '../errors.ts';
import { isRetriableName } from './protocol/error-codes.ts';

/** How long elections, loading coordinators and broken connections are waited out. */
const PATIENCE_MS = 30_000;
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 1_000;
/** A broker that restarts, all of them, or a connection that broke with the request under way. */
export const UNREACHABLE = ['CONNECTION_LOST', 'BROKER_UNREACHABLE', 'CLUSTER_UNREACHABLE'];

/** Bounded waiting between attempts: pauses that double, until the time is used up. */
export class Patience {
  readonly #deadline: number;
  readonly #signal: AbortSignal | undefined;
  #pauseMs = FIRST_PAUSE_MS;

  constructor(signal?: AbortSignal, patienceMs: number = PATIENCE_MS) {
    this.#signal = signal;
    this.#deadline = Date.now() + patienceMs;
  }

  /**
   * Waits before another attempt; false, at once, when there is no time for one.
   * @throws MskBackupError kind `interrupted` on the signal
   */
  async pause(): Promise<boolean> {
    if (this.#signal?.aborted) throw interruption(this.#signal);
    if (Date.now() + this.#pauseMs > this.#deadline) return false;
    await sleep(this.#pauseMs, undefined, { signal: this.#signal }).catch(() => {
      throw interruption(this.#signal);
    });
    this.#pauseMs = Math.min(2 * this.#pauseMs, LONGEST_PAUSE_MS);
    return true;
  }
}

/** Attempts again while the error may pass by itself; throws the last one when patience has run out. */
export async function withRetries<T>(attempt: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  const patience = new Patience(signal);
  for (;;) {
    try {
      return await attempt();
    } catch (reason) {
      if (!isRetriable(reason) || !(await patience.pause())) throw reason;
    }
  }
}

/** True for errors that another attempt may get past: lost connections, and Kafka's own retriable error codes. */
export function isRetriable(reason: unknown): reason is MskBackupError {
  return reason instanceof MskBackupError && (UNREACHABLE.includes(reason.code) || isRetriableName(reason.code));
}

/** What a signal's end of waiting is told as. */
export function interruption(signal: AbortSignal | undefined): MskBackupError {
  if (signal?.reason instanceof MskBackupError) return signal.reason;
  return new MskBackupError('interrupted', 'INTERRUPTED', 'stopped while waiting for Kafka', { cause: signal?.reason });
}
