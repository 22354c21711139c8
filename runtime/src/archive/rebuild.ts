import { randomBytes } from 'node:crypto';
import pLimit from 'p-limit';
import { MskBackupError } from '../errors.ts';
import { type Progress, silent } from '../observe/progress.ts';
import type { ObjectStore, StoredObject } from '../storage/object-store.ts';
import { listCommits, writeCommit } from './commits.ts';
import { tryReadFormat, writeFormat } from './format-file.ts';
import type { Frame } from './frame.ts';
import { writeIndex } from './index-object.ts';
import { type PackMetadata, readPackTrailer } from './pack-trailer.ts';
import { type FoundFrame, rebuildPartition } from './rebuild-partition.ts';
import type { Snapshot, SnapshotTopic } from './snapshot.ts';

export interface Rebuilt {
  /** Committed. */
  snapshot: Snapshot;
  /** Packs that could not be read: what they hold is not in the snapshot. */
  unreadable: MskBackupError[];
}

interface OpenPack {
  metadata: PackMetadata;
  frames: Frame[];
}

const READS_AT_ONCE = 8;

/**
 * Makes a snapshot of everything that the packs of an archive hold, from what they say of themselves: for when commits or
 * index objects are lost. Nothing is overwritten: an index object and a commit with the next free number are added, and
 * FORMAT where it is missing.
 *
 * What packs do not know: log starts (taken to be the first offset that is there), consumer groups (none), and which runs
 * committed (frames of all runs are taken, see `rebuildPartition`). Of several topics of one name the last one counts.
 * @param options clusterId: the cluster that the archive has to be of; default: whichever the packs say
 * @throws MskBackupError `ARCHIVE_MISSING` without packs, `ARCHIVE_OTHER_CLUSTER`, `ARCHIVES_MIXED`, `PACK_DAMAGED` when no
 * pack can be read, `COMMIT_TAKEN`
 */
export async function rebuildFromPacks(
  store: ObjectStore,
  options: { clusterId?: string; progress?: Progress; signal?: AbortSignal } = {},
): Promise<Rebuilt> {
  const { progress = silent, signal } = options;
  const startedAt = new Date();
  const listed: StoredObject[] = [];
  for await (const object of store.list('packs/')) if (object.key.endsWith('.pack')) listed.push(object);
  if (listed.length === 0) {
    throw new MskBackupError(
      'configuration',
      'ARCHIVE_MISSING',
      `there is no pack at ${store.location} to rebuild an archive from; check the bucket (or path) and the prefix`,
    );
  }
  progress.stage('packs', { bytes: listed.reduce((sum, { size }) => sum + size, 0) });
  const { packs, unreadable } = await openPacks(store, listed, progress, signal);
  if (packs.length === 0) throw unreadable[0]!;
  const { archiveId, clusterId } = await identify(store, packs, options.clusterId);

  const { topics, frames } = rebuildTopics(packs);
  const runId = `rebuild-${startedAt.toISOString().replace(/[-:]|\.\d+/g, '')}-${randomBytes(4).toString('hex')}`;
  const index = await writeIndex(store, runId, 0, frames);
  const newest = (await listCommits(store)).at(-1);
  const snapshot: Snapshot = {
    formatVersion: 1,
    sequence: (newest ?? -1) + 1,
    backupId: runId,
    kind: 'complete',
    parent: newest ?? null,
    archiveId,
    runId,
    startedAt: startedAt.toISOString(),
    committedAt: new Date().toISOString(),
    cluster: { id: clusterId },
    // Not later than the real cut: the last run began before it asked for the end offsets.
    cut: { time: lastRun(packs).createdAt },
    topics,
    groups: [],
    indexes: [index],
    added: {
      records: frames.reduce((sum, { records }) => sum + records, 0),
      rawBytes: frames.reduce((sum, { rawLength }) => sum + rawLength, 0),
      storedBytes: 0,
      packs: 0,
      durationMs: Date.now() - startedAt.getTime(),
    },
  };
  if ((await tryReadFormat(store)) === undefined) await writeFormat(store, archiveId, { clusterId });
  await writeCommit(store, snapshot);
  return { snapshot, unreadable };
}

