import type { Snapshot } from '../../archive/snapshot.ts';
import { EXIT_CODES } from '../exit-codes.ts';
import { type GroupPositions, position } from '../group-positions.ts';
import { isNamed, type SnapshotOptions } from '../options.ts';
import { count, facts, table, time } from '../output.ts';
import type { Run } from '../run.ts';

interface Options extends SnapshotOptions {
  cluster?: boolean;
}

/** `groups`: of a snapshot, or with `--cluster` of the configuration's cluster as it is. */
export async function execute({ options, context, print }: Run<Options>): Promise<number> {
  if (options.cluster) {
    const { clusterGroups } = await import('../cluster-groups.ts');
    const { cluster, groups } = await clusterGroups(options, context.signal);
    print({ cluster, groups }, () => text([['cluster', cluster ?? 'without an id']], groups));
    return EXIT_CODES.ok;
  }
  const [{ withStore }, { readArchive }, { resolveSnapshot }] = await Promise.all([
    import('../archive-source.ts'),
    import('../../archive/format-file.ts'),
    import('../../archive/resolve-snapshot.ts'),
  ]);
  return withStore(options, async (store) => {
    await readArchive(store);
    const snapshot = await resolveSnapshot(store, options.backupId, { allowPartial: isNamed(options.backupId) });
    const groups = snapshotGroups(snapshot);
    const { backupId, sequence, kind, cut } = snapshot;
    print({ snapshot: { backupId, sequence, kind, cutTime: cut.time }, groups }, () =>
      text(
        [
          ['snapshot', `${backupId} (#${sequence}, ${kind})`],
          ['as of', time(cut.time)],
        ],
        groups,
      ),
    );
    return EXIT_CODES.ok;
  });
}

/** The groups of a snapshot against its cut. */
function snapshotGroups({ topics, groups }: Snapshot): GroupPositions[] {
  const cuts = new Map(
    topics.flatMap(({ name, partitions }) => partitions.map(({ partition, cut }) => [`${name}/${partition}`, cut])),
  );
  return groups.map(({ groupId, protocolType, offsets }) => ({
    groupId,
    protocolType,
    positions: offsets.map(({ topic, partition, offset, clampedFrom }) => ({
      ...position({ topic, partition, offset }, cuts.get(`${topic}/${partition}`)),
      ...(clampedFrom !== undefined && { clampedFrom }),
    })),
  }));
}

function text(head: [string, string][], groups: GroupPositions[]): string {
  const rows = groups.flatMap(({ groupId, positions }) =>
    positions.map(({ topic, partition, offset, end, lag, clampedFrom }) => [
      groupId,
      topic,
      partition,
      offset,
      end ?? '-',
      lag ?? '-',
      clampedFrom === undefined ? '' : `was at ${count(clampedFrom)}, past the end`,
    ]),
  );
  const shown =
    rows.length === 0
      ? 'no groups'
      : table(
          ['group', 'topic', { right: 'partition' }, { right: 'offset' }, { right: 'end' }, { right: 'lag' }, ''],
          rows,
        );
  return [facts(head), shown].join('\n\n');
}
