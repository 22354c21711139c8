import { MskBackupError } from '../errors.ts';
import { EXIT_CODE_SECOND_SIGINT, EXIT_CODES } from './exit-codes.ts';

/** Kubernetes and ECS kill 30 seconds after SIGTERM; the run is to be over well before. */
const GRACE_MS = 20_000;

export interface Stopping {
  /** Aborted by the first SIGTERM or SIGINT, with a MskBackupError of kind `interrupted` as its reason. */
  signal: AbortSignal;
  /** Signals have their usual effect again. */
  release(): void;
}

/**
 * The first SIGTERM or SIGINT asks the run to end, a second SIGINT ends the process at once, and so does the end of the
 * grace period.
 * @param options.say shows a line to the user
 * @param options.graceMs time that a run has to commit what is there; default 20,000
 */
export function stopOnSignals(options: { say: (line: string) => void; graceMs?: number }): Stopping {
  const graceMs = options.graceMs ?? GRACE_MS;
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;

  const exit = (code: number, line: string) => {
    options.say(line);
    process.exit(code);
  };
  const onSignal = (name: NodeJS.Signals) => {
    if (!controller.signal.aborted) {
      options.say(`${name}: stopping, committing what is there (up to ${graceMs / 1000} s; Ctrl-C ends at once)`);
      timer = setTimeout(() => {
        exit(
          EXIT_CODES.interrupted,
          `did not end within ${graceMs / 1000} s after ${name}; what was committed before is valid, run again to go on`,
        );
      }, graceMs);
      controller.abort(new MskBackupError('interrupted', 'INTERRUPTED', `stopped by ${name}; run again to go on`));
    } else if (name === 'SIGINT') {
      exit(EXIT_CODE_SECOND_SIGINT, 'ended at once; what was committed before is valid, run again to go on');
    }
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
