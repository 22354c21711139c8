import { LATEST, resolveSnapshot } from '../archive/resolve-snapshot.ts';
import type { Snapshot } from '../archive/snapshot.ts';
import { framesOf } from '../archive/snapshot-frames.ts';
import { requireWhole } from '../archive/whole.ts';
import type { RestoreJob } from '../config/job.ts';
import type { KafkaClient } from '../kafka/client.ts';
import type { RunContext } from '../observe/run-context.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import { checkConditions } from './conditions.ts';
import { chooseReplicationFactor, describePlan, type PreparedTopic } from './plan.ts';
import type { RestorePlan } from './report.ts';
import { selectTopics } from './select-topics.ts';
import { describeTargets } from './target-state.ts';
import { checkCreation } from './target-topics.ts';
import { configToCreate } from './topic-config.ts';

/** A restore that may begin: all conditions hold. */
export interface PreparedRestore {
  plan: RestorePlan;
  snapshot: Snapshot;
  topics: PreparedTopic[];
}

/**
 * Finds out what a restore would do, and whether it may. Writes nothing.
 * @throws MskBackupError with what is in the way
 */
export async function prepareRestore(
  job: RestoreJob,
  client: KafkaClient,
  store: ObjectStore,
  context: RunContext,
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
  checkConditions({
    job,
    topics: selection.topics,
    existing: target.existing,
    sameCluster: target.clusterId === snapshot.cluster.id,
  });
  const remarks = [...selection.remarks];
  const found = await framesOf(store, snapshot, {
    topics: (name) => names.has(name),
    ...(job.sourcePartitions !== undefined && { partitions: job.sourcePartitions }),
    includeExpired: job.includeExpired,
  });
  const frames = new Map(found.map(({ topic, partitions }) => [topic.name, partitions]));
  const topics = selection.topics.map((selected): PreparedTopic => {
    const found = target.existing.get(selected.target);
    const { replicationFactor, note } = chooseReplicationFactor(selected, job, target.brokers);
    const config = configToCreate(selected.source, job, replicationFactor);
    if (found === undefined) remarks.push(...(note === undefined ? [] : [note]), ...config.notes);
    return {
      ...selected,
      exists: found !== undefined,
      ...(found !== undefined && { targetPartitions: found.partitionCount }),
      isEmpty: found !== undefined && [...found.offsets.values()].every(({ start, end }) => start === end),
      endsBefore: new Map([...(found?.offsets ?? [])].map(([partition, { end }]) => [partition, end])),
      replicationFactor,
      config,
      frames: frames.get(selected.source.name) ?? [],
    };
  });
  await checkCreation(client, topics);
  return { plan: describePlan({ job, snapshot, topics, remarks, now: Date.now() }), snapshot, topics };
}
