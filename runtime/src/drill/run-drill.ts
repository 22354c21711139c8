import { readArchive } from '../archive/format-file.ts';
import { readCommits } from '../archive/resolve-snapshot.ts';
import type { Snapshot } from '../archive/snapshot.ts';
import { newestWholeSnapshot } from '../archive/whole.ts';
import type { RestoreJob } from '../config/job.ts';
import { MskBackupError } from '../errors.ts';
import { mapOfRestore } from '../groups/map-of.ts';
import { RestoreJournal } from '../journal/journal.ts';
import { readOffsets } from '../journal/offset-map-object.ts';
import { stateLocation } from '../journal/state-location.ts';
import type { KafkaClient } from '../kafka/client.ts';
import { createKafkaClient } from '../kafka/kafkajs-client.ts';
import type { RunContext } from '../observe/run-context.ts';
import type { RestoreReport } from '../restore/report/report.ts';
import { runRestore } from '../restore/run.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import { openStore } from '../storage/open-store.ts';
import { checkGroups } from './check-groups.ts';
import { deleteDrillTopics, isLongOver } from './clean-up.ts';
import { drillName, newDrillId } from './drill-id.ts';
import { drillJob } from './drill-job.ts';
import { drillPage } from './page.ts';
import type { DrillReport } from './report.ts';
import { drillReportsLocation } from './reports-location.ts';
import { lastReports, storeReport } from './stored-reports.ts';

/** Drills in the plots of the page. */
const DRILLS_PLOTTED = 30;

export interface StoredDrill {
  report: DrillReport;
  /** Where the report and its page are, as `s3://…` or a path, without `.json` and `.html`. */
  stored: string;
}

/**
 * Restores the newest whole snapshot into topics of its own, compares them with the archive, checks the positions of the
 * consumer groups, deletes all of it again, and keeps a report. What goes wrong is in the report, which is kept too; the topics
 * are deleted in any case.
 * @param job a restore: target, archive, which topics, how. Its groups and Lambda mappings are not touched
 * @throws MskBackupError when there is no report to be had: the archive or the place of the reports cannot be reached
 */
export async function runDrill(job: RestoreJob, context: RunContext): Promise<StoredDrill> {
  const started = new Date();
  const id = newDrillId(started);
  const store = await openStore(job.storage);
  const reports = await openStore(drillReportsLocation(job.storage));
  try {
    await readArchive(store);
    const report = await drill(id, started, job, store, context);
    const before = await lastReports(reports, DRILLS_PLOTTED - 1);
    await storeReport(reports, report, drillPage([...before, report]));
    return { report, stored: `${reports.location}/${id}` };
  } finally {
    await Promise.allSettled([store.close(), reports.close()]);
  }
}

async function drill(
  id: string,
  started: Date,
  job: RestoreJob,
  store: ObjectStore,
  context: RunContext,
): Promise<DrillReport> {
  const report = emptyReport(id, started, job, store);
  const { topicPrefix } = job.drill;
  const state = await openStore(stateLocation(job));
  // Without the signal: what was made is deleted after it, too.
  const client = createKafkaClient(job.target);
  const fail = (error: unknown) => void report.problems.push(error instanceof Error ? error.message : String(error));
  try {
    await client.connect();
    const { snapshot, newerNotWhole } = await chooseSnapshot(store);
    const ageSeconds = secondsBetween(new Date(snapshot.cut.time), started);
    report.snapshot = {
      backupId: snapshot.backupId,
      sequence: snapshot.sequence,
      cutTime: snapshot.cut.time,
      ageSeconds,
      newerNotWhole,
    };
    await timed(report, 'restore', async () => {
      const restored = await runRestore(drillJob(job, snapshot, topicPrefix, id), context, {
        verifyRead: true,
        ...(job.drill.verifyPartitions !== undefined && { verifyPartitions: job.drill.verifyPartitions }),
      });
      note(report, restored, job.drill.verifyPartitions);
      if (restored.interrupted) throw new MskBackupError('interrupted', 'INTERRUPTED', 'stopped before its end');
    });
    await timed(report, 'groups', () => groups(report, job, snapshot, id, client, state, context));
  } catch (error) {
    fail(error);
  }
  await timed(report, 'cleanUp', async () => {
    const now = new Date();
    const own = await deleteDrillTopics(client, state, topicPrefix, (drill) => drill === id);
    report.leftOver = own.left;
    report.removed = (await deleteDrillTopics(client, state, topicPrefix, (drill) => isLongOver(drill, now))).deleted;
  }).catch((error: unknown) => {
    fail(error);
    report.leftOver = report.topics.map(({ target }) => target);
  });
  await Promise.allSettled([client.close(), state.close()]);
  if (report.leftOver.length > 0)
    report.problems.push(`topics that are left at the target: ${report.leftOver.join(', ')}`);
  report.problems.push(...report.verified.differences, ...report.groups.differences);
  report.succeeded = report.problems.length === 0;
  const finished = new Date();
  report.finishedAt = finished.toISOString();
  report.seconds.total = secondsBetween(started, finished);
  return report;
}

