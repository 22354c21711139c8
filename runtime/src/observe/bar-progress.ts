import cliProgress from 'cli-progress';
import { isShown, type LogLevel } from './log.ts';
import { Meter } from './meter.ts';
import { doneLine, progressLine } from './progress-line.ts';
import type { ShownProgress } from './shown-progress.ts';

/** Progress on a terminal, with a way to write lines that do not disturb the bar. */
export interface BarProgress extends ShownProgress {
  /** Writes a line above the bar, or as it is while there is none. */
  line(text: string): void;
}

/**
 * One bar at the bottom of the terminal, for the stage that runs, with its rate and remaining time. Notes and the stages
 * that are done stand above it.
 * @param options.stream a terminal; default the standard error
 */
export function barProgress(options: { level: LogLevel; stream?: NodeJS.WriteStream }): BarProgress {
  const stream = options.stream ?? process.stderr;
  const bars = new cliProgress.MultiBar({
    stream,
    fps: 5,
    hideCursor: true,
    clearOnComplete: true,
    // Signals are ours: a stopped run goes on for a while to commit what it has.
    gracefulExit: false,
    format: (_options, _params, payload: { meter: Meter }) =>
      progressLine(payload.meter.read(), stream.columns || undefined),
  });
  let bar: cliProgress.SingleBar | undefined;
  let meter: Meter | undefined;

  const line = (text: string) => {
    if (bar) bars.log(`${text}\n`);
    else stream.write(`${text}\n`);
  };
  const stageEnded = () => {
    if (meter) line(doneLine(meter.read()));
    meter = undefined;
  };

  return {
    line,
    stage(name, total) {
      stageEnded();
      meter = new Meter(name, total);
      if (bar) bar.update(0, { meter });
      else bar = bars.create(1, 0, { meter });
    },
    advance(done) {
      meter?.advance(done);
    },
    note(level, message) {
      if (isShown(level, options.level)) line(level === 'warn' ? `warning: ${message}` : message);
    },
    end() {
      if (!bar) return;
      stageEnded();
      bars.update();
      bars.stop();
      bar = undefined;
    },
  };
}
