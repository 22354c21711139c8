import { MskBackupError } from '../errors.ts';
import { EXIT_CODES } from './exit-codes.ts';

/** An error as the user gets it. */
export interface Failure {
  kind: 'internal' | MskBackupError['kind'];
  code: string;
  message: string;
  /** For bugs only. */
  stack?: string;
}

/**
 * Sorts an error into what the user can do about it. Anything that is not meant for a person is a bug of ours and says so.
 * @param signal when it was aborted, an `AbortError` is the stop that the user asked for
 */
export function toFailure(error: unknown, signal?: AbortSignal): Failure {
  if (error instanceof MskBackupError) return { kind: error.kind, code: error.code, message: error.message };
  if (signal?.aborted && error instanceof Error && error.name === 'AbortError') {
    return signal.reason instanceof MskBackupError
      ? toFailure(signal.reason)
      : { kind: 'interrupted', code: 'INTERRUPTED', message: 'stopped' };
  }
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return {
    kind: 'internal',
    code: 'INTERNAL',
    message: `internal error, a bug of this program: ${message}`,
    ...(error instanceof Error && error.stack !== undefined && { stack: error.stack }),
  };
}

/** The lines for the standard error: one for a person; for a bug the stack, or how to see it. */
export function failureText(failure: Failure, verbose: boolean): string {
  const line = `msk-backup: ${failure.message}\n`;
  if (failure.kind !== 'internal') return line;
  return verbose && failure.stack ? `${line}${failure.stack}\n` : `${line.trimEnd()} (--verbose shows where)\n`;
}

/** Tells the user of an error, on the standard error and with `--json` on the standard output, and sets the exit code. */
export function tellFailure(
  error: unknown,
  options: { json?: boolean; verbose?: boolean },
  signal?: AbortSignal,
): void {
  const failure = toFailure(error, signal);
  process.stderr.write(failureText(failure, options.verbose ?? false));
  const { kind, code, message } = failure;
  if (options.json) process.stdout.write(`${JSON.stringify({ error: { kind, code, message } }, null, 2)}\n`);
  process.exitCode = EXIT_CODES[kind];
}
