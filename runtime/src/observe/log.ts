/** How much is shown; each level shows itself and those after it. */
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;

export type LogLevel = (typeof LOG_LEVELS)[number];

/**
 * Lines for people and for log collectors. Never given secrets or the content of records. Only the edge has one: the
 * engines tell what happens through `Progress`.
 */
export type Log = {
  [level in LogLevel]: (message: string, details?: Record<string, unknown>) => void;
};

/** True when a line of this level is to be shown at the threshold. */
export function isShown(level: LogLevel, threshold: LogLevel): boolean {
  return LOG_LEVELS.indexOf(level) >= LOG_LEVELS.indexOf(threshold);
}
