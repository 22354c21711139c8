import pLimit from 'p-limit';
import { LATEST, resolveSnapshot } from '../../archive/resolve-snapshot.ts';
import type { Snapshot, SnapshotGroup } from '../../archive/snapshot.ts';
import { framesOf, type PartitionFrames } from '../../archive/snapshot-frames.ts';
import { requireWhole } from '../../archive/whole.ts';
import type { RestoreJob } from '../../config/job.ts';
import { MskBackupError } from '../../errors.ts';
import { RestoreJournal } from '../../journal/journal.ts';
import { restoreIdOf } from '../../journal/restore-id.ts';
import { stateLocation } from '../../journal/state-location.ts';
import type { KafkaClient } from '../../kafka/client.ts';
import type { RecoveryBody } from '../../mappings/recovery.ts';
import type { RestoreMappings } from '../../mappings/restore-mappings.ts';
import type { RunContext } from '../../observe/run-context.ts';
import type { ObjectStore } from '../../storage/object-store.ts';
import { objectUrl } from '../../storage/store-url.ts';
import type { RestorePlan } from '../report/report.ts';
import { begunTopics } from './begun-topics.ts';
import { chooseGroups } from './choose-groups.ts';
import { checkConditions } from './conditions.ts';
import { NO_MAPPINGS } from './consumers.ts';
import { earlierRuns } from './earlier-runs.ts';
import { checkExactConditions } from './exact-conditions.ts';
import { missingPermissions } from './exact-permissions.ts';
import { type ExactExtent, exactExtent } from './extent.ts';
import { chooseReplicationFactor, describePlan, type PreparedTopic } from './plan.ts';
import { notesOnRecreated } from './recreate.ts';
import { type SelectedTopic, selectTopics } from './select-topics.ts';
import { targetPartition } from './target-partitions.ts';
import { describeTargets } from './target-state.ts';
import { checkCreation } from './target-topics.ts';
import { configToCreate } from './topic-config.ts';

/** A restore that may begin: all conditions hold. */
export interface PreparedRestore {
  plan: RestorePlan;
  snapshot: Snapshot;
  targetClusterId: string;
  topics: PreparedTopic[];
  journal: RestoreJournal;
  /** Consumer groups to commit. */
  groups: SnapshotGroup[];
  /** To be closed. */
  mappings: RestoreMappings;
}

export interface PrepareOptions {
  /** Topics that a restore made are deleted and made anew. Default false. */
  recreate?: boolean;
}

/** Partitions whose extent is found at once: each may have a frame in memory. */
const EXTENTS_AT_ONCE = 4;

/**
 * Finds out what a restore would do, and whether it may. Writes nothing.
 * @param state where restores keep their journals
 * @throws MskBackupError with what is in the way
 */
export async function prepareRestore(
  job: RestoreJob,
  client: KafkaClient,
  store: ObjectStore,
  state: ObjectStore,
  context: RunContext,
  options: PrepareOptions = {},
): Promise<PreparedRestore> {
  // Whoever names a partial snapshot means it; the plan says that it is one.
  const snapshot = await resolveSnapshot(store, job.backupId, { allowPartial: job.backupId !== LATEST });
  const selection = selectTopics(snapshot, job);
  const names = new Set(selection.topics.map(({ source }) => source.name));
  await requireWhole(store, snapshot, (name) => names.has(name));
  const target = await describeTargets(
    client,
    selection.topics.map((topic) => topic.target),
    context.signal,
  );
  const targetClusterId = target.clusterId ?? '';
  const journal = await RestoreJournal.open(state, identify(job, snapshot, targetClusterId, selection.topics));
  const topicIds = new Map([...target.existing].map(([name, { topicId }]) => [name, topicId]));
  const earlier = await earlierRuns(journal, topicIds);
  const unknown = new Map([...topicIds].filter(([name]) => options.recreate || !earlier.has(name)));
  const begun = await begunTopics(state, unknown);
  const recreated = new Set([...begun].filter(([, { created }]) => options.recreate && created).map(([name]) => name));
  for (const name of recreated) earlier.delete(name);
  const existing = new Map([...target.existing].filter(([name]) => !recreated.has(name)));
  checkConditions({
    job,
    snapshot,
    topics: selection.topics,
    existing,
    earlier,
    begun,
    sameCluster: target.clusterId === snapshot.cluster.id,
  });
  const remarks = [...notesOnRecreated(recreated, target.existing), ...selection.remarks];
  const found = await framesOf(store, snapshot, {
    topics: (name) => names.has(name),
    ...(job.sourcePartitions !== undefined && { partitions: job.sourcePartitions }),
    ...(job.timeWindow !== undefined && { timeWindow: job.timeWindow }),
    includeExpired: job.includeExpired,
  });
  const frames = new Map(found.map(({ topic, partitions }) => [topic.name, partitions]));
  const topics: PreparedTopic[] = [];
  for (const selected of selection.topics) {
    const found = existing.get(selected.target);
    const { replicationFactor, note } = chooseReplicationFactor(selected, job, target.brokers);
    const config = configToCreate(selected.source, job, replicationFactor);
    if (found === undefined) remarks.push(...(note === undefined ? [] : [note]), ...config.notes);
    const held = frames.get(selected.source.name) ?? [];
    const resumed = earlier.get(selected.target);
    const before = resumed ?? (found && begun.get(selected.target));
    topics.push({
      ...selected,
      exists: found !== undefined,
      recreate: recreated.has(selected.target),
      ...(found !== undefined && { targetPartitions: found.partitionCount }),
      ...(resumed !== undefined && { earlier: resumed }),
      ...(before !== undefined && { before }),
      isEmpty: found !== undefined && [...found.offsets.values()].every(({ start, end }) => start === end),
      endsBefore: new Map([...(found?.offsets ?? [])].map(([partition, { end }]) => [partition, end])),
      replicationFactor,
      config,
      frames: held,
      ...(job.offsets === 'exact' && { extents: await extentsOf(held, job, store) }),
    });
  }
  if (job.offsets === 'exact') {
    const exact = topics.map((topic) => ({
      ...topic,
      extents: topic.extents!,
      found: existing.get(topic.target),
      earlier: topic.earlier,
    }));
    checkExactConditions(exact, job);
    await refuseLackingPermissions(topics, job, client, journal.restoreId, context);
  }
  await checkCreation(client, topics, job);
  const mappings = await mappingsOf(job, snapshot, topics, journal, context);
  try {
    const { signal } = context;
    const chosen = await chooseGroups({ job, snapshot, topics, mappings, journal, client, signal });
    remarks.push(...mappings.plan, ...chosen.remarks);
    const plan = describePlan({ job, snapshot, topics, remarks, now: Date.now(), journal });
    return { plan, snapshot, targetClusterId, topics, journal, groups: chosen.groups, mappings };
  } catch (error) {
    mappings.close();
    throw error;
  }
}

