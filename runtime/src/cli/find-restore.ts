import { readArchive } from '../archive/format-file.ts';
import type { RestoreJob } from '../config/job.ts';
import { matchesSelection } from '../config/topic-patterns.ts';
import { MskBackupError } from '../errors.ts';
import type { StartedBody } from '../journal/entries.ts';
import { type JournalEntry, RestoreJournal } from '../journal/journal.ts';
import { type OffsetsBody, readOffsets } from '../journal/offset-map-object.ts';
import { stateLocation } from '../journal/state-location.ts';
import { targetOf } from '../restore/plan/select-topics.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import { openStore } from '../storage/open-store.ts';

/** A restore that has put its records in place. */
export interface FoundRestore {
  journal: RestoreJournal;
  /** Where the records are. */
  offsets: OffsetsBody;
}

export interface RestoreChoice {
  /** As `--restore` names it. Undefined: the newest one that meets the rest. */
  restoreId?: string;
  /** Of the archive that was restored. Undefined: any. */
  archiveId?: string;
  /** Undefined: any. */
  targetClusterId?: string;
  /** What was restored is what this asks for, by the same names, with the same kind of offsets. Undefined: anything. */
  job?: Pick<RestoreJob, 'topics' | 'topicMapping' | 'offsets'>;
}

const SHOWN = 5;

/** Works on the place where restores of the job keep their journals; closes it in the end. */
export async function withRestores<T>(
  job: Pick<RestoreJob, 'storage' | 'state'>,
  work: (store: ObjectStore) => Promise<T>,
): Promise<T> {
  const store = await openStore(stateLocation(job));
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

/** The id of the job's archive, for `RestoreChoice`. @throws as `readArchive` */
export async function archiveIdOf({ storage }: Pick<RestoreJob, 'storage'>): Promise<string> {
  const store = await openStore(storage);
  try {
    return (await readArchive(store)).id;
  } finally {
    await store.close();
  }
}

/**
 * The restore that is meant: the one with the id, or of those that have put their records in place and meet the choice the one
 * that was started last.
 * @param store where the journals are
 * @throws MskBackupError kind `configuration`: `RESTORE_UNKNOWN`, `RESTORE_UNFINISHED`; kind `data`: `JOURNAL_DAMAGED`
 */
export async function findRestore(store: ObjectStore, choice: RestoreChoice = {}): Promise<FoundRestore> {
  const { restoreId } = choice;
  const journal = restoreId === undefined ? await newest(store, choice) : await named(store, restoreId);
  const offsets = await readOffsets(journal);
  if (offsets !== undefined) return { journal, offsets: offsets.body };
  throw new MskBackupError(
    'configuration',
    'RESTORE_UNFINISHED',
    `restore ${journal.restoreId} in ${store.location} has not put all its records in place: run it again, it goes on where it was stopped`,
  );
}

async function named(store: ObjectStore, restoreId: string): Promise<RestoreJournal> {
  // An id is a part of keys: nothing else gets there.
  const journal = /^[0-9a-f]+$/.test(restoreId) ? await RestoreJournal.open(store, restoreId) : undefined;
  if (journal !== undefined && journal.keys.length > 0) return journal;
  const known = (await startedRestores(store)).map(({ journal: { restoreId: id } }) => id);
  throw new MskBackupError(
    'configuration',
    'RESTORE_UNKNOWN',
    `there is no restore ${restoreId} in ${store.location}; ` +
      (known.length > 0 ? `the newest are ${known.slice(0, SHOWN).join(', ')}` : 'there is none at all'),
  );
}

async function newest(store: ObjectStore, choice: RestoreChoice): Promise<RestoreJournal> {
  const { archiveId, targetClusterId, job } = choice;
  const possible = (await startedRestores(store)).filter(
    ({ started: { body } }) =>
      (archiveId === undefined || body.snapshot.archiveId === archiveId) &&
      (targetClusterId === undefined || body.target.clusterId === targetClusterId),
  );
  const meant = possible.filter(({ started }) => job === undefined || isOf(job, started.body));
  const found = meant.find(({ journal }) => journal.keys.some(({ kind }) => kind === 'offsets')) ?? meant[0];
  if (found !== undefined) return found.journal;
  const others = possible.slice(0, SHOWN).map(({ journal }) => journal.restoreId);
  throw new MskBackupError(
    'configuration',
    'RESTORE_UNKNOWN',
    `no restore of this archive${targetClusterId === undefined ? '' : ` to cluster ${targetClusterId}`} is noted in ${store.location}` +
      (others.length === 0
        ? ': run msk-backup restore first, or say in restore.state where it kept its notes'
        : ` with the topics, their names and the kind of offsets of this configuration: name the one that is meant with --restore (the newest are ${others.join(', ')})`),
  );
}

function isOf(job: NonNullable<RestoreChoice['job']>, { offsets, topics }: StartedBody): boolean {
  return (
    offsets === job.offsets &&
    topics.every(
      ({ source, target }) =>
        matchesSelection(source, job.topics, { regexAllowed: true }) && target === targetOf(source, job),
    )
  );
}

/** Every restore that has begun to write, the one that was started last first. */
async function startedRestores(
  store: ObjectStore,
): Promise<{ journal: RestoreJournal; started: JournalEntry<StartedBody> }[]> {
  const found: { journal: RestoreJournal; started: JournalEntry<StartedBody> }[] = [];
  for (const id of await RestoreJournal.list(store)) {
    const journal = await RestoreJournal.open(store, id);
    const started = await journal.last<StartedBody>('started');
    if (started !== undefined) found.push({ journal, started });
  }
  return found.sort((a, b) => (a.started.at < b.started.at ? 1 : -1));
}
