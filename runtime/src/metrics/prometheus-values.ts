import { Counter, Gauge, Registry } from 'prom-client';
import {
  LIVE_METRICS,
  type LiveMetricName,
  METRICS,
  type MetricDefinition,
  type MetricName,
  type MetricValues,
} from './catalog.ts';
import type { CountedProgress } from './counted-progress.ts';
import type { Dimensions } from './embedded-metric-format.ts';

const LABELS = ['archive', 'topic'] as const;

/** What a process tells Prometheus: the values of its last run, and how the run under way is going. */
export class PrometheusValues {
  readonly #registry = new Registry();
  readonly #gauges = new Map<MetricName, Gauge<(typeof LABELS)[number]>>();
  readonly #topics = new Set<string>();
  /** Ages grow between runs: when what they are the age of was, in epoch milliseconds. */
  readonly #since = new Map<MetricName, { time: number; archive: string }>();

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** Adds what is read from the progress whenever somebody asks. */
  watch(kind: 'backup' | 'restore', archive: string, progress: CountedProgress): void {
    for (const live of Object.keys(LIVE_METRICS) as LiveMetricName[]) {
      const { type, help } = LIVE_METRICS[live];
      const common = { name: `kafka_${kind}_${live}`, help, labelNames: ['archive'], registers: [this.#registry] };
      const value = () => liveValues(progress)[live];
      if (type === 'counter') {
        new Counter({
          ...common,
          // The count itself is kept by the progress.
          collect() {
            this.reset();
            this.inc({ archive }, value());
          },
        });
      } else {
        new Gauge({
          ...common,
          collect() {
            const now = value();
            if (now === undefined) this.remove({ archive });
            else this.set({ archive }, now);
          },
        });
      }
    }
  }

  set(values: MetricValues, { archive, topic }: Dimensions): void {
    if (topic !== undefined) this.#topics.add(topic);
    for (const [name, value] of Object.entries(values) as [MetricName, number][]) {
      this.#gauge(name)?.set({ archive, ...(topic !== undefined && { topic }) }, value);
    }
  }

  /** Topics that are not there any more are not told of any more. */
  keepTopics(kept: ReadonlySet<string>, archive: string): void {
    for (const topic of this.#topics) {
      if (kept.has(topic)) continue;
      this.#topics.delete(topic);
      for (const gauge of this.#gauges.values()) gauge.remove({ archive, topic });
    }
  }

  /** An age that grows until it is set again. */
  grow(name: MetricName, time: number, archive: string): void {
    this.#since.set(name, { time, archive });
  }

  /** The text that Prometheus reads. */
  async text(): Promise<string> {
    const now = Date.now();
    for (const [name, { time, archive }] of this.#since) this.set({ [name]: (now - time) / 1000 }, { archive });
    return this.#registry.metrics();
  }

  #gauge(name: MetricName): Gauge<(typeof LABELS)[number]> | undefined {
    const { prometheus, help }: MetricDefinition = METRICS[name];
    let gauge = this.#gauges.get(name);
    if (gauge === undefined && prometheus !== undefined) {
      gauge = new Gauge({ name: prometheus, help, labelNames: LABELS, registers: [this.#registry] });
      this.#gauges.set(name, gauge);
    }
    return gauge;
  }
}

function liveValues(progress: CountedProgress): Partial<Record<LiveMetricName, number>> {
  const reading = progress.read();
  const { bytes: bytes_total, records: records_total } = progress.done;
  if (reading === undefined) return { bytes_total, records_total };
  const { total, records, fraction, remainingMs } = reading;
  return {
    bytes_total,
    records_total,
    throughput_records_per_sec: reading.recordsPerSecond,
    throughput_bytes_per_sec: reading.bytesPerSecond,
    ...(total?.records !== undefined && {
      target_records: total.records,
      remaining_records: Math.max(0, total.records - records),
    }),
    ...(fraction !== undefined && { progress_percent: fraction * 100 }),
    ...(remainingMs !== undefined && { eta_seconds: remainingMs / 1000 }),
  };
}
