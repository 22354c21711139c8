import pLimit from 'p-limit';
import { MskBackupError } from '../errors.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import { commitKey } from './commits.ts';
import type { Finding } from './finding.ts';
import type { FrameTable } from './frame-table.ts';
import { readIndexTable } from './index-object.ts';
import { readCommits } from './resolve-snapshot.ts';
import type { IndexReference, Snapshot, SnapshotTopic } from './snapshot.ts';
import { SnapshotRows } from './snapshot-rows.ts';
import { listSizes } from './whole.ts';

const READS_AT_ONCE = 8;

/** A pack that some snapshot needs, and where the rows of its frames are. */
export interface NeededPack {
  key: string;
  expectedSize: number;
  /** Undefined when the pack is missing. */
  foundSize?: number;
  topic: string;
  /** Each frame once, in the order of the positions. */
  rows: { table: FrameTable; row: number }[];
}

/** All that the commits name, found without reading a pack. */
export interface Inventory {
  /** The newest first; those that can be read. */
  snapshots: Snapshot[];
  /** By key of the index object; those that can be read. */
  tables: Map<string, FrameTable>;
  /** In the order of the keys. */
  packs: NeededPack[];
  /** Index objects and packs that are there, and of what size. */
  sizes: Map<string, number>;
}

/**
 * @param only the one snapshot to look at; undefined for every commit
 * @param report takes what is wrong: with commits, with index objects
 */
export async function takeInventory(
  store: ObjectStore,
  archiveId: string | undefined,
  only: Snapshot | undefined,
  report: (finding: Finding) => void,
): Promise<Inventory> {
  const snapshots = only === undefined ? await allSnapshots(store, archiveId, report) : [only];
  const sizes = await listSizes(store);
  const tables = await readTables(store, snapshots, report);
  return { snapshots, tables, sizes, packs: neededPacks(snapshots, tables, sizes) };
}

async function allSnapshots(
  store: ObjectStore,
  archiveId: string | undefined,
  report: (finding: Finding) => void,
): Promise<Snapshot[]> {
  const snapshots: Snapshot[] = [];
  for await (const { sequence, snapshot, damaged } of readCommits(store)) {
    const object = commitKey(sequence);
    if (snapshot === undefined) {
      report({ severity: 'error', code: damaged.code, object, message: damaged.message });
      continue;
    }
    if (archiveId !== undefined && snapshot.archiveId !== archiveId) {
      const message = `${object} in ${store.location}: the commit is of archive ${snapshot.archiveId}, not of ${archiveId}`;
      report({ severity: 'error', code: 'COMMIT_OTHER_ARCHIVE', object, message });
    }
    snapshots.push(snapshot);
  }
  return snapshots;
}

async function readTables(
  store: ObjectStore,
  snapshots: Snapshot[],
  report: (finding: Finding) => void,
): Promise<Map<string, FrameTable>> {
  const references = new Map<string, IndexReference>();
  for (const { indexes } of snapshots) {
    for (const reference of indexes) if (!references.has(reference.key)) references.set(reference.key, reference);
  }
  const tables = new Map<string, FrameTable>();
  await pLimit(READS_AT_ONCE).map(references.values(), async (reference) => {
    try {
      tables.set(reference.key, await readIndexTable(store, reference));
    } catch (error) {
      if (!(error instanceof MskBackupError) || error.kind !== 'data') throw error;
      const needed = snapshots.filter(({ indexes }) => indexes.some(({ key }) => key === reference.key));
      const message = `${error.message} (needed by ${snapshotNames(needed)})`;
      report({ severity: 'error', code: error.code, object: reference.key, message });
    }
  });
  return tables;
}

function snapshotNames(snapshots: Snapshot[]): string {
  const names = snapshots.slice(0, 3).map(({ backupId, sequence }) => `${backupId} (commit ${sequence})`);
  return names.join(', ') + (snapshots.length > 3 ? ` and ${snapshots.length - 3} older snapshots` : '');
}

function neededPacks(snapshots: Snapshot[], tables: Map<string, FrameTable>, sizes: Map<string, number>): NeededPack[] {
  // Newest first: it usually needs nearly every row, and the others are asked only about the rest.
  const needed = new Map([...tables].map(([key, table]) => [key, new Uint8Array(table.length)]));
  const packs = new Map<string, NeededPack>();
  for (const { topics, indexes } of snapshots) {
    const rows = new SnapshotRows(topics);
    for (const { key } of indexes) {
      const table = tables.get(key);
      if (table === undefined) continue;
      const seen = needed.get(key)!;
      const visit = (row: number, topic: SnapshotTopic) => {
        seen[row] = 1;
        const { key, size } = table.packs[table.pack(row)]!;
        let pack = packs.get(key);
        if (pack === undefined) {
          const foundSize = sizes.get(key);
          const found = foundSize === undefined ? {} : { foundSize };
          pack = { key, expectedSize: size, topic: topic.name, rows: [], ...found };
          packs.set(key, pack);
        }
        pack.rows.push({ table, row });
      };
      rows.visit(table, visit, seen);
    }
  }
  for (const pack of packs.values()) {
    pack.rows.sort((a, b) => a.table.position(a.row) - b.table.position(b.row));
    // An older commit's index and the one that it was merged into both have the row.
    pack.rows = pack.rows.filter(({ table, row }, n, all) => {
      const last = all[n - 1];
      return last === undefined || last.table.position(last.row) !== table.position(row);
    });
  }
  return [...packs.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
}
