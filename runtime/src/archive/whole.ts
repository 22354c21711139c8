/**
 * A replica receives objects in any order, so a commit there may name what has not arrived. A snapshot is whole when every
 * index object that it names, and every pack with frames of it, is there with the right size.
 */
import pLimit from 'p-limit';
import { MskBackupError } from '../errors.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import { readIndexTable } from './index-object.ts';
import { readCommits } from './resolve-snapshot.ts';
import type { IndexReference, Snapshot, SnapshotTopic } from './snapshot.ts';
import { SnapshotRows } from './snapshot-rows.ts';

export interface MissingObject {
  key: string;
  /** bytes */
  expectedSize: number;
  /** Undefined when there is no such object. */
  foundSize?: number;
}

const CALLS_AT_ONCE = 8;
/** Up to so many topics, each is listed by itself. */
const FEW_TOPICS = 50;

/**
 * Objects of the snapshot that are missing or have another size; empty when it is whole.
 * @param topics only packs of these topics are looked for
 * @throws MskBackupError `INDEX_DAMAGED`
 */
export async function missingObjects(
  store: ObjectStore,
  snapshot: Snapshot,
  topics: (name: string) => boolean = () => true,
): Promise<MissingObject[]> {
  const selected = snapshot.topics.filter(({ name }) => topics(name));
  return missingFrom(await listSizes(store, selected), store, snapshot.indexes, selected);
}

/**
 * The newest complete snapshot that is whole, or undefined.
 * @param options before: only commits with a smaller sequence; sizes: what `listSizes` gave just now
 */
export async function newestWholeSnapshot(
  store: ObjectStore,
  options: { allowPartial?: boolean; before?: number; sizes?: ReadonlyMap<string, number> } = {},
): Promise<Snapshot | undefined> {
  const { allowPartial = false, before = Number.POSITIVE_INFINITY } = options;
  const sizes = options.sizes ?? (await listSizes(store));
  for await (const { snapshot } of readCommits(store)) {
    if (snapshot === undefined || snapshot.sequence >= before) continue;
    if (snapshot.kind === 'partial' && !allowPartial) continue;
    if (await isWhole(sizes, store, snapshot)) return snapshot;
  }
  return undefined;
}

/**
 * @throws MskBackupError `SNAPSHOT_INCOMPLETE`, with what is missing and the newest older snapshot that is whole
 */
export async function requireWhole(
  store: ObjectStore,
  snapshot: Snapshot,
  topics?: (name: string) => boolean,
): Promise<void> {
  const missing = await missingObjects(store, snapshot, topics);
  if (missing.length === 0) return;
  const whole = await newestWholeSnapshot(store, { before: snapshot.sequence });
  const first = missing.slice(0, 3).map(describeMissing).join(', ');
  throw new MskBackupError(
    'data',
    'SNAPSHOT_INCOMPLETE',
    `snapshot ${snapshot.backupId} (commit ${snapshot.sequence}) in ${store.location} lacks ${missing.length} ` +
      `${missing.length === 1 ? 'object' : 'objects'}: ${first}${missing.length > 3 ? ', …' : ''}; a replica may still be ` +
      `receiving them: ` +
      (whole === undefined
        ? 'no older snapshot is whole either'
        : `the newest whole snapshot is ${whole.backupId} (commit ${whole.sequence}, cut at ${whole.cut.time})`),
  );
}

export function describeMissing({ key, expectedSize, foundSize }: MissingObject): string {
  return foundSize === undefined ? key : `${key} (${foundSize} of ${expectedSize} bytes)`;
}

/** Sizes of all index objects and packs, or only of the topics' packs. */
export async function listSizes(store: ObjectStore, topics?: SnapshotTopic[]): Promise<Map<string, number>> {
  const sizes = new Map<string, number>();
  const list = async (prefix: string) => {
    for await (const { key, size } of store.list(prefix)) sizes.set(key, size);
  };
  const few = topics !== undefined && topics.length <= FEW_TOPICS;
  const packs = few ? topics.map(({ name }) => `packs/${name}/`) : ['packs/'];
  await pLimit(CALLS_AT_ONCE).map(['index/', ...packs], list);
  return sizes;
}

async function isWhole(sizes: ReadonlyMap<string, number>, store: ObjectStore, snapshot: Snapshot): Promise<boolean> {
  try {
    return (await missingFrom(sizes, store, snapshot.indexes, snapshot.topics)).length === 0;
  } catch (error) {
    if (error instanceof MskBackupError && error.kind === 'data') return false;
    throw error;
  }
}

async function missingFrom(
  sizes: ReadonlyMap<string, number>,
  store: ObjectStore,
  indexes: IndexReference[],
  topics: SnapshotTopic[],
): Promise<MissingObject[]> {
  const missing = new Map<string, MissingObject>();
  const check = (key: string, expectedSize: number): boolean => {
    const foundSize = sizes.get(key);
    if (foundSize === expectedSize) return true;
    missing.set(key, { key, expectedSize, ...(foundSize === undefined ? {} : { foundSize }) });
    return false;
  };
  const present = indexes.filter(({ key, size }) => check(key, size));
  const rows = new SnapshotRows(topics);
  await pLimit(CALLS_AT_ONCE).map(present, async (reference) => {
    const table = await readIndexTable(store, reference);
    const live = new Set<number>();
    rows.visit(table, (row) => live.add(table.pack(row)));
    for (const number of live) check(table.packs[number]!.key, table.packs[number]!.size);
  });
  return [...missing.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
}
