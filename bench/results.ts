import { cpus, totalmem } from 'node:os';
import type { Cost } from './measure.ts';
import type { DataSet } from './sets.ts';
import type { WideResult } from './wide.ts';

export interface SetResult {
  set: DataSet;
  /** Bytes of the record batches. */
  bytes: number;
  sent: Cost;
  limit: Cost[];
  consumer: Cost[];
  backup: Cost[];
  restore: Cost[];
}

/** The page `bench/results.md`: what was measured on which machine, and whether the goals of the project are met. */
export function resultsPage(results: SetResult[], wide: WideResult | undefined, kafka: string, rounds: number): string {
  const [cpu] = cpus();
  const lines = [
    '# Benchmark results',
    '',
    '<!-- Written by `npm run bench`. -->',
    '',
    `${cpus().length} × ${cpu?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}, Kafka ${kafka}, ` +
      `${new Date().toISOString().slice(0, 10)}. One broker on the same machine, 4 partitions, filesystem storage, zstd level 1; medians of ${rounds} rounds.`,
    '',
    'Seconds are those that each program counts itself, without the start of its virtual machine: of fetching, of sending, or',
    'for msk-backup from the first question to the cluster to the durable commit, and of a restore to its final check. GB are of',
    'record batches before our compression. CPU and memory are the whole process’s.',
    '',
  ];
  for (const result of results) {
    lines.push(
      `## ${result.set.title}`,
      '',
      `${result.set.records.toLocaleString('en')} records, ${(result.bytes / 1e9).toFixed(2)} GB of record batches`,
      '',
      '| | seconds | MB/s | CPU s per GB | peak MB |',
      '| --- | ---: | ---: | ---: | ---: |',
      row('fetch and throw away (the limit)', result.limit, result.bytes),
      row('Kafka’s consumer tool', result.consumer, result.bytes),
      row('**msk-backup backup**', result.backup, result.bytes),
      row('Kafka’s producer tool (once)', [result.sent], result.bytes),
      row('**msk-backup restore**', result.restore, result.bytes),
      '',
      `Backup: ${ratio(seconds(result.consumer), seconds(result.backup))} of the consumer tool’s speed, ` +
        `${ratio(seconds(result.limit), seconds(result.backup))} of the limit. ` +
        `Restore: ${ratio(result.sent.seconds, seconds(result.restore))} of the producer tool’s speed.`,
      '',
    );
  }
  if (wide !== undefined) {
    lines.push(
      `## ${wide.partitions.toLocaleString('en')} partitions`,
      '',
      `${wide.records.toLocaleString('en')} JSON orders over all of them; one round.`,
      '',
      '| | seconds | peak MB |',
      '| --- | ---: | ---: |',
      `| backup | ${wide.backup.seconds.toFixed(1)} | ${megabytes(wide.backup.peakBytes)} |`,
      `| restore | ${wide.restore.seconds.toFixed(1)} | ${megabytes(wide.restore.peakBytes)} |`,
      '',
    );
  }
  return lines.join('\n');
}

function row(name: string, runs: Cost[], bytes: number): string {
  const time = seconds(runs);
  return `| ${name} | ${time.toFixed(2)} | ${(bytes / 1e6 / time).toFixed(0)} | ${(median(runs.map(({ cpuSeconds }) => cpuSeconds)) / (bytes / 1e9)).toFixed(1)} | ${megabytes(median(runs.map(({ peakBytes }) => peakBytes)))} |`;
}

function seconds(runs: Cost[]): number {
  return median(runs.map(({ seconds }) => seconds));
}

function ratio(reference: number, ours: number): string {
  return (reference / ours).toFixed(2);
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(0);
}

function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)]!;
}
