import type { Snapshot, SnapshotGroup, SnapshotGroupOffset, SnapshotTopic } from '../archive/snapshot.ts';
import type { KafkaClient } from '../kafka/client.ts';
import { type ClusterDescription, type DescribedTopic, describeCluster } from '../kafka/describe-cluster.ts';

const TOPIC_AUTHORIZATION_FAILED = 29;

/**
 * Topics of the newest snapshot that this run does not copy although the cluster still has them: they stay in the new
 * snapshot as they were, so that jobs with different topics can share an archive and each goes on where it stopped.
 * A topic that the cluster no longer has is not carried: older snapshots keep it. One that this job may not see is.
 * @param cluster also what it says of the topics that it did not list, see `withTopicsOf`
 */
export function carryOver(
  parent: Snapshot | undefined,
  copied: Set<string>,
  cluster: DescribedTopic[],
): { topics: SnapshotTopic[]; gone: string[] } {
  const topics: SnapshotTopic[] = [];
  const gone: string[] = [];
  if (parent === undefined) return { topics, gone };
  const described = new Map(cluster.map((topic) => [topic.name, topic]));
  for (const topic of parent.topics) {
    if (copied.has(topic.name)) continue;
    const now = described.get(topic.name);
    if (now !== undefined && (now.topicId === topic.topicId || now.errorCode === TOPIC_AUTHORIZATION_FAILED)) {
      topics.push({ ...topic, asOf: topic.asOf ?? { sequence: parent.sequence, cutTime: parent.cut.time } });
    } else gone.push(topic.name);
  }
  return { topics, gone };
}

/**
 * A broker lists only topics that the job may describe. For each other topic of the newest snapshot it is asked by name,
 * and then says whether the topic is gone or hidden: the `errorCode` of what is added here.
 */
export async function withTopicsOf(
  parent: Snapshot | undefined,
  client: KafkaClient,
  cluster: ClusterDescription,
): Promise<ClusterDescription> {
  const listed = new Set(cluster.topics.map(({ name }) => name));
  const missing = (parent?.topics ?? []).map(({ name }) => name).filter((name) => !listed.has(name));
  if (missing.length === 0) return cluster;
  const { topics } = await describeCluster(client, missing);
  return { ...cluster, topics: [...cluster.topics, ...topics] };
}

/** The groups at the new cut, and beside them the parent's positions on the topics that are carried over. */
export function carryOverGroups(
  groups: SnapshotGroup[],
  parent: Snapshot | undefined,
  carried: SnapshotTopic[],
): SnapshotGroup[] {
  const names = new Set(carried.map(({ name }) => name));
  return withPositionsOf(parent, groups, ({ topic }) => names.has(topic));
}

/** The groups, and beside their positions those of the parent that belong to partitions which stand as they did there. */
export function withPositionsOf(
  parent: Snapshot | undefined,
  groups: SnapshotGroup[],
  belongs: (position: SnapshotGroupOffset) => boolean,
): SnapshotGroup[] {
  const merged = new Map(groups.map((group) => [group.groupId, group]));
  for (const group of parent?.groups ?? []) {
    const kept = group.offsets.filter(belongs);
    if (kept.length === 0) continue;
    const now = merged.get(group.groupId);
    merged.set(group.groupId, { ...(now ?? group), offsets: [...(now?.offsets ?? []), ...kept] });
  }
  return [...merged.values()].sort((a, b) => (a.groupId < b.groupId ? -1 : 1));
}