/** Looks the Lambda mappings up; changes nothing yet. */
async function mappingsOf(
  job: RestoreJob,
  snapshot: Snapshot,
  topics: PreparedTopic[],
  journal: RestoreJournal,
  { progress, signal }: RunContext,
): Promise<RestoreMappings> {
  const earlier = await journal.last<RecoveryBody>('mappings');
  if (job.lambda.length === 0 && earlier === undefined) return NO_MAPPINGS;
  // With the SDK, which other restores need not load.
  const { openMappings } = await import('../../mappings/restore-mappings.ts');
  const placeOf = (entry: { number: number }) =>
    objectUrl(stateLocation(job), journal.keys.find(({ number }) => number === entry.number)!.key);
  return openMappings(job.lambda, {
    topics: topics.map(({ source, target }) => ({ source: source.name, target })),
    snapshotGroups: snapshot.groups.map(({ groupId }) => groupId),
    save: async (body) => placeOf(await journal.append('mappings', body)),
    ...(earlier !== undefined && { earlier: { body: earlier.body, place: placeOf(earlier) } }),
    anew: topics.some(({ earlier }) => earlier === undefined),
    progress,
    signal,
  });
}

function identify(
  job: RestoreJob,
  { sequence, archiveId }: Snapshot,
  targetClusterId: string,
  topics: SelectedTopic[],
): string {
  const { timeWindow, includeExpired, includeOriginalOffsetHeader, repartitioning, offsetHeadroom } = job;
  return restoreIdOf({
    archiveId,
    sequence,
    targetClusterId,
    offsets: job.offsets,
    topics: topics.map(({ source, target, partitions }) => ({
      source: source.name,
      target,
      partitions: partitions.map(({ partition }) => [partition, targetPartition(job, partition)]),
    })),
    options: { timeWindow, includeExpired, includeOriginalOffsetHeader, repartitioning, offsetHeadroom },
  });
}

async function extentsOf(
  frames: PartitionFrames[],
  job: RestoreJob,
  store: ObjectStore,
): Promise<Map<number, ExactExtent>> {
  const limit = pLimit(EXTENTS_AT_ONCE);
  const { timeWindow, includeExpired, offsetHeadroom: headroom } = job;
  const options = { ...(timeWindow !== undefined && { timeWindow }), includeExpired, headroom };
  const extents = await limit.map(frames, (partition) => exactExtent(store, partition, options));
  return new Map(frames.map(({ partition }, index) => [partition.partition, extents[index]!]));
}

async function refuseLackingPermissions(
  topics: PreparedTopic[],
  job: RestoreJob,
  client: KafkaClient,
  restoreId: string,
  { signal }: RunContext,
): Promise<void> {
  const holes = topics.some(({ extents }) => [...(extents?.values() ?? [])].some(({ markers }) => markers > 0));
  const missing = await missingPermissions(client, {
    topics: topics.map(({ target, recreate, extents }) => ({
      name: target,
      deletes: recreate || [...(extents?.values() ?? [])].some(({ start }) => start > 0),
    })),
    fillHolesWith: holes ? job.fillHolesWith : undefined,
    restoreId,
    signal,
  });
  if (missing.length === 0) return;
  throw new MskBackupError(
    'configuration',
    'EXACT_PERMISSIONS',
    `an exact restore lacks permissions at the target: ${missing.join('; ')}; grant them, or set restore.offsets: translate; nothing was restored`,
  );
}
