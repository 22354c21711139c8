import prettyBytes from 'pretty-bytes';
import prettyMilliseconds from 'pretty-ms';
import { escapeHtml } from './html.ts';
import { plot } from './plot.ts';
import type { DrillReport } from './report.ts';

/**
 * The report of the last drill for people, in one file that loads nothing: what it found, and how sizes, ages and durations
 * have been over the drills before it.
 * @param reports the oldest first; the last one is what the page is about
 */
export function drillPage(reports: readonly DrillReport[]): string {
  const report = reports.at(-1)!;
  const title = `Drill ${report.id}`;
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>
  :root { color-scheme: light dark; --good: #1a7f37; --bad: #cf222e; --line: #8884; }
  body { font: 15px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem; }
  h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
  .verdict { color: #fff; padding: .6rem 1rem; border-radius: .4rem; font-weight: 600; }
  .good { background: var(--good); } .bad { background: var(--bad); }
  table { border-collapse: collapse; width: 100%; } th, td { text-align: left; padding: .25rem .6rem; border-bottom: 1px solid var(--line); }
  td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; }
  figure { margin: 1rem 0; } figcaption { font-weight: 600; } svg { width: 100%; height: auto; font-size: 11px; fill: currentColor; }
  svg line { stroke: var(--line); } .bar { fill: #2f81f7; } .failed { fill: var(--bad); }
</style>
<h1>${escapeHtml(title)}</h1>
<p class="verdict ${report.succeeded ? 'good' : 'bad'}">${report.succeeded ? 'The archive was restored and compared: nothing differs.' : 'The drill did not succeed.'}</p>
${problems(report)}
<h2>What was found</h2>
<table>${facts(report)
    .map(([name, value]) => `<tr><th>${escapeHtml(name)}</th><td>${escapeHtml(value)}</td></tr>`)
    .join('\n')}</table>
<h2>Topics</h2>
<table><tr><th>Topic</th><th class="number">Partitions</th><th class="number">Records</th></tr>
${report.topics
  .map(
    ({ source, partitions, records }) =>
      `<tr><td>${escapeHtml(source)}</td><td class="number">${partitions}</td><td class="number">${count(records)}</td></tr>`,
  )
  .join('\n')}</table>
<h2>The last ${reports.length === 1 ? 'drill' : `${reports.length} drills`}</h2>
${[
  plot(
    'Data lost if the disaster were at the drill (age of the snapshot)',
    points(reports, (one) => one.snapshot?.ageSeconds ?? 0),
    seconds,
  ),
  plot(
    'Duration',
    points(reports, (one) => one.seconds.total),
    seconds,
  ),
  plot(
    'Restored data',
    points(reports, (one) => one.rawBytes),
    prettyBytes,
  ),
].join('\n')}
</html>
`;
}

function problems({ problems }: DrillReport): string {
  if (problems.length === 0) return '';
  return `<ul class="problems">${problems.map((problem) => `<li>${escapeHtml(problem)}</li>`).join('\n')}</ul>`;
}

function facts(report: DrillReport): [string, string][] {
  const { snapshot, verified, groups, seconds: took } = report;
  return [
    ['Started', report.startedAt],
    ['Archive', report.archive],
    ...(snapshot === undefined
      ? []
      : ([
          ['Snapshot', `${snapshot.backupId} (commit ${snapshot.sequence}), cut at ${snapshot.cutTime}`],
          ['Data lost if the disaster were then', seconds(snapshot.ageSeconds)],
          ['Newer snapshots that had not arrived whole', count(snapshot.newerNotWhole)],
        ] satisfies [string, string][])),
    ['Offsets', report.offsets === 'exact' ? 'exact: every record at its own' : 'translated'],
    [
      'Restored',
      `${count(report.records)} records, ${prettyBytes(report.rawBytes)}, ${prettyBytes(report.storedBytes)} read`,
    ],
    [
      'Compared record by record',
      `${count(verified.records)} records in ${verified.partitions} of ${verified.ofPartitions} partitions`,
    ],
    ['Consumer groups', `${count(groups.checked)} with ${count(groups.offsets)} offsets`],
    ['Restore', seconds(took.restore)],
    ['Groups', seconds(took.groups)],
    ['Clean-up', seconds(took.cleanUp)],
    ['Whole drill', seconds(took.total)],
    ...(report.removed.length === 0
      ? []
      : ([['Left by a drill that was killed, deleted', report.removed.join(', ')]] satisfies [string, string][])),
  ];
}

function points(reports: readonly DrillReport[], value: (report: DrillReport) => number) {
  return reports.map((one) => ({
    label: one.startedAt.slice(0, 16).replace('T', ' '),
    value: value(one),
    failed: !one.succeeded,
  }));
}

function seconds(value: number): string {
  return prettyMilliseconds(value * 1000, { unitCount: 2 });
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}
