import type { Snapshot, SnapshotPartition } from '../archive/snapshot.ts';
import type { BackupJob } from '../config/job.ts';
import type { KafkaClient } from '../kafka/client.ts';
import { type ClusterDescription, describeCluster } from '../kafka/describe-cluster.ts';
import type { RunContext } from '../observe/run-context.ts';
import { withPositionsOf, withTopicsOf } from './carry-over.ts';
import type { Cut } from './cut.ts';
import { findRestarts } from './find-restarts.ts';
import { tellOpenTransactions } from './open-transactions.ts';
import { type PartitionPlan, planPartition } from './plan-partition.ts';
import { resumeCut } from './resume-cut.ts';
import { selectTopics } from './select-topics.ts';
import { takeCut } from './take-cut.ts';

/** Everything that is decided before the first byte is copied. */
export interface RunPlan {
  cluster: ClusterDescription;
  cut: Cut;
  /** True when this run goes on with the cut of a stopped one. */
  resumed: boolean;
  partitions: PartitionPlan[];
  /** Partitions that no broker leads, or whose leader does not tell its offsets: not copied. */
  leaderless: { topic: string; partition: number; known?: SnapshotPartition; reason: string }[];
}

/**
 * Chooses the topics, takes the cut (or goes on with that of a stopped run), and decides where each partition starts.
 * Reads only.
 */
export async function planRun(
  client: KafkaClient,
  parent: Snapshot | undefined,
  job: BackupJob,
  context: RunContext,
): Promise<RunPlan> {
  const cluster = await withTopicsOf(parent, client, await describeCluster(client));
  const chosen = selectTopics(
    cluster.topics.filter(({ errorCode }) => errorCode === 0),
    job,
  );
  if (!job.full) {
    const selected = new Set(chosen.topics.map(({ name }) => name));
    const cut = await resumeCut(client, cluster, parent, selected, context.signal);
    if (cut !== undefined) {
      const plan = await planFor(client, cluster, cut, parent, job);
      // A truncated log may never come to the old cut again.
      if (plan.every(({ restarted }) => restarted === undefined)) {
        context.progress.note(
          'info',
          `going on with the cut of ${parent!.backupId}, which was stopped before it was reached`,
        );
        return { cluster, cut, resumed: true, partitions: plan, leaderless: [] };
      }
    }
  }
  for (const remark of chosen.remarks) context.progress.note('warn', remark);
  const taken = await takeCut(client, cluster, chosen.topics, job, context);
  for (const { groupId, offsets } of taken.cut.groups) {
    for (const { topic, partition, offset, clampedFrom } of offsets) {
      if (clampedFrom === undefined) continue;
      context.progress.note(
        'warn',
        `group ${groupId} was at offset ${clampedFrom} of ${topic}[${partition}], past the cut at ${offset}: it reads ` +
          'uncommitted data; its position is kept as the cut',
      );
    }
  }
  await tellOpenTransactions(client, cluster, taken.cut, context);
  const topicIds = new Map(taken.cut.topics.map(({ name, topicId }) => [name, topicId]));
  const leaderless = taken.leaderless.map(({ topic, partition, reason }) => {
    // Of a topic that was deleted and created again since, the archive holds nothing yet.
    const known = parent?.topics
      .find(({ name, topicId }) => name === topic && topicId === topicIds.get(topic))
      ?.partitions.find((before) => before.partition === partition);
    return {
      topic,
      partition,
      reason,
      ...(known === undefined ? {} : { known }),
    };
  });
  const asBefore = new Set(
    leaderless.flatMap(({ topic, partition, known }) => (known === undefined ? [] : [`${topic}/${partition}`])),
  );
  const groups = withPositionsOf(parent, taken.cut.groups, ({ topic, partition }) =>
    asBefore.has(`${topic}/${partition}`),
  );
  const cut = { ...taken.cut, groups };
  const partitions = await planFor(client, cluster, cut, parent, job);
  for (const { topic, partition, restarted } of partitions) {
    if (restarted !== undefined) context.progress.note('info', `${topic}[${partition}] is copied anew: ${restarted}`);
  }
  return { cluster, cut, resumed: false, partitions, leaderless };
}

async function planFor(
  client: KafkaClient,
  cluster: ClusterDescription,
  cut: Cut,
  parent: Snapshot | undefined,
  job: BackupJob,
): Promise<PartitionPlan[]> {
  const now = new Date();
  const restarts = parent === undefined ? undefined : await findRestarts(client, cluster, cut, parent, job.full, now);
  return cut.topics.flatMap((topic) => {
    const before = new Map(
      parent?.topics.find(({ name }) => name === topic.name)?.partitions.map((at) => [at.partition, at]),
    );
    return topic.partitions.map((at) => {
      const known = before.get(at.partition);
      // A partition that was never readable has no history to continue.
      const continued = known === undefined || known.generations.length === 0 ? undefined : known;
      return planPartition(
        topic,
        at,
        continued,
        restarts?.get(topic.name)?.get(at.partition),
        job.startOffset,
        now.toISOString(),
        nextSequence(parent),
      );
    });
  });
}

/** The number of the commit after this one. */
export function nextSequence(parent: Snapshot | undefined): number {
  return (parent?.sequence ?? -1) + 1;
}
