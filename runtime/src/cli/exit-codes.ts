import type { ErrorKind } from '../errors.ts';

/** What the command ends with; the table in docs/cli.md and the help say the same. */
export const EXIT_CODES: Record<'ok' | 'internal' | ErrorKind, number> = {
  ok: 0,
  internal: 1,
  usage: 2,
  configuration: 3,
  connection: 4,
  data: 5,
  interrupted: 6,
};

/** What a shell gives a command that SIGINT ended: 128 + 2. */
export const EXIT_CODE_SECOND_SIGINT = 130;

export const EXIT_CODE_HELP = `
Exit codes:
  0  done
  1  internal error: a bug of this program
  2  usage: the command line is wrong
  3  configuration: the file is wrong, or does not fit the cluster or the archive
  4  connection: Kafka or the storage could not be reached, or refused
  5  data: damaged, missing, or not where it has to be
  6  interrupted: stopped before the end; what was committed is valid`;
