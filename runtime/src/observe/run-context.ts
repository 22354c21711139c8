import type { Progress } from './progress.ts';

/** What an engine gets from whoever started it: somewhere to tell of its work, and word that it should end. */
export interface RunContext {
  progress: Progress;
  /**
   * Aborted when the run should end early. A backup then commits what it has as a partial snapshot, a restore waits for
   * what is in flight; both say `interrupted` in what they return. There are about 20 seconds for it.
   */
  signal: AbortSignal;
}
