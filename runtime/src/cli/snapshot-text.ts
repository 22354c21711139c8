import type { Snapshot, SnapshotPartition } from '../archive/snapshot.ts';
import { bytes, count, counted, duration, facts, table, time } from './output.ts';

/** More rows than this of what is not there yet help nobody. */
const MAX_UNREACHED = 50;

/** What a snapshot is, and what the run that took it added; `archive`, where it is, when that is not plain already. */
export function snapshotFacts(snapshot: Snapshot, archive?: string): string {
  const { added, cluster, topics, groups } = snapshot;
  const partitions = topics.flatMap((topic) => topic.partitions);
  return facts([
    ['archive', archive],
    ['snapshot', `${snapshot.backupId} (#${snapshot.sequence}, ${snapshot.kind})`],
    ['cluster', cluster.label ? `${cluster.label} (${cluster.id})` : cluster.id],
    ['as of', time(snapshot.cut.time)],
    [
      'holds',
      `${counted(topics.length, 'topic')}, ${counted(partitions.length, 'partition')}, ${counted(groups.length, 'group')}`,
    ],
    [
      'added',
      `${counted(added.records, 'record')}, ${bytes(added.rawBytes)} stored as ${bytes(added.storedBytes)} in ${counted(added.packs, 'pack')}, in ${duration(added.durationMs)}`,
    ],
    ['missing', partial(snapshot, partitions)],
  ]);
}

/** The partitions that a partial snapshot does not hold up to its cut, with how far it got; undefined when there are none. */
export function unreachedTable(snapshot: Snapshot): string | undefined {
  const unreached = snapshot.topics.flatMap(({ name, partitions }) =>
    partitions.filter(isUnreached).map((partition) => ({ name, partition })),
  );
  if (unreached.length === 0) return undefined;
  const rows = unreached
    .slice(0, MAX_UNREACHED)
    .map(({ name, partition: { partition, reached, cut, failed } }) => [
      name,
      partition,
      reached,
      cut,
      cut - reached,
      failed ?? '',
    ]);
  const shown = table(
    ['topic', { right: 'partition' }, { right: 'reached' }, { right: 'cut' }, { right: 'left' }, 'why'],
    rows,
  );
  return unreached.length > MAX_UNREACHED ? `${shown}\n… and ${count(unreached.length - MAX_UNREACHED)} more` : shown;
}

function partial({ kind }: Snapshot, partitions: SnapshotPartition[]): string | undefined {
  if (kind === 'complete') return undefined;
  const unreached = partitions.filter(isUnreached);
  const left = unreached.reduce((sum, { cut, reached }) => sum + cut - reached, 0);
  return `${counted(left, 'offset')} of ${counted(unreached.length, 'partition')}: run the backup again to go on`;
}

function isUnreached({ reached, cut, failed }: SnapshotPartition): boolean {
  return reached < cut || failed !== undefined;
}