async function openPacks(
  store: ObjectStore,
  listed: StoredObject[],
  progress: Progress,
  signal: AbortSignal | undefined,
): Promise<{ packs: OpenPack[]; unreadable: MskBackupError[] }> {
  const packs: OpenPack[] = [];
  const unreadable: MskBackupError[] = [];
  await pLimit(READS_AT_ONCE).map(listed, async ({ key, size }) => {
    if (signal?.aborted === true) {
      throw new MskBackupError('interrupted', 'INTERRUPTED', 'stopped before all packs were read; nothing was written');
    }
    try {
      packs.push(await readPackTrailer(store, key, size));
    } catch (error) {
      if (!(error instanceof MskBackupError) || error.kind !== 'data') throw error;
      unreadable.push(error);
      progress.note('warn', error.message);
    }
    progress.advance({ bytes: size });
  });
  return { packs, unreadable };
}

/** Whose packs they are: FORMAT knows, or else they have to agree. */
async function identify(
  store: ObjectStore,
  packs: OpenPack[],
  wantedCluster: string | undefined,
): Promise<{ archiveId: string; clusterId: string }> {
  const format = await tryReadFormat(store);
  const archiveId = format?.id ?? packs[0]!.metadata.archiveId;
  const clusterId = format?.clusterId ?? packs[0]!.metadata.clusterId;
  const stranger = packs.find(({ metadata }) => metadata.archiveId !== archiveId || metadata.clusterId !== clusterId);
  if (stranger !== undefined) {
    throw new MskBackupError(
      'data',
      'ARCHIVES_MIXED',
      `${stranger.frames[0]!.pack} in ${store.location} is of archive ${stranger.metadata.archiveId} (cluster ` +
        `${stranger.metadata.clusterId}), not of ${archiveId} (cluster ${clusterId}); move the packs of the other archive away`,
    );
  }
  if (wantedCluster !== undefined && wantedCluster !== clusterId) {
    throw new MskBackupError(
      'configuration',
      'ARCHIVE_OTHER_CLUSTER',
      `the packs at ${store.location} are of cluster ${clusterId}, not of ${wantedCluster}; nothing was written`,
    );
  }
  return { archiveId, clusterId };
}

/** What the run that began last says. */
function lastRun(packs: OpenPack[]): PackMetadata {
  return packs.map(({ metadata }) => metadata).reduce((a, b) => (b.createdAt > a.createdAt ? b : a));
}

function rebuildTopics(packs: OpenPack[]): { topics: SnapshotTopic[]; frames: Frame[] } {
  const topics: SnapshotTopic[] = [];
  const frames: Frame[] = [];
  const byName = Map.groupBy(packs, ({ metadata }) => metadata.topic);
  for (const [name, own] of [...byName].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const newest = lastRun(own);
    const found = own
      .filter(({ metadata }) => metadata.topicId === newest.topicId)
      .flatMap(({ metadata, frames }) => frames.map((frame): FoundFrame => ({ frame, createdAt: metadata.createdAt })));
    const byPartition = Map.groupBy(found, ({ frame }) => frame.partition);
    const rebuilt = Array.from(
      { length: Math.max(newest.partitionCount, ...[...byPartition.keys()].map((n) => n + 1)) },
      (_, n) => rebuildPartition(n, byPartition.get(n) ?? []),
    );
    for (const one of rebuilt) for (const frame of one.frames) frames.push(frame);
    topics.push({
      name,
      topicId: newest.topicId,
      partitionCount: rebuilt.length,
      replicationFactor: newest.replicationFactor,
      config: newest.config,
      partitions: rebuilt.map(({ partition }) => partition),
    });
  }
  return { topics, frames };
}
