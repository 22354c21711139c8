import type { Snapshot, SnapshotGroup, SnapshotTopic } from '../archive/snapshot.ts';
import type { DescribedTopic } from '../kafka/describe-cluster.ts';

/**
 * Topics of the newest snapshot that this run does not copy although the cluster still has them: they stay in the new
 * snapshot as they were, so that jobs with different topics can share an archive and each goes on where it stopped.
 * A topic that the cluster no longer has is not carried: older snapshots keep it.
 */
export function carryOver(
  parent: Snapshot | undefined,
  copied: Set<string>,
  cluster: DescribedTopic[],
): { topics: SnapshotTopic[]; gone: string[] } {
  const topics: SnapshotTopic[] = [];
  const gone: string[] = [];
  if (parent === undefined) return { topics, gone };
  const ids = new Map(cluster.map(({ name, topicId }) => [name, topicId]));
  for (const topic of parent.topics) {
    if (copied.has(topic.name)) continue;
    if (ids.get(topic.name) === topic.topicId) {
      topics.push({ ...topic, asOf: topic.asOf ?? { sequence: parent.sequence, cutTime: parent.cut.time } });
    } else gone.push(topic.name);
  }
  return { topics, gone };
}

/** The groups at the new cut, and beside them the parent's positions on the topics that are carried over. */
export function carryOverGroups(
  groups: SnapshotGroup[],
  parent: Snapshot | undefined,
  carried: SnapshotTopic[],
): SnapshotGroup[] {
  const names = new Set(carried.map(({ name }) => name));
  const merged = new Map(groups.map((group) => [group.groupId, group]));
  for (const group of parent?.groups ?? []) {
    const kept = group.offsets.filter(({ topic }) => names.has(topic));
    if (kept.length === 0) continue;
    const now = merged.get(group.groupId);
    merged.set(group.groupId, { ...(now ?? group), offsets: [...(now?.offsets ?? []), ...kept] });
  }
  return [...merged.values()].sort((a, b) => (a.groupId < b.groupId ? -1 : 1));
}
