import { distance } from 'fastest-levenshtein';
import { hasCode, MskBackupError } from '../errors.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import { listCommits, readCommit } from './commits.ts';
import type { Snapshot } from './snapshot.ts';

/** Means the newest complete snapshot, wherever a backup id is asked for. */
export const LATEST = 'latest';

/** A commit's number, where a backup id is asked for. */
const BY_NUMBER = /^commit:(\d{1,10})$/;
const READS_AT_ONCE = 8;
const SHOWN = 3;

/** One commit as a listing shows it: damaged ones have `damaged` instead of a snapshot. */
export type ReadCommit =
  | { sequence: number; snapshot: Snapshot; damaged?: undefined }
  | { sequence: number; snapshot?: undefined; damaged: MskBackupError };

/**
 * Every commit, the newest first, read a few ahead.
 * @throws what the storage throws; a damaged commit is a result
 */
export async function* readCommits(store: ObjectStore): AsyncGenerator<ReadCommit, void, void> {
  const sequences = (await listCommits(store)).reverse();
  // The newest alone: usually nobody asks for more.
  for (let at = 0; at < sequences.length; at += at === 0 ? 1 : READS_AT_ONCE) {
    const several = sequences.slice(at, at + (at === 0 ? 1 : READS_AT_ONCE));
    yield* await Promise.all(several.map((sequence) => tryReadCommit(store, sequence)));
  }
}

async function tryReadCommit(store: ObjectStore, sequence: number): Promise<ReadCommit> {
  try {
    return { sequence, snapshot: await readCommit(store, sequence) };
  } catch (error) {
    if (hasCode(error, 'COMMIT_DAMAGED')) return { sequence, damaged: error };
    throw error;
  }
}

/**
 * The snapshot that a backup id names: of several the newest. `latest` is the newest complete one, `commit:42` the one of
 * that number whatever the others are. Nothing older is ever taken in silence for what was asked for.
 * @param options allowPartial: also one that was stopped before its cut. Default false.
 * @throws MskBackupError `SNAPSHOT_UNKNOWN` with the ids that come near, `SNAPSHOT_PARTIAL`, `COMMIT_DAMAGED` when a damaged
 * commit may be the one that is asked for
 */
export async function resolveSnapshot(
  store: ObjectStore,
  backupId: string,
  { allowPartial = false }: { allowPartial?: boolean } = {},
): Promise<Snapshot> {
  const number = BY_NUMBER.exec(backupId)?.[1];
  if (number !== undefined) return numbered(store, Number(number), allowPartial);
  const ids: string[] = [];
  let partial: Snapshot | undefined;
  let damaged: MskBackupError | undefined;
  for await (const { snapshot, damaged: problem } of readCommits(store)) {
    if (snapshot === undefined) {
      damaged ??= problem;
      continue;
    }
    const { backupId: id, kind, sequence } = snapshot;
    if (!ids.includes(id)) ids.push(id);
    if (backupId !== LATEST && backupId !== id) continue;
    if (kind === 'partial' && !allowPartial) {
      partial ??= snapshot;
      if (backupId === LATEST) continue;
      break;
    }
    // Ids may repeat, so the damaged commit may have had this one.
    if (damaged !== undefined) {
      throw new MskBackupError(
        'data',
        damaged.code,
        `${damaged.message}; or ask for the older snapshot ${id} by its number, commit:${sequence}`,
      );
    }
    return snapshot;
  }
  if (damaged !== undefined) throw damaged;
  if (partial !== undefined) throw refused(store, partial);
  throw unknown(store, backupId, ids);
}

async function numbered(store: ObjectStore, sequence: number, allowPartial: boolean): Promise<Snapshot> {
  const sequences = await listCommits(store);
  if (!sequences.includes(sequence)) {
    const newest = sequences.at(-1);
    throw new MskBackupError(
      'configuration',
      'SNAPSHOT_UNKNOWN',
      `there is no commit ${sequence} in ${store.location}${newest === undefined ? '' : `; the newest is ${newest}`}`,
    );
  }
  const snapshot = await readCommit(store, sequence);
  if (snapshot.kind === 'partial' && !allowPartial) throw refused(store, snapshot);
  return snapshot;
}

function refused(store: ObjectStore, { backupId, sequence }: Snapshot): MskBackupError {
  return new MskBackupError(
    'data',
    'SNAPSHOT_PARTIAL',
    `snapshot ${backupId} (commit ${sequence}) in ${store.location} is partial: it does not reach its cut everywhere; let ` +
      'a backup run to its end, or allow partial snapshots',
  );
}

function unknown(store: ObjectStore, backupId: string, ids: string[]): MskBackupError {
  const near = ids
    .map((id) => ({ id, far: distance(id, backupId) }))
    .filter(({ id, far }) => far <= Math.max(id.length, backupId.length) / 3)
    .sort((a, b) => a.far - b.far)
    .slice(0, SHOWN)
    .map(({ id }) => id);
  const message =
    ids.length === 0
      ? `the archive at ${store.location} holds no snapshot yet`
      : `there is no snapshot ${backupId} in ${store.location}` +
        (near.length > 0 ? `; did you mean ${near.join(' or ')}?` : '') +
        `${near.length > 0 ? ' The' : '; the'} newest are ${ids.slice(0, SHOWN).join(', ')}`;
  return new MskBackupError('configuration', 'SNAPSHOT_UNKNOWN', message);
}
