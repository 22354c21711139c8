/**
 * A run that is stopped: prints `ready`, and ends 100 ms after the signal, or never.
 * Arguments: grace in milliseconds, `ends` or `hangs`.
 */
import { EXIT_CODES } from '../../runtime/src/cli/exit-codes.ts';
import { tellFailure } from '../../runtime/src/cli/failure.ts';
import { stopOnSignals } from '../../runtime/src/cli/stop-on-signals.ts';

const [graceMs, how] = process.argv.slice(2);
const { signal, release } = stopOnSignals({
  graceMs: Number(graceMs),
  say: (line) => process.stderr.write(`${line}\n`),
  giveUp(error) {
    tellFailure(error, {});
    process.exit();
  },
});
const alive = setInterval(() => {}, 1000);
signal.addEventListener('abort', () => {
  if (how === 'hangs') return;
  setTimeout(() => {
    process.stdout.write('committed\n');
    process.exitCode = EXIT_CODES.interrupted;
    clearInterval(alive);
    release();
  }, 100);
});
process.stdout.write('ready\n');
