import type { Snapshot } from '../../archive/snapshot.ts';
import type { BackupPlan, BackupResult } from '../../backup/result.ts';
import { planBackup } from '../../backup/run.ts';
import { meteredBackup } from '../../metrics/metered-backup.ts';
import { EXIT_CODES } from '../exit-codes.ts';
import type { CommonOptions } from '../options.ts';
import { bytes, count, counted, facts, table, time } from '../output.ts';
import { readJob } from '../read-job.ts';
import type { Run } from '../run.ts';
import { snapshotFacts, unreachedTable } from '../snapshot-text.ts';

interface Options extends CommonOptions {
  full?: boolean;
  dryRun?: boolean;
}

/** `backup`: ends with `interrupted` when it was stopped before the cut. */
export async function execute({ options, context, log, print, metrics }: Run<Options>): Promise<number> {
  const configured = await readJob(options, 'backup', log);
  const job = options.full ? { ...configured, full: true } : configured;
  if (options.dryRun) {
    const plan = await planBackup(job, context);
    print(plan, () => planText(plan));
    return EXIT_CODES.ok;
  }
  const result = await meteredBackup(job, context, metrics);
  print(result, () => resultText(result));
  return result.interrupted ? EXIT_CODES.interrupted : EXIT_CODES.ok;
}

function planText({ cluster, archive, topics, groups, notes }: BackupPlan): string {
  const head = facts([
    ['cluster', cluster.label ? `${cluster.label} (${cluster.id})` : cluster.id],
    ['archive', `${archive.location}, ${archive.newest === null ? 'new' : `newest snapshot #${archive.newest}`}`],
    ['to copy', `${counted(sum(topics, 'offsets'), 'offset')} of ${counted(sum(topics, 'partitions'), 'partition')}`],
    ['groups', groups.length === 0 ? 'none' : groups.join(', ')],
  ]);
  const rows = topics.map(({ name, partitions, offsets, fullCopies }) => [
    name,
    partitions,
    offsets,
    fullCopies.length === 0 ? '' : `${counted(fullCopies.length, 'partition')}: ${reasons(fullCopies)}`,
  ]);
  const list = table(['topic', { right: 'partitions' }, { right: 'offsets' }, 'copied in full'], rows);
  return [head, list, ...notes.map((note) => `note: ${note}`), 'Nothing was written: this was a dry run.'].join('\n\n');
}

function resultText({ location, taken, snapshots, interrupted }: BackupResult): string {
  const last = snapshots.at(-1);
  if (last === undefined) return interrupted ? 'Stopped; no snapshot was taken.' : 'Nothing to back up.';
  const earlier = snapshots.slice(0, -1);
  const unreached = unreachedTable(last);
  return [
    ...(earlier.length > 0 ? [earlierTable(earlier, taken)] : []),
    snapshotFacts(last, location),
    ...(unreached ? [unreached] : []),
  ].join('\n\n');
}

/** What a run took before its last snapshot: the rest of a stopped run's cut, or those of a continuous backup. */
function earlierTable(shown: Snapshot[], taken: number): string {
  const list = table(
    [{ right: '#' }, 'backup_id', 'kind', 'as of', { right: 'records added' }, { right: 'bytes added' }],
    shown.map(({ sequence, backupId, kind, cut, added }) => [
      String(sequence),
      backupId,
      kind,
      time(cut.time),
      added.records,
      bytes(added.storedBytes),
    ]),
  );
  const more = taken - 1 - shown.length;
  return `${counted(taken, 'snapshot')} taken${more > 0 ? `, the first ${count(more)} not shown` : ''}:\n\n${list}`;
}

function reasons(fullCopies: { reason: string }[]): string {
  return [...new Set(fullCopies.map(({ reason }) => reason))].join('; ');
}

function sum(topics: BackupPlan['topics'], key: 'offsets' | 'partitions'): number {
  return topics.reduce((total, topic) => total + topic[key], 0);
}
