import { distance } from 'fastest-levenshtein';
import { hasCode, MskBackupError } from '../errors.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import { listCommits, readCommit } from './commits.ts';
import type { Snapshot } from './snapshot.ts';

/** Means the newest complete snapshot, wherever a backup id is asked for. */
export const LATEST = 'latest';

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
 * The snapshot that a backup id names: of several the newest. `latest` is the newest complete one.
 * @param options allowPartial: also one that was stopped before its cut. Default false.
 * @throws MskBackupError `SNAPSHOT_UNKNOWN` with the ids that come near, `SNAPSHOT_PARTIAL`, `COMMIT_DAMAGED` when a damaged
 * commit may be the one that is asked for
 */
export async function resolveSnapshot(
  store: ObjectStore,
  backupId: string,
  { allowPartial = false }: { allowPartial?: boolean } = {},
): Promise<Snapshot> {
  const ids: string[] = [];
  let partial: Snapshot | undefined;
  let damaged: MskBackupError | undefined;
  for await (const { snapshot, damaged: problem } of readCommits(store)) {
    if (snapshot === undefined) {
      damaged ??= problem;
      continue;
    }
    const { backupId: id, kind } = snapshot;
    if (!ids.includes(id)) ids.push(id);
    if (backupId !== LATEST && backupId !== id) continue;
    if (kind === 'partial' && !allowPartial) {
      partial ??= snapshot;
      continue;
    }
    // Something older than the damaged one is not the latest, and must not be taken for it in silence.
    if (backupId === LATEST && damaged !== undefined) {
      throw new MskBackupError(
        'data',
        damaged.code,
        `${damaged.message}; or ask for the older snapshot ${id} by its id`,
      );
    }
    return snapshot;
  }
  if (damaged !== undefined) throw damaged;
  if (partial !== undefined) {
    throw new MskBackupError(
      'data',
      'SNAPSHOT_PARTIAL',
      `snapshot ${partial.backupId} (commit ${partial.sequence}) in ${store.location} is partial: its run was stopped before ` +
        'it reached its cut; let a backup run to its end, or allow partial snapshots',
    );
  }
  throw unknown(store, backupId, ids);
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
