import { CommanderError } from 'commander';
import { EXIT_CODES } from './exit-codes.ts';
import { tellFailure } from './failure.ts';
import { buildProgram } from './program.ts';
import { usageError } from './usage-error.ts';

/** Nothing keeps the process alive after a run. Should something do so all the same, a cron job ends nevertheless. */
const LINGER_MS = 2_000;

/**
 * The `msk-backup` command. Sets the exit code; never throws.
 * @param argv what stands after the name of the command
 */
export async function main(argv: string[]): Promise<void> {
  // Before the command line has been read there is only this to go by.
  const options = { json: argv.includes('--json'), verbose: argv.includes('--verbose') || argv.includes('-v') };
  for (const stream of [process.stdout, process.stderr]) stream.on('error', ignoreClosedPipe);
  process.on('uncaughtException', (error) => {
    tellFailure(error, options);
    process.exit();
  });
  const program = buildProgram();
  try {
    await program.parseAsync(argv, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) tellFailure(error, options);
    // Without a command the help has been shown; that is all there is to say.
    else if (error.code === 'commander.help') process.exitCode = EXIT_CODES.usage;
    else if (error.exitCode !== 0) tellFailure(usageError(error, program, argv), options);
  }
  setTimeout(() => process.exit(), LINGER_MS).unref();
}

/** `msk-backup list | head` is no error. */
function ignoreClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
}

if (import.meta.main) await main(process.argv.slice(2));
