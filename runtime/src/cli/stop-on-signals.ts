import { MskBackupError } from '../errors.ts';
import { EXIT_CODE_SECOND_SIGINT } from './exit-codes.ts';

export interface Stopping {
  /** Aborted by the first SIGTERM or SIGINT, with a MskBackupError of kind `interrupted` as its reason. */
  signal: AbortSignal;
  /** Signals have their usual effect again. */
  release(): void;
}

export interface StopOptions {
  /** How long a run may take to end after the first signal, in milliseconds; 0 for one that has nothing to put in order. */
  graceMs: number;
  /** Shows a line to the user. */
  say: (line: string) => void;
  /** Ends the process with this error. */
  giveUp: (error: MskBackupError) => void;
}

/**
 * The first SIGTERM or SIGINT asks the run to end, a second SIGINT ends the process at once, and so does the end of the
 * grace period.
 */
export function stopOnSignals({ graceMs, say, giveUp }: StopOptions): Stopping {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;

  const onSignal = (name: NodeJS.Signals) => {
    if (controller.signal.aborted) {
      if (name === 'SIGINT') process.exit(EXIT_CODE_SECOND_SIGINT);
      return;
    }
    const stopped = interrupted(`stopped by ${name}`);
    if (graceMs === 0) return giveUp(stopped);
    const seconds = graceMs / 1000;
    say(`${name}: stopping, finishing what is under way (up to ${seconds} s; Ctrl-C ends at once)`);
    timer = setTimeout(
      () => giveUp(interrupted(`did not end within ${seconds} s after ${name}; what was committed before is valid`)),
      graceMs,
    );
    controller.abort(stopped);
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);

  return {
    signal: controller.signal,
    release() {
      clearTimeout(timer);
      process.off('SIGTERM', onSignal);
      process.off('SIGINT', onSignal);
    },
  };
}

function interrupted(message: string): MskBackupError {
  return new MskBackupError('interrupted', 'INTERRUPTED', message);
}
