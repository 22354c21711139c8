/**
 * Commits, one JSON object each, create-only. So that a damaged one is never taken for a snapshot, the JSON of the snapshot
 * is wrapped with its checksum; the object is exactly, without spaces:
 *
 *     {"sha256":"<64 hex digits>","snapshot":<snapshot>}\n
 *
 * The checksum is that of the bytes of <snapshot>. Its fields are those of `Snapshot` in snapshot.ts.
 */
import { createHash } from 'node:crypto';
import { hasCode, MskBackupError } from '../errors.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import type { Snapshot } from './snapshot.ts';

const PREFIX = 'commits/';
const HEAD = /^\{"sha256":"([0-9a-f]{64})","snapshot":$/;
const HEAD_BYTES = 88;
const TAIL = '}\n';

export function commitKey(sequence: number): string {
  return `${PREFIX}${String(sequence).padStart(10, '0')}.json`;
}

/** Sequences of all commits, ascending. Costs a listing; nothing is read. */
export async function listCommits(store: ObjectStore): Promise<number[]> {
  const sequences: number[] = [];
  for await (const { key } of store.list(PREFIX)) {
    const match = /^commits\/(\d{10})\.json$/.exec(key);
    if (match !== null) sequences.push(Number(match[1]));
  }
  return sequences;
}

/**
 * @throws MskBackupError `COMMIT_MISSING`; `COMMIT_DAMAGED` when the object is not a commit as it was written;
 * `FORMAT_TOO_NEW`
 */
export async function readCommit(store: ObjectStore, sequence: number): Promise<Snapshot> {
  const key = commitKey(sequence);
  let object: Buffer;
  try {
    object = await store.get(key);
  } catch (error) {
    if (!hasCode(error, 'OBJECT_MISSING')) throw error;
    throw new MskBackupError('data', 'COMMIT_MISSING', `${key} in ${store.location}: there is no such commit`);
  }
  const damaged = (why: string) =>
    new MskBackupError(
      'data',
      'COMMIT_DAMAGED',
      `${key} in ${store.location}: ${why}; copy it again from a replica of the archive`,
    );
  const head = HEAD.exec(object.toString('latin1', 0, HEAD_BYTES));
  if (head === null || object.toString('latin1', object.length - TAIL.length) !== TAIL) {
    throw damaged('this is no commit, or it is cut off');
  }
  const body = object.subarray(HEAD_BYTES, object.length - TAIL.length);
  if (sha256(body) !== head[1]) throw damaged('its checksum differs');
  const snapshot = JSON.parse(body.toString('utf8')) as Snapshot;
  if (snapshot.formatVersion !== 1) {
    throw new MskBackupError(
      'configuration',
      'FORMAT_TOO_NEW',
      `${key} in ${store.location}: format version ${snapshot.formatVersion} is not known to this msk-backup; use a newer one`,
    );
  }
  if (snapshot.sequence !== sequence) throw damaged(`it says that it is commit ${snapshot.sequence}`);
  return snapshot;
}

/** The newest commit, complete or partial; undefined in a new archive. Errors as `readCommit`. */
export async function newestCommit(store: ObjectStore): Promise<Snapshot | undefined> {
  const newest = (await listCommits(store)).at(-1);
  return newest === undefined ? undefined : readCommit(store, newest);
}

/**
 * Makes the snapshot exist. The last write of a run: everything that it names is durable before.
 * @throws MskBackupError `COMMIT_TAKEN` when another run has committed under this number; nothing was changed
 */
export async function writeCommit(store: ObjectStore, snapshot: Snapshot): Promise<void> {
  const body = Buffer.from(JSON.stringify(snapshot), 'utf8');
  const object = Buffer.concat([Buffer.from(`{"sha256":"${sha256(body)}","snapshot":`), body, Buffer.from(TAIL)]);
  try {
    await store.put(commitKey(snapshot.sequence), object);
  } catch (error) {
    if (!hasCode(error, 'OBJECT_EXISTS')) throw error;
    throw new MskBackupError(
      'data',
      'COMMIT_TAKEN',
      `${commitKey(snapshot.sequence)} in ${store.location}: another run committed first; nothing of this run counts, run it again`,
      { cause: error },
    );
  }
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
