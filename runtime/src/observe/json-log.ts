import { pino } from 'pino';
import type { Log, LogLevel } from './log.ts';

/**
 * JSON lines, one an event: `{"level":"info","time":"2026-11-24T11:05:01.123Z","run":"…","msg":"…", …details}`.
 * Written at once, so that none is lost when the process ends; a reader that has gone away is ignored.
 * @param options.run names the run in every line
 * @param options.fd file descriptor; default 2, the standard error
 */
export function jsonLog(options: { run: string; level: LogLevel; fd?: number }): Log {
  const destination = pino.destination({ fd: options.fd ?? 2, sync: true });
  destination.on('error', () => {});
  const logger = pino(
    {
      level: options.level,
      base: { run: options.run },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    destination,
  );
  const line = (level: LogLevel) => (message: string, details?: Record<string, unknown>) =>
    logger[level](details ?? {}, message);
  return { debug: line('debug'), info: line('info'), warn: line('warn'), error: line('error') };
}
