import { randomUUID } from 'node:crypto';
import { hasCode, MskBackupError } from '../errors.ts';
import type { ObjectStore } from '../storage/object-store.ts';

/** Key of the object that makes a place an archive. */
export const FORMAT_KEY = 'FORMAT';

const FORMAT_VERSION = 1;

/** An archive that was opened: one source cluster's snapshots in one place. */
export interface Archive {
  store: ObjectStore;
  /** UUID, made when the archive was. */
  id: string;
  /** The one cluster whose topics it holds. */
  clusterId: string;
  /** For people. */
  label?: string;
  /** ISO 8601, UTC. */
  createdAt: string;
}

interface FormatFile {
  format: 'msk-backup';
  formatVersion: number;
  archiveId: string;
  clusterId: string;
  label?: string;
  createdAt: string;
}

/**
 * Opens the archive for writing and creates it when the place is empty.
 * @throws MskBackupError `ARCHIVE_OTHER_CLUSTER`; `ARCHIVE_DAMAGED` when there are commits or packs but no usable FORMAT;
 * `FORMAT_TOO_NEW`
 */
export async function openArchive(
  store: ObjectStore,
  cluster: { clusterId: string; label?: string },
): Promise<Archive> {
  const archive = (await tryReadFormat(store)) ?? (await create(store, cluster));
  if (archive.clusterId !== cluster.clusterId) {
    throw new MskBackupError(
      'configuration',
      'ARCHIVE_OTHER_CLUSTER',
      `the archive at ${store.location} belongs to cluster ${archive.clusterId}${archive.label === undefined ? '' : ` (${archive.label})`}, ` +
        `not to ${cluster.clusterId}; give each cluster a prefix of its own in storage.prefix`,
    );
  }
  return archive;
}

/**
 * Opens the archive for reading.
 * @throws MskBackupError `ARCHIVE_MISSING`, `ARCHIVE_DAMAGED`, `FORMAT_TOO_NEW`
 */
export async function readArchive(store: ObjectStore): Promise<Archive> {
  const archive = await tryReadFormat(store);
  if (archive !== undefined) return archive;
  if (await holdsData(store)) throw formatLost(store);
  throw new MskBackupError(
    'configuration',
    'ARCHIVE_MISSING',
    `there is no archive at ${store.location}: no object ${FORMAT_KEY} is there; check the bucket (or path) and the prefix`,
  );
}

/** Writes FORMAT, create-only. @throws MskBackupError `OBJECT_EXISTS` */
export async function writeFormat(
  store: ObjectStore,
  archiveId: string,
  cluster: { clusterId: string; label?: string },
): Promise<void> {
  const file: FormatFile = {
    format: 'msk-backup',
    formatVersion: FORMAT_VERSION,
    archiveId,
    clusterId: cluster.clusterId,
    ...(cluster.label === undefined ? {} : { label: cluster.label }),
    createdAt: new Date().toISOString(),
  };
  await store.put(FORMAT_KEY, Buffer.from(`${JSON.stringify(file, undefined, 2)}\n`));
}

/** The archive, or undefined where there is no FORMAT. */
export async function tryReadFormat(store: ObjectStore): Promise<Archive | undefined> {
  let text: string;
  try {
    text = (await store.get(FORMAT_KEY)).toString('utf8');
  } catch (error) {
    if (hasCode(error, 'OBJECT_MISSING')) return undefined;
    throw error;
  }
  const file = parse(text);
  if (file === undefined) {
    throw new MskBackupError(
      'data',
      'ARCHIVE_DAMAGED',
      `${FORMAT_KEY} at ${store.location} is not what msk-backup writes: either this is no archive, or the object is damaged; check the prefix`,
    );
  }
  if (file.formatVersion !== FORMAT_VERSION) {
    throw new MskBackupError(
      'configuration',
      'FORMAT_TOO_NEW',
      `the archive at ${store.location} has format version ${file.formatVersion}, this msk-backup knows ${FORMAT_VERSION}; use a newer one`,
    );
  }
  const { archiveId, clusterId, label, createdAt } = file;
  return { store, id: archiveId, clusterId, ...(label === undefined ? {} : { label }), createdAt };
}

async function create(store: ObjectStore, cluster: { clusterId: string; label?: string }): Promise<Archive> {
  if (await holdsData(store)) {
    // Another run may have created the archive, and written to it, since we looked.
    const created = await tryReadFormat(store);
    if (created === undefined) throw formatLost(store);
    return created;
  }
  try {
    await writeFormat(store, randomUUID(), cluster);
  } catch (error) {
    if (!hasCode(error, 'OBJECT_EXISTS')) throw error;
  }
  const created = await tryReadFormat(store);
  if (created === undefined) throw new Error(`${FORMAT_KEY} at ${store.location} cannot be read back`);
  return created;
}

async function holdsData(store: ObjectStore): Promise<boolean> {
  for (const prefix of ['commits/', 'packs/']) {
    for await (const _ of store.list(prefix)) return true;
  }
  return false;
}

function formatLost(store: ObjectStore): MskBackupError {
  return new MskBackupError(
    'data',
    'ARCHIVE_DAMAGED',
    `the archive at ${store.location} has commits or packs but no object ${FORMAT_KEY}: copy it from a replica, or rebuild the archive from its packs`,
  );
}

function parse(text: string): FormatFile | undefined {
  try {
    const file = JSON.parse(text) as FormatFile;
    const usable =
      file.format === 'msk-backup' &&
      typeof file.formatVersion === 'number' &&
      typeof file.archiveId === 'string' &&
      typeof file.clusterId === 'string';
    return usable ? file : undefined;
  } catch {
    return undefined;
  }
}
