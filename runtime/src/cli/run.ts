import { randomBytes } from 'node:crypto';
import type { Command } from 'commander';
import type { MetricsOutput } from '../metrics/recorder.ts';
import { jsonLog } from '../observe/json-log.ts';
import type { Log } from '../observe/log.ts';
import type { RunContext } from '../observe/run-context.ts';
import type { ShownProgress } from '../observe/shown-progress.ts';
import { terminalLog } from '../observe/terminal-log.ts';
import { tellFailure } from './failure.ts';
import { type CommonOptions, logLevel } from './options.ts';
import { stopOnSignals } from './stop-on-signals.ts';

/** What a command works with. */
export interface Run<Options extends CommonOptions> {
  options: Options;
  /** What stands behind the options. */
  args: string[];
  context: RunContext;
  /** Lines for people and log collectors on the standard error. */
  log: Log;
  /** The result on the standard output: the value with `--json`, else the text. Once a run: the bars end with it. */
  print(value: unknown, text: () => string): void;
  /**
   * A piece of a result that is too large for `print`, with its line breaks. Resolves when it was taken; false when nobody
   * reads any more.
   */
  write(text: string): Promise<boolean>;
  /** Where metrics go that the configuration asks for. */
  metrics: MetricsOutput;
}

/** What a command does; answers the exit code. */
// biome-ignore lint/suspicious/noExplicitAny: each command has its own options, which commander has checked
export type Execute = (run: Run<any>) => Promise<number>;

/**
 * Runs a command: bars or log lines while it works, the error as the user gets it, the exit code.
 * @param graceMs what it may take to end after SIGTERM or SIGINT; see `stopOnSignals`
 */
export async function run(command: Command, execute: Execute, graceMs: number): Promise<void> {
  const options = command.optsWithGlobals<CommonOptions>();
  const id = randomBytes(6).toString('hex');
  const { log, progress } = await shown(options, id);
  // However the process ends, the terminal gets its cursor back.
  process.on('exit', () => progress.end());
  let printed = false;
  const print = (value: unknown, text: () => string) => {
    progress.end();
    printed = true;
    process.stdout.write(options.json ? `${JSON.stringify(value, null, 2)}\n` : `${text()}\n`);
  };
  const write = (text: string) => {
    progress.end();
    printed = true;
    return writeOut(text);
  };
  const metrics: MetricsOutput = {
    run: id,
    write(line) {
      // The result of --json is the one value on the standard output; a container's log has both.
      (options.json ? process.stderr : process.stdout).write(`${line}\n`);
    },
  };
  const tell = (error: unknown) => {
    progress.end();
    // One result on the standard output, not two.
    tellFailure(error, { ...options, json: options.json && !printed }, stopping.signal);
  };
  const stopping = stopOnSignals({
    graceMs,
    say: (line) => log.warn(line),
    giveUp(error) {
      tell(error);
      process.exit();
    },
  });
  try {
    process.exitCode = await execute({
      options,
      args: command.args,
      context: { progress, signal: stopping.signal },
      log,
      print,
      write,
      metrics,
    });
  } catch (error) {
    tell(error);
  } finally {
    progress.end();
    stopping.release();
  }
}

/** Waits for the reader, who may be slow. `msk-backup read | head` is no error: main.ts deals with the event that it makes. */
function writeOut(text: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    process.stdout.write(text, (error) => {
      if (!error) resolve(true);
      else if (['EPIPE', 'ERR_STREAM_DESTROYED'].includes((error as NodeJS.ErrnoException).code ?? '')) resolve(false);
      else reject(error);
    });
  });
}

/** Bars and plain lines for a terminal, JSON lines for everything else. */
async function shown(options: CommonOptions, run: string): Promise<{ log: Log; progress: ShownProgress }> {
  const level = logLevel(options);
  if (process.stderr.isTTY && !options.json) {
    const { barProgress } = await import('../observe/bar-progress.ts');
    const progress = barProgress({ level });
    return { log: terminalLog({ level, write: progress.line }), progress };
  }
  const { logProgress } = await import('../observe/log-progress.ts');
  const log = jsonLog({ run, level });
  return { log, progress: logProgress(log) };
}