/** A replica may still be receiving the newest. */
async function chooseSnapshot(store: ObjectStore): Promise<{ snapshot: Snapshot; newerNotWhole: number }> {
  const snapshot = await newestWholeSnapshot(store);
  if (snapshot === undefined) {
    throw new MskBackupError(
      'data',
      'NO_WHOLE_SNAPSHOT',
      `no snapshot in ${store.location} is whole: nothing could be restored`,
    );
  }
  let newerNotWhole = 0;
  for await (const { sequence, snapshot: newer } of readCommits(store)) {
    if (sequence <= snapshot.sequence) break;
    if (newer?.kind !== 'partial') newerNotWhole++;
  }
  return { snapshot, newerNotWhole };
}

function note(report: DrillReport, { plan, topics, readBack }: RestoreReport, atMost = Number.POSITIVE_INFINITY): void {
  const partitions = topics.flatMap((topic) => topic.partitions);
  report.topics = topics.map(({ source, target, partitions }) => ({
    source,
    target,
    partitions: partitions.length,
    records: partitions.reduce((sum, { records }) => sum + records, 0),
  }));
  report.records = report.topics.reduce((sum, { records }) => sum + records, 0);
  report.restoreId = plan.restoreId;
  report.storedBytes = plan.storedBytes;
  report.rawBytes = plan.rawBytes;
  report.verified = {
    records: readBack?.records ?? 0,
    partitions: readBack === undefined ? 0 : Math.min(atMost, partitions.length),
    ofPartitions: partitions.length,
    differences: readBack?.differences ?? [],
  };
}

async function groups(
  report: DrillReport,
  job: RestoreJob,
  snapshot: Snapshot,
  id: string,
  client: KafkaClient,
  state: ObjectStore,
  { signal }: RunContext,
): Promise<void> {
  const restoreId = report.restoreId;
  if (restoreId === undefined) return;
  const offsets = await readOffsets(await RestoreJournal.open(state, restoreId));
  if (offsets === undefined) return;
  const nameOf = (groupId: string) => drillName(job.drill.topicPrefix, id, groupId);
  report.groups = await checkGroups(client, snapshot.groups, mapOfRestore(offsets.body), nameOf, signal);
}

async function timed(
  report: DrillReport,
  part: keyof DrillReport['seconds'],
  work: () => Promise<void>,
): Promise<void> {
  const started = new Date();
  try {
    await work();
  } finally {
    report.seconds[part] = secondsBetween(started, new Date());
  }
}

function emptyReport(id: string, started: Date, job: RestoreJob, store: ObjectStore): DrillReport {
  return {
    id,
    startedAt: started.toISOString(),
    finishedAt: started.toISOString(),
    succeeded: false,
    problems: [],
    archive: store.location,
    offsets: job.offsets,
    topics: [],
    records: 0,
    storedBytes: 0,
    rawBytes: 0,
    verified: { records: 0, partitions: 0, ofPartitions: 0, differences: [] },
    groups: { checked: 0, offsets: 0, differences: [] },
    seconds: { restore: 0, groups: 0, cleanUp: 0, total: 0 },
    leftOver: [],
    removed: [],
  };
}

function secondsBetween(from: Date, to: Date): number {
  return (to.getTime() - from.getTime()) / 1000;
}
