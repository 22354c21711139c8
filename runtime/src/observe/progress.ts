/** What an engine tells while it works. The edge shows it: bars on a terminal, JSON lines elsewhere. */
export interface Progress {
  /** A stage begins: `total` bytes or records are expected (undefined when unknown). */
  stage(name: string, total?: { bytes?: number; records?: number }): void;
  /** Work done since the last call, in the current stage. */
  advance(done: { bytes?: number; records?: number }): void;
  /** A fact that a person wants to know, in one line: a correction, a range that was lost, a wait. */
  note(level: 'info' | 'warn', message: string, details?: Record<string, unknown>): void;
}

/** Tells nobody. */
export const silent: Progress = { stage() {}, advance() {}, note() {} };
