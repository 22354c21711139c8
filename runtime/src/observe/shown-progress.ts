import type { Progress } from './progress.ts';

/** Progress that somebody looks at: it has a line, a bar or a timer that has to be taken away at the end. */
export interface ShownProgress extends Progress {
  /** Shows where the last stage stands and lets go of the terminal and the timers. May be called twice. */
  end(): void;
}
