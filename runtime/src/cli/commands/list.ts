import { readArchive } from '../../archive/format-file.ts';
import { readCommits } from '../../archive/resolve-snapshot.ts';
import type { Snapshot } from '../../archive/snapshot.ts';
import { archiveFacts, withStore } from '../archive-source.ts';
import type { ArchiveOptions } from '../options.ts';
import { bytes, duration, table, time } from '../output.ts';
import type { Run } from '../run.ts';

interface Options extends ArchiveOptions {
  last?: number;
}

/** One line of the list: the commit without its partitions, which may be thousands. */
interface Entry
  extends Pick<Snapshot, 'sequence' | 'backupId' | 'kind' | 'parent' | 'startedAt' | 'committedAt' | 'added'> {
  cutTime: string;
  topics: number;
  partitions: number;
  groups: number;
}

type Row = Entry | { sequence: number; damaged: string };

/** `list`: oldest first, so that the newest stands above the prompt. */
export async function execute({ options, print }: Run<Options>): Promise<number> {
  return withStore(options, async (store) => {
    const archive = await readArchive(store);
    const rows: Row[] = [];
    for await (const { sequence, snapshot, damaged } of readCommits(store)) {
      rows.unshift(snapshot ? toEntry(snapshot) : { sequence, damaged: damaged.message });
      if (rows.length === options.last) break;
    }
    const { id, clusterId, label, createdAt } = archive;
    print({ archive: { location: store.location, id, clusterId, label, createdAt }, snapshots: rows }, () =>
      [archiveFacts(archive), rows.length === 0 ? 'no snapshots' : list(rows)].join('\n\n'),
    );
    return 0;
  });
}

function toEntry(snapshot: Snapshot): Entry {
  const { sequence, backupId, kind, parent, startedAt, committedAt, added, cut, topics, groups } = snapshot;
  return {
    sequence,
    backupId,
    kind,
    parent,
    startedAt,
    committedAt,
    cutTime: cut.time,
    topics: topics.length,
    partitions: topics.reduce((sum, topic) => sum + topic.partitions.length, 0),
    groups: groups.length,
    added,
  };
}

function list(rows: Row[]): string {
  const shown = table(
    [
      { right: '#' },
      'backup_id',
      'kind',
      'as of',
      { right: 'topics' },
      { right: 'partitions' },
      { right: 'groups' },
      { right: 'records added' },
      { right: 'bytes added' },
      { right: 'took' },
    ],
    rows.map((row) => {
      if ('damaged' in row) return [String(row.sequence), '', 'damaged', '', '', '', '', '', '', ''];
      const { sequence, backupId, kind, cutTime, topics, partitions, groups, added } = row;
      return [
        String(sequence),
        backupId,
        kind,
        time(cutTime),
        topics,
        partitions,
        groups,
        added.records,
        bytes(added.storedBytes),
        duration(added.durationMs),
      ];
    }),
  );
  const damaged = rows.flatMap((row) => ('damaged' in row ? [row.damaged] : []));
  return [shown, ...damaged].join('\n\n');
}
