import { cpus, totalmem } from 'node:os';
import type { FarResult } from './far.ts';
import type { HolesResult } from './holes.ts';
import type { Cost } from './measure.ts';
import type { RemoteResult } from './remote.ts';
import type { SetResult } from './transfer.ts';
import type { WideResult } from './wide.ts';

export interface Results {
  sets: SetResult[];
  wide: WideResult | undefined;
  holes: HolesResult | undefined;
  far: FarResult | undefined;
  remote: RemoteResult | undefined;
}

/** The page `bench/results.md`: what was measured on which machine, and whether the goals of the project are met. */
export function resultsPage(results: Results, kafka: string, rounds: number): string {
  const [cpu] = cpus();
  return [
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
    ...results.sets.flatMap(transferLines),
    ...wideLines(results.wide),
    ...exactLines(results.holes, results.far),
    ...remoteLines(results.remote),
  ].join('\n');
}

function transferLines({ set, bytes, sent, limit, consumer, backup, restore }: SetResult): string[] {
  const { translate, exact, headers } = restore;
  const rows: [string, Cost[]][] = [
    ['fetch and throw away (the limit)', limit],
    ['Kafka’s consumer tool', consumer],
    ['**msk-backup backup**', backup],
    ['Kafka’s producer tool (once)', [sent]],
    ['**msk-backup restore**', translate],
    ['the same, exact offsets', exact],
    ['the same, with headers of the source', headers],
  ];
  const others = [
    ...(exact.length > 0 ? [` Exact offsets: ${ratio(translate, exact)} of that speed.`] : []),
    ...(headers.length > 0 ? [` With headers: ${ratio(translate, headers)}.`] : []),
  ];
  return [
    `## ${set.title}`,
    '',
    `${set.records.toLocaleString('en')} records, ${(bytes / 1e9).toFixed(2)} GB of record batches`,
    '',
    '| | seconds | MB/s | CPU s per GB | peak MB |',
    '| --- | ---: | ---: | ---: | ---: |',
    ...rows.filter(([, runs]) => runs.length > 0).map(([name, runs]) => row(name, runs, bytes)),
    '',
    `Backup: ${ratio(consumer, backup)} of the consumer tool’s speed, ${ratio(limit, backup)} of the limit. ` +
      `Restore: ${ratio([sent], translate)} of the producer tool’s speed.${others.join('')}`,
    '',
  ];
}

function wideLines(wide: WideResult | undefined): string[] {
  if (wide === undefined) return [];
  return [
    `## ${wide.partitions.toLocaleString('en')} partitions`,
    '',
    `${wide.records.toLocaleString('en')} JSON orders over all of them; one round.`,
    '',
    ...table([
      ['backup', wide.backup],
      ['restore', wide.restore],
    ]),
  ];
}

function exactLines(holes: HolesResult | undefined, far: FarResult | undefined): string[] {
  if (holes === undefined || far === undefined) return [];
  const made = `${holes.holes.toLocaleString('en')} holes (${holes.markers.toLocaleString('en')} offsets)`;
  return [
    '## Exact offsets',
    '',
    `Transactions of a few records in ${holes.partitions} partitions left ${made}. A partition of ` +
      `another topic begins at offset ${far.leadingOffsets.toLocaleString('en')}. One round; the whole command with its start.`,
    '',
    ...table([
      ...holes.runs.map(({ filler, restore }) => [`holes filled with ${filler}`, restore] as const),
      [`led to offset ${far.leadingOffsets.toLocaleString('en')}`, far.restore],
    ]),
  ];
}

function remoteLines(remote: RemoteResult | undefined): string[] {
  if (remote === undefined) return [];
  return [
    '## S3',
    '',
    `${remote.records.toLocaleString('en')} orders, lz4-compressed by the producer, ${(remote.bytes / 1e9).toFixed(2)} GB of record ` +
      'batches, 4 partitions, one round: for the memory; the emulator that stands in for S3 sets the pace.',
    '',
    ...table([
      ['backup', remote.backup],
      ['restore', remote.restore],
    ]),
  ];
}

function table(rows: (readonly [string, Cost])[]): string[] {
  return [
    '| | seconds | peak MB |',
    '| --- | ---: | ---: |',
    ...rows.map(([name, { seconds, peakBytes }]) => `| ${name} | ${seconds.toFixed(1)} | ${megabytes(peakBytes)} |`),
    '',
  ];
}

function row(name: string, runs: Cost[], bytes: number): string {
  const time = seconds(runs);
  return `| ${name} | ${time.toFixed(2)} | ${(bytes / 1e6 / time).toFixed(0)} | ${(median(runs.map(({ cpuSeconds }) => cpuSeconds)) / (bytes / 1e9)).toFixed(1)} | ${megabytes(median(runs.map(({ peakBytes }) => peakBytes)))} |`;
}

function seconds(runs: Cost[]): number {
  return median(runs.map(({ seconds }) => seconds));
}

function ratio(reference: Cost[], ours: Cost[]): string {
  return (seconds(reference) / seconds(ours)).toFixed(2);
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(0);
}

function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)]!;
}
