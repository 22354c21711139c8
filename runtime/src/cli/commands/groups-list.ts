import type { Snapshot } from '../../archive/snapshot.ts';
import { shortName } from '../../mappings/lambda-names.ts';
import { EXIT_CODES } from '../exit-codes.ts';
import { type GroupPositions, position } from '../group-positions.ts';
import { askForFunctions, regionOfCluster } from '../lambda-functions.ts';
import { isNamed, type SnapshotOptions } from '../options.ts';
import { count, facts, table, time } from '../output.ts';
import type { Run } from '../run.ts';

interface Options extends SnapshotOptions {
  cluster?: boolean;
  /** False with `--no-lambda`. */
  lambda: boolean;
  region?: string;
}

/** `groups`: of a snapshot, or with `--cluster` of the configuration's cluster as it is. */
export async function execute({ options, context, print }: Run<Options>): Promise<number> {
  if (options.cluster) {
    const { clusterGroups } = await import('../cluster-groups.ts');
    const { cluster, bootstrapServers, groups } = await clusterGroups(options, context.signal);
    const named = await withFunctions(groups, options, regionOfCluster(bootstrapServers));
    print({ cluster, ...named }, () => text([['cluster', cluster ?? 'without an id']], named));
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
    const named = await withFunctions(snapshotGroups(snapshot), options);
    const { backupId, sequence, kind, cut } = snapshot;
    print({ snapshot: { backupId, sequence, kind, cutTime: cut.time }, ...named }, () =>
      text(
        [
          ['snapshot', `${backupId} (#${sequence}, ${kind})`],
          ['as of', time(cut.time)],
        ],
        named,
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

interface NamedGroups {
  groups: GroupPositions[];
  /** Why functions are not known. */
  functionUnknown?: string;
}

/** Groups with the Lambda functions behind them, unless nobody wants to know. */
async function withFunctions(groups: GroupPositions[], options: Options, region?: string): Promise<NamedGroups> {
  if (!options.lambda) return { groups };
  const ids = groups.map(({ groupId }) => groupId);
  const { functions, unknown } = await askForFunctions(ids, options.region ?? region);
  return {
    groups: groups.map(({ groupId, protocolType, positions }) => {
      const arn = functions.get(groupId);
      return { groupId, protocolType, ...(arn !== undefined && { function: arn }), positions };
    }),
    ...(unknown !== undefined && { functionUnknown: unknown }),
  };
}

function text(head: [string, string][], { groups, functionUnknown }: NamedGroups): string {
  const hasFunctions = groups.some((group) => group.function !== undefined);
  const rows = groups.flatMap(({ groupId, function: arn, positions }) =>
    positions.map(({ topic, partition, offset, end, lag, clampedFrom }) => [
      groupId,
      ...(hasFunctions ? [arn === undefined ? '' : shortName(arn)] : []),
      topic,
      partition,
      offset,
      end ?? '-',
      lag ?? '-',
      clampedFrom === undefined ? '' : `was at ${count(clampedFrom)}, past the end`,
    ]),
  );
  const numbers = ['partition', 'offset', 'end', 'lag'].map((right) => ({ right }));
  const columns = ['group', ...(hasFunctions ? ['function'] : []), 'topic', ...numbers, ''];
  const shown = rows.length === 0 ? 'no groups' : table(columns, rows);
  const unknown = functionUnknown === undefined ? [] : [`function unknown: ${functionUnknown}`];
  return [facts(head), shown, ...unknown].join('\n\n');
}
