import type { RestoredTopic, RestorePlan, RestoreReport } from '../../restore/report.ts';
import { planRestore, runRestore } from '../../restore/run.ts';
import { EXIT_CODES } from '../exit-codes.ts';
import type { CommonOptions } from '../options.ts';
import { bytes, count, counted, duration, facts, table, time } from '../output.ts';
import { readJob } from '../read-job.ts';
import type { Run } from '../run.ts';

interface Options extends CommonOptions {
  backupId?: string;
  verify?: 'read';
  dryRun?: boolean;
}

/** `restore`: ends with `interrupted` when it was stopped, with `data` when reading back showed differences. */
export async function execute({ options, context, log, print }: Run<Options>): Promise<number> {
  const configured = await readJob(options, 'restore', log);
  const job = options.backupId === undefined ? configured : { ...configured, backupId: options.backupId };
  if (options.dryRun || job.dryRun) {
    const plan = await planRestore(job, context);
    print(plan, () => `${planText(plan)}\n\nNothing was written: this was a dry run.`);
    return EXIT_CODES.ok;
  }
  const report = await runRestore(job, context, { verifyRead: options.verify === 'read' });
  print(report, () => reportText(report));
  if (report.interrupted) return EXIT_CODES.interrupted;
  return report.readBack && report.readBack.differences.length > 0 ? EXIT_CODES.data : EXIT_CODES.ok;
}

function planText(plan: RestorePlan): string {
  const rows = plan.topics.map(({ source, target, partitions, records, recordsAtMost, rawBytes, action }) => [
    source,
    target,
    action,
    partitions,
    recordsAtMost ? `up to ${count(records)}` : records,
    bytes(rawBytes),
  ]);
  const head = facts([
    ...snapshotFacts(plan),
    ['records', plan.recordsAtMost ? `up to ${count(plan.records)}` : plan.records],
    ['bytes', `${bytes(plan.rawBytes)}, read as ${bytes(plan.storedBytes)}`],
    ['expected', `about ${duration(plan.expectedSeconds * 1000)}`],
  ]);
  const topics = table(
    ['topic', 'target', 'action', { right: 'partitions' }, { right: 'records' }, { right: 'bytes' }],
    rows,
  );
  return [head, topics, ...plan.notes.map((note) => `note: ${note}`)].join('\n\n');
}

function reportText(report: RestoreReport): string {
  const { plan, topics, readBack } = report;
  const records = topics.reduce((sum, topic) => sum + recordsOf(topic), 0);
  const head = facts([
    ...snapshotFacts(plan),
    ['restored', `${restoredOf(records, report)} in ${duration(report.durationMs)}`],
    [
      'check',
      report.interrupted
        ? 'not made: the restore was stopped'
        : 'records, checksums and offsets agree with the archive',
    ],
    [
      'read back',
      readBack && `${counted(readBack.records, 'record')}, ${counted(readBack.differences.length, 'difference')}`,
    ],
  ]);
  const list = table(
    ['topic', 'target', { right: 'partitions' }, { right: 'records' }],
    topics.map((topic) => [topic.source, topic.target, topic.partitions.length, recordsOf(topic)]),
  );
  const paused = topics
    .filter(({ retentionPaused }) => retentionPaused !== undefined)
    .map(({ target, retentionPaused }) => `retention of ${target} stays paused: ${retentionPaused}`);
  return [head, list, ...paused, ...(readBack?.differences ?? []).map((line) => `difference: ${line}`)].join('\n\n');
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

function recordsOf(topic: RestoredTopic): number {
  return topic.partitions.reduce((sum, { records }) => sum + records, 0);
}
