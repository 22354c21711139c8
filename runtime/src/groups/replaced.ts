import type { GroupOffsets } from '../kafka/group-offsets.ts';
import type { PlannedGroup, PlannedOffset } from './plan-groups.ts';

/** `groups-replaced` of a restore's journal: written before offsets of the target's groups are replaced. */
export interface GroupsReplacedBody {
  groups: ReplacedGroup[];
}

export interface ReplacedGroup {
  groupId: string;
  offsets: ReplacedOffset[];
}

export interface ReplacedOffset {
  /** Of the target. */
  topic: string;
  partition: number;
  /** Null where the group had committed nothing. */
  before: CommittedBefore | null;
  /** What it is replaced with. */
  after: { offset: number; metadata: string };
}

export interface CommittedBefore {
  offset: number;
  leaderEpoch: number;
  metadata: string | null;
}

/** What a group has committed now, by partition; undefined for nothing. */
export type CommittedNow = (groupId: string, topic: string, partition: number) => CommittedBefore | undefined;

export function committedNow(groups: readonly GroupOffsets[]): CommittedNow {
  const found = new Map<string, CommittedBefore>();
  for (const { groupId, offsets } of groups) {
    for (const { topic, partition, offset, leaderEpoch, metadata } of offsets) {
      if (offset >= 0) found.set(`${topic}/${partition}/${groupId}`, { offset, leaderEpoch, metadata });
    }
  }
  return (groupId, topic, partition) => found.get(`${topic}/${partition}/${groupId}`);
}

/** Whether a group stands at an offset, with its metadata; kafka tells no metadata as null or as empty. */
export function standsAt(
  now: CommittedBefore | undefined,
  wanted: { offset: number; metadata: string | null } | null,
): boolean {
  if (now === undefined || wanted === null) return now === undefined && wanted === null;
  return now.offset === wanted.offset && (now.metadata ?? '') === (wanted.metadata ?? '');
}

/** What has to be committed: where a group does not stand yet. */
export function pendingOffsets({ groupId, offsets }: PlannedGroup, now: CommittedNow): PlannedOffset[] {
  return offsets.filter((planned) => !standsAt(now(groupId, planned.topic, planned.partition), planned));
}

/**
 * What is to be written down before the pending offsets are committed: how they stand now, and also what an earlier,
 * interrupted run has already replaced of the same plan, with how that stood before it. So the newest body undoes both.
 */
export function replacedBody(
  plan: readonly PlannedGroup[],
  now: CommittedNow,
  earlier?: GroupsReplacedBody,
): GroupsReplacedBody {
  const before = new Map<string, ReplacedOffset>();
  for (const { groupId, offsets } of earlier?.groups ?? []) {
    for (const replaced of offsets) before.set(`${replaced.topic}/${replaced.partition}/${groupId}`, replaced);
  }
  const groups = plan.map(({ groupId, offsets }) => ({
    groupId,
    offsets: offsets.flatMap(({ topic, partition, offset, metadata }): ReplacedOffset[] => {
      const after = { offset, metadata };
      const stands = now(groupId, topic, partition);
      if (!standsAt(stands, after)) return [{ topic, partition, before: stands ?? null, after }];
      const replaced = before.get(`${topic}/${partition}/${groupId}`);
      return replaced !== undefined && standsAt({ ...after, leaderEpoch: -1 }, replaced.after) ? [replaced] : [];
    }),
  }));
  return { groups: groups.filter(({ offsets }) => offsets.length > 0) };
}
