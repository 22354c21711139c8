import type { MetricsSettings } from '../config/metrics.ts';
import type { MetricName, MetricValues } from './catalog.ts';
import type { CountedProgress } from './counted-progress.ts';
import { metricLine } from './embedded-metric-format.ts';
import type { PrometheusServer } from './prometheus-server.ts';
import type { PrometheusValues } from './prometheus-values.ts';

/** Where metric lines go and what finds them again. */
export interface MetricsOutput {
  /** Takes one line of embedded metric format, without its end, at once: also while the process ends. */
  write(line: string): void;
  /** Names the run in the log; a field of each metric line. */
  run?: string;
}

/** Takes the values of one archive to wherever the configuration wants them. */
export class Recorder {
  readonly #settings: MetricsSettings;
  readonly #archive: string;
  readonly #output: MetricsOutput;
  readonly #served: { values: PrometheusValues; server: PrometheusServer } | undefined;

  private constructor(
    settings: MetricsSettings,
    archive: string,
    output: MetricsOutput,
    served?: { values: PrometheusValues; server: PrometheusServer },
  ) {
    this.#settings = settings;
    this.#archive = archive;
    this.#output = output;
    this.#served = served;
  }

  /**
   * @param archive see `archiveName`
   * @param live what goes on meanwhile, for Prometheus; without it no server is started
   * @throws MskBackupError `METRICS_PORT`
   */
  static async open(
    settings: MetricsSettings,
    archive: string,
    output: MetricsOutput,
    live?: { kind: 'backup' | 'restore'; progress: CountedProgress },
  ): Promise<Recorder> {
    const { prometheus } = settings;
    if (prometheus === undefined || live === undefined) return new Recorder(settings, archive, output);
    const [{ PrometheusValues }, { PrometheusServer }] = await Promise.all([
      import('./prometheus-values.ts'),
      import('./prometheus-server.ts'),
    ]);
    const values = new PrometheusValues();
    values.watch(live.kind, archive, live.progress);
    const server = await PrometheusServer.start(prometheus, values);
    return new Recorder(settings, archive, output, { values, server });
  }

  /** False when nobody wants to know: what costs something need not be found out. */
  get wanted(): boolean {
    return this.#settings.cloudwatch || this.#served !== undefined;
  }

  record(values: MetricValues): void {
    this.#record(values);
  }

  /** Only where values of topics are wanted. */
  recordTopics(topics: readonly [topic: string, values: MetricValues][]): void {
    if (!this.#settings.topics) return;
    this.#served?.values.keepTopics(new Set(topics.map(([topic]) => topic)), this.#archive);
    for (const [topic, values] of topics) this.#record(values, topic);
  }

  /** What the age is of, in epoch milliseconds, so that it can grow until the next run. */
  grow(name: MetricName, time: number): void {
    this.#served?.values.grow(name, time, this.#archive);
  }

  async close(signal: AbortSignal): Promise<void> {
    await this.#served?.server.stop(signal);
  }

  #record(values: MetricValues, topic?: string): void {
    const dimensions = { archive: this.#archive, ...(topic !== undefined && { topic }) };
    const { run } = this.#output;
    if (this.#settings.cloudwatch) {
      this.#output.write(metricLine(values, dimensions, Date.now(), run === undefined ? {} : { run }));
    }
    this.#served?.values.set(values, dimensions);
  }
}
