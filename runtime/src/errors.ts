/**
 * What a user can do about an error. Each kind has its own exit code (docs/cli.md):
 * - `usage`: the command line is wrong
 * - `configuration`: the configuration file is wrong, or does not fit the cluster or the archive
 * - `connection`: Kafka or the storage could not be reached, or refused us
 * - `data`: data is damaged, missing, or not where it has to be
 * - `interrupted`: stopped by a signal or by running out of time; what was committed is valid
 */
export type ErrorKind = 'usage' | 'configuration' | 'connection' | 'data' | 'interrupted';

/**
 * An error that is meant for a person: one line that names what is wrong, where, and what to do.
 * Anything that is not a `MskBackupError` at the edge is a bug of ours.
 */
export class MskBackupError extends Error {
  readonly kind: ErrorKind;
  /** Stable, upper-case, for programs: `OBJECT_EXISTS`, `CRC_MISMATCH`, … */
  readonly code: string;

  constructor(kind: ErrorKind, code: string, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'MskBackupError';
    this.kind = kind;
    this.code = code;
  }
}

/** True for a `MskBackupError` with this code. */
export function hasCode(error: unknown, code: string): error is MskBackupError {
  return error instanceof MskBackupError && error.code === code;
}
