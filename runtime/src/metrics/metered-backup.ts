import type { BackupResult } from '../backup/result.ts';
import { type BackupAttempt, runBackup } from '../backup/run.ts';
import type { BackupJob } from '../config/job.ts';
import { unlessAborted } from '../flow/unless-aborted.ts';
import type { RunContext } from '../observe/run-context.ts';
import { openStore } from '../storage/open-store.ts';
import { archiveName } from './archive-name.ts';
import { newestComplete, storedBytes } from './archive-state.ts';
import type { MetricValues } from './catalog.ts';
import { CountedProgress } from './counted-progress.ts';
import { type MetricsOutput, Recorder } from './recorder.ts';
import { behindByTopic, behindOf } from './snapshot-values.ts';
import { unlessOver } from './unless-over.ts';

/** A listing costs a request per thousand objects: a continuous backup does not list its archive every minute. */
const LISTING_EVERY_MS = 3_600_000;
/** What is looked up about the archive must not hold up the end of a run. */
const LOOK_UP_MS = 60_000;
const LOOK_UP_STOPPED_MS = 3_000;

/**
 * `runBackup`, with the metrics that the job asks for: a set of values for each snapshot, and one, with BackupSucceeded 0,
 * for a run that fails before it takes any. Errors as `runBackup`, and `METRICS_PORT`.
 */
export async function meteredBackup(job: BackupJob, context: RunContext, output: MetricsOutput): Promise<BackupResult> {
  const progress = new CountedProgress(context.progress, 'backup');
  const recorder = await Recorder.open(job.metrics, archiveName(job.storage), output, { kind: 'backup', progress });
  if (!recorder.wanted) return runBackup(job, context);
  const metrics = new BackupMetrics(job, recorder, context.signal);
  try {
    return await unlessOver(
      () =>
        runBackup(job, { ...context, progress }, (attempt) => metrics.tell(attempt)).catch(async (reason) => {
          await metrics.tellUnlessTold();
          throw reason;
        }),
      () => metrics.tellAtExit(),
    );
  } finally {
    await recorder.close(context.signal);
  }
}

class BackupMetrics {
  readonly #job: BackupJob;
  readonly #recorder: Recorder;
  readonly #signal: AbortSignal;
  readonly #startedAt = new Date();
  #told = false;
  #listedAt = Number.NEGATIVE_INFINITY;

  constructor(job: BackupJob, recorder: Recorder, signal: AbortSignal) {
    this.#job = job;
    this.#recorder = recorder;
    this.#signal = signal;
  }

  async tell({ startedAt, snapshot, records, reached }: BackupAttempt): Promise<void> {
    this.#told = true;
    const now = Date.now();
    const known = snapshot === undefined ? {} : behindOf(snapshot);
    const lookedUp = await this.#lookUp(snapshot?.kind === 'complete' ? Date.parse(snapshot.cut.time) : undefined);
    const completeCut = lookedUp.completeCut;
    const wholeCut = snapshot !== undefined && reached ? Date.parse(snapshot.cut.time) : completeCut;
    this.#recorder.record({
      RecordsBackedUp: snapshot?.added.records ?? 0,
      BackupDurationSeconds: (now - startedAt.getTime()) / 1000,
      BackupSizeBytes: snapshot?.added.storedBytes ?? 0,
      BackupSucceeded: snapshot !== undefined && reached ? 1 : 0,
      ...known,
      ...(wholeCut !== undefined && { BackupLagSeconds: age(wholeCut, now) }),
      ...(completeCut !== undefined && { BackupAgeSeconds: age(completeCut, now) }),
      ...(lookedUp.bytes !== undefined && { StoredBytes: lookedUp.bytes }),
    });
    if (completeCut !== undefined) this.#recorder.grow('BackupAgeSeconds', completeCut);
    if (snapshot === undefined) return;
    const topics = [...behindByTopic(snapshot)].map(([topic, values]): [string, MetricValues] => [
      topic,
      { RecordsBackedUp: records.get(topic) ?? 0, ...values },
    ]);
    this.#recorder.recordTopics(topics);
  }

  /** The run failed before it could try: no cluster, no archive. */
  async tellUnlessTold(): Promise<void> {
    if (!this.#told) await this.tell({ startedAt: this.#startedAt, records: new Map(), reached: false });
  }

  tellAtExit(): void {
    this.#recorder.record({
      RecordsBackedUp: 0,
      BackupDurationSeconds: (Date.now() - this.#startedAt.getTime()) / 1000,
      BackupSizeBytes: 0,
      BackupSucceeded: 0,
    });
  }

  /** @param completeCut of the snapshot that was just taken, if it is complete. What cannot be had in time is left out */
  async #lookUp(completeCut: number | undefined): Promise<{ completeCut?: number; bytes?: number }> {
    const stopped = this.#signal.aborted;
    const list = !stopped && Date.now() - this.#listedAt >= LISTING_EVERY_MS;
    const found: { completeCut?: number; bytes?: number } = completeCut === undefined ? {} : { completeCut };
    if (completeCut !== undefined && !list) return found;
    const deadline = AbortSignal.timeout(stopped ? LOOK_UP_STOPPED_MS : LOOK_UP_MS);
    const signal = stopped ? deadline : AbortSignal.any([deadline, this.#signal]);
    const store = await openStore(this.#job.storage);
    try {
      const looking = Promise.allSettled([
        completeCut === undefined &&
          newestComplete(store).then((snapshot) => {
            if (snapshot !== undefined) found.completeCut = Date.parse(snapshot.cut.time);
          }),
        list &&
          storedBytes(store, signal).then((bytes) => {
            found.bytes = bytes;
            this.#listedAt = Date.now();
          }),
      ]);
      await unlessAborted(looking, signal, 'stopped while looking at the archive').catch(() => {});
    } finally {
      await store.close();
    }
    return { ...found };
  }
}

function age(since: number, now: number): number {
  return Math.max(0, now - since) / 1000;
}
