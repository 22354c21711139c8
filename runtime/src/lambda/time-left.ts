import { MskBackupError } from '../errors.ts';

/** What a run needs to end in order: what is under way is stored, and a snapshot of it committed. */
const TO_END_MS = 30_000;

export interface TimeLeft {
  /** Aborted when the run has to end, with a MskBackupError of kind `interrupted` as its reason. */
  signal: AbortSignal;
  /** For the end of the invocation: nothing of it must be left running. */
  release(): void;
}

/**
 * Ends a run before Lambda ends the function: half a minute before, or in the last quarter of short invocations.
 * @param remainingMs until Lambda ends it
 */
export function timeLeft(remainingMs: number): TimeLeft {
  const controller = new AbortController();
  const stop = () => {
    controller.abort(new MskBackupError('interrupted', 'TIME_IS_UP', "the function's time is over"));
  };
  const timer = setTimeout(stop, Math.max(0, remainingMs - Math.min(TO_END_MS, remainingMs / 4)));
  return { signal: controller.signal, release: () => clearTimeout(timer) };
}
