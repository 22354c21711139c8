import { Meter, type Reading, type Work } from '../observe/meter.ts';
import type { Progress } from '../observe/progress.ts';

/** Counts the work of one stage, of all its turns in this process, on its way to whoever shows it. */
export class CountedProgress implements Progress {
  /** Of all turns of the stage so far; only grows. */
  readonly done: Work = { bytes: 0, records: 0 };
  readonly #to: Progress;
  readonly #stage: string;
  #meter: Meter | undefined;
  #counts = false;

  /** @param stage the one that counts: reading back what was restored is no restoring */
  constructor(to: Progress, stage: string) {
    this.#to = to;
    this.#stage = stage;
  }

  /** Where the stage stands, or stood at its end; undefined before it began. */
  read(): Reading | undefined {
    return this.#meter?.read();
  }

  stage(name: string, total?: { bytes?: number; records?: number }): void {
    this.#counts = name === this.#stage;
    if (this.#counts) this.#meter = new Meter(name, total);
    this.#to.stage(name, total);
  }

  advance(done: { bytes?: number; records?: number }): void {
    if (this.#counts) {
      this.done.bytes += done.bytes ?? 0;
      this.done.records += done.records ?? 0;
      this.#meter?.advance(done);
    }
    this.#to.advance(done);
  }

  note(level: 'info' | 'warn', message: string, details?: Record<string, unknown>): void {
    this.#to.note(level, message, details);
  }
}
