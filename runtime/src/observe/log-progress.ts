import type { Log } from './log.ts';
import { Meter, type Reading } from './meter.ts';
import type { ShownProgress } from './shown-progress.ts';

/**
 * Tells the progress as log lines: one when a stage begins, one every ten seconds, one when it has ended.
 * @param everyMs time between two lines of one stage; default 10,000
 */
export function logProgress(log: Log, everyMs = 10_000): ShownProgress {
  let meter: Meter | undefined;
  const tell = (message: string) => {
    if (meter) log.info(message, rounded(meter.read()));
  };
  const timer = setInterval(() => tell('progress'), everyMs);
  timer.unref();

  return {
    stage(name, total) {
      tell('stage ended');
      meter = new Meter(name, total);
      log.info('stage began', { stage: name, ...(total && { total }) });
    },
    advance(done) {
      meter?.advance(done);
    },
    note(level, message, details) {
      log[level](message, details);
    },
    end() {
      clearInterval(timer);
      tell('stage ended');
      meter = undefined;
    },
  };
}

/** Whole numbers for the people and programs that read the lines. */
function rounded(reading: Reading): Record<string, unknown> {
  const { fraction, remainingMs, elapsedMs, bytesPerSecond, recordsPerSecond, ...rest } = reading;
  return {
    ...rest,
    elapsedMs: Math.round(elapsedMs),
    bytesPerSecond: Math.round(bytesPerSecond),
    recordsPerSecond: Math.round(recordsPerSecond),
    ...(fraction !== undefined && { percent: Math.floor(fraction * 100) }),
    ...(remainingMs !== undefined && { remainingSeconds: Math.ceil(remainingMs / 1000) }),
  };
}
