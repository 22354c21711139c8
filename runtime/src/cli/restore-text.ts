import type { FinishedTopic } from '../restore/finish.ts';
import type { RestoredTopic, RestorePlan, RestoreReport } from '../restore/report/report.ts';
import { bytes, count, counted, duration, facts, table, time } from './output.ts';

/** What a dry run prints. */
export function planText(plan: RestorePlan): string {
  const exact = plan.offsets === 'exact';
  const rows = plan.topics.map(
    ({ source, target, records, recordsAtMost, rawBytes, action, markers, leadingOffsets, ...topic }) => [
      source,
      target,
      action,
      topic.repartitioned ? `${topic.partitions} to ${topic.targetPartitions}` : topic.partitions,
      recordsAtMost ? `up to ${count(records)}` : records,
      bytes(rawBytes),
      ...(exact ? [markers ?? 0, leadingOffsets ?? 0] : []),
    ],
  );
  const head = facts([
    ...snapshotFacts(plan),
    ['records', plan.recordsAtMost ? `up to ${count(plan.records)}` : plan.records],
    ['bytes', `${bytes(plan.rawBytes)}, read as ${bytes(plan.storedBytes)}`],
    ['offsets', offsetsText(plan)],
    ['expected', `about ${duration(Math.max(1, plan.expectedSeconds) * 1000)}`],
    ['restore', plan.restoreId],
    ['journal', plan.journal],
  ]);
  const columns = ['topic', 'target', 'action', { right: 'partitions' }, { right: 'records' }, { right: 'bytes' }];
  const topics = table([...columns, ...(exact ? [{ right: 'holes' }, { right: 'before the first' }] : [])], rows);
  return [head, topics, ...plan.notes.map((note) => `note: ${note}`)].join('\n\n');
}

function offsetsText({ offsets, markers = 0, leadingOffsets = 0, topics }: RestorePlan): string {
  if (offsets === 'translate') {
    const spread = topics.filter(({ repartitioned }) => repartitioned).length;
    if (spread === topics.length && spread > 0) return 'new, without a map (repartitioned)';
    return spread > 0 ? 'new, with an exact map but of repartitioned topics' : 'new, with an exact map';
  }
  const holes = `${counted(markers, 'hole')} to fill`;
  return `as at the source: ${holes}${leadingOffsets > 0 ? `, ${count(leadingOffsets)} to lead over` : ''}`;
}

/** What a restore prints in the end. */
export function reportText(report: RestoreReport): string {
  const { plan, topics, readBack, groups, mappings } = report;
  const records = topics.reduce((sum, topic) => sum + recordsOf(topic), 0);
  const head = facts([
    ...snapshotFacts(plan),
    ['restored', `${restoredOf(records, report)} in ${duration(report.durationMs)}`],
    [
      'check',
      report.interrupted
        ? 'not made: the restore was stopped; run it again to go on'
        : 'records, checksums and offsets agree with the archive',
    ],
    [
      'read back',
      readBack && `${counted(readBack.records, 'record')}, ${counted(readBack.differences.length, 'difference')}`,
    ],
    ['offsets', plan.offsets === 'exact' ? 'as at the source' : 'new'],
    ['map', report.offsetMap],
    ['groups', groups && `${counted(groups.groups.length, 'group')}, ${counted(groups.committed, 'offset')} committed`],
    ['Lambda', mappings && `${counted(mappings.length, 'event source mapping')} made again`],
    ['restore', plan.restoreId],
  ]);
  const list = table(
    ['topic', 'target', { right: 'partitions' }, { right: 'records' }],
    topics.map((topic) => [
      topic.source,
      topic.target,
      topic.spread?.targets.length ?? topic.partitions.length,
      recordsOf(topic),
    ]),
  );
  const paused = topics
    .filter(({ retentionPaused }) => retentionPaused !== undefined)
    .map(({ target, retentionPaused }) => `retention of ${target} stays paused: ${retentionPaused}`);
  return [head, list, ...paused, ...(readBack?.differences ?? []).map((line) => `difference: ${line}`)].join('\n\n');
}

/** What `--finish` prints. */
export function finishedText(restoreId: string, topics: FinishedTopic[]): string {
  const rows = topics.map(({ topic, settings, logStarts }) => [
    topic,
    Object.entries(settings)
      .map(([name, value]) => `${name}=${value ?? '(default)'}`)
      .join(', ') || 'as it was already',
    logStarts.length === 0 ? '' : `log start set again in ${counted(logStarts.length, 'partition')}`,
  ]);
  return `restore  ${restoreId}\n\n${table(['topic', 'given back', ''], rows)}`;
}

/** After a complete restore the check has shown that the records are all there are, whatever the plan could know. */
function restoredOf(records: number, { plan, interrupted }: RestoreReport): string {
  if (!interrupted && plan.recordsAtMost) return counted(records, 'record');
  return `${count(records)} of ${plan.recordsAtMost ? 'up to ' : ''}${counted(plan.records, 'record')}`;
}

function snapshotFacts({ snapshot, source }: RestorePlan): [string, string][] {
  return [
    ['snapshot', `${snapshot.backupId} (#${snapshot.sequence}, ${snapshot.kind}), as of ${time(snapshot.cutTime)}`],
    ['source', source.label ? `${source.label} (${source.clusterId})` : source.clusterId],
  ];
}

function recordsOf({ partitions, spread }: RestoredTopic): number {
  return (spread?.targets ?? partitions).reduce((sum, { records }) => sum + records, 0);
}
