import { readArchive } from '../../archive/format-file.ts';
import { resolveSnapshot } from '../../archive/resolve-snapshot.ts';
import type { Snapshot } from '../../archive/snapshot.ts';
import { framesOf } from '../../archive/snapshot-frames.ts';
import { withStore } from '../archive-source.ts';
import { type DescribedTopic, describeTopic } from '../describe-topic.ts';
import { isNamed, type SnapshotOptions } from '../options.ts';
import { bytes, counted, table, time } from '../output.ts';
import type { Run } from '../run.ts';
import { snapshotFacts } from '../snapshot-text.ts';

/** `describe`: reads the commit and its indexes, no packs. */
export async function execute({ options, print }: Run<SnapshotOptions>): Promise<number> {
  return withStore(options, async (store) => {
    await readArchive(store);
    const snapshot = await resolveSnapshot(store, options.backupId, { allowPartial: isNamed(options.backupId) });
    const topics = (await framesOf(store, snapshot)).map(describeTopic);
    const { indexes: _indexes, topics: _topics, ...rest } = snapshot;
    print({ ...rest, topics }, () => text(snapshot, topics));
    return 0;
  });
}

function text(snapshot: Snapshot, topics: DescribedTopic[]): string {
  const lost = lostTable(topics);
  const groups = groupTable(snapshot);
  return [
    snapshotFacts(snapshot),
    topicTable(topics),
    partitionTable(topics),
    ...(lost ? [`Lost ranges, which no snapshot can have any more:\n\n${lost}`] : []),
    ...(groups ? [groups] : []),
  ].join('\n\n');
}

function topicTable(topics: DescribedTopic[]): string {
  return table(
    [
      'topic',
      { right: 'partitions' },
      { right: 'replicas' },
      { right: 'records' },
      { right: 'bytes' },
      { right: 'stored' },
      'newest record',
      'configuration',
    ],
    topics.map(
      ({ name, partitionCount, replicationFactor, records, rawBytes, storedBytes, maxTimestamp, config, asOf }) => [
        asOf ? `${name} (as of #${asOf.sequence})` : name,
        partitionCount,
        replicationFactor,
        records,
        bytes(rawBytes),
        bytes(storedBytes),
        maxTimestamp === undefined ? '-' : time(maxTimestamp),
        Object.entries(config)
          .map(([key, value]) => `${key}=${value}`)
          .join(' '),
      ],
    ),
  );
}

function partitionTable(topics: DescribedTopic[]): string {
  return table(
    [
      'topic',
      { right: 'partition' },
      { right: 'log start' },
      { right: 'cut' },
      { right: 'reached' },
      { right: 'records' },
      { right: 'stored' },
      'newest record',
      '',
    ],
    topics.flatMap(({ name, partitions }) =>
      partitions.map(({ partition, logStart, cut, reached, records, storedBytes, maxTimestamp, aborted, failed }) => [
        name,
        partition,
        logStart,
        cut,
        reached,
        records,
        bytes(storedBytes),
        maxTimestamp === undefined ? '-' : time(maxTimestamp),
        [
          ...(failed ? [failed] : []),
          ...(aborted.records > 0 ? [`without ${counted(aborted.records, 'record')} of aborted transactions`] : []),
        ].join('; '),
      ]),
    ),
  );
}

function lostTable(topics: DescribedTopic[]): string | undefined {
  const rows = topics.flatMap(({ name, partitions }) =>
    partitions.flatMap(({ partition, lost }) =>
      lost.map(({ from, until, reason, noticedAt }) => [name, partition, from, until - 1, reason, time(noticedAt)]),
    ),
  );
  if (rows.length === 0) return undefined;
  return table(['topic', { right: 'partition' }, { right: 'from' }, { right: 'to' }, 'reason', 'noticed'], rows);
}

function groupTable({ groups }: Snapshot): string | undefined {
  if (groups.length === 0) return undefined;
  const rows = groups.map(({ groupId, offsets }) => [
    groupId,
    [...new Set(offsets.map(({ topic }) => topic))].join(', '),
    offsets.length,
  ]);
  return `${table(['group', 'topics', { right: 'partitions' }], rows)}\n\n\`msk-backup groups\` shows their offsets`;
}
