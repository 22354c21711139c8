import { isShown, type Log, type LogLevel } from './log.ts';

const PREFIX: Record<LogLevel, string> = { debug: 'debug: ', info: '', warn: 'warning: ', error: 'error: ' };

/**
 * Lines for a person at a terminal. Details are shown at level `debug` only: the messages say what there is to say.
 * @param options.write takes one line without its end; default: the standard error
 */
export function terminalLog(options: { level: LogLevel; write?: (line: string) => void }): Log {
  const write = options.write ?? ((text: string) => process.stderr.write(`${text}\n`));
  const line = (level: LogLevel) => (message: string, details?: Record<string, unknown>) => {
    if (!isShown(level, options.level)) return;
    const shown = options.level === 'debug' && details && Object.keys(details).length > 0;
    write(`${PREFIX[level]}${message}${shown ? ` ${JSON.stringify(details)}` : ''}`);
  };
  return { debug: line('debug'), info: line('info'), warn: line('warn'), error: line('error') };
}
