import type { Snapshot, SnapshotGroup } from '../archive/snapshot.ts';
import type { RestoreJournal } from '../journal/journal.ts';
import type { KafkaClient } from '../kafka/client.ts';
import { fetchGroupOffsets } from '../kafka/group-offsets.ts';
import { applyGroups } from './apply-groups.ts';
import { refuseGroupsWithMembers } from './members.ts';
import { type GroupsPlan, type MapOf, type PlannedGroup, planGroups } from './plan-groups.ts';
import type { GroupsReplacedBody } from './replaced.ts';
import { selectGroups } from './select-groups.ts';

export interface GroupsToPlan {
  client: KafkaClient;
  snapshot: Pick<Snapshot, 'groups'>;
  /** Ids and patterns; empty for all of the snapshot. */
  patterns: readonly string[];
  mapOf: MapOf;
  signal?: AbortSignal;
}

export interface GroupsToRestore extends GroupsToPlan {
  /** Of the restore: it gets a `groups-replaced` entry before anything is committed. */
  journal: RestoreJournal;
}

/** What was planned, and done. It is JSON, for the report. */
export interface RestoredGroups extends GroupsPlan {
  /** Offsets that were committed; the others stood there already. */
  committed: number;
}

/**
 * What restoring groups would commit. Reads the target, writes nothing.
 * @throws MskBackupError kind `configuration`, `GROUP_NOT_IN_SNAPSHOT`
 */
export async function planRestoredGroups(input: GroupsToPlan): Promise<GroupsPlan> {
  const { client, snapshot, patterns, mapOf, signal } = input;
  const { groups, remarks } = selectGroups(snapshot.groups, patterns);
  const ids = groups.map(({ groupId }) => groupId);
  const planned = planGroups(groups, mapOf, await fetchGroupOffsets(client, ids, signal));
  return { groups: planned, remarks: [...remarks, ...planned.filter(isIdle).map(idleRemark)] };
}

/**
 * Commits the offsets of a snapshot's groups, once the records are there. May be repeated after an interruption.
 * @throws as `planRestoredGroups` and `applyGroups`
 */
export async function restoreGroups(input: GroupsToRestore): Promise<RestoredGroups> {
  const { client, journal, signal } = input;
  const plan = await planRestoredGroups(input);
  const earlier = await journal.last<GroupsReplacedBody>('groups-replaced');
  const { committed } = await applyGroups(client, plan, {
    save: async (before) => void (await journal.append<GroupsReplacedBody>('groups-replaced', before)),
    ...(earlier !== undefined && { earlier: earlier.body }),
    ...(signal !== undefined && { signal }),
  });
  return { ...plan, committed };
}

/**
 * Refuses what would be refused after the records are there, before any is written: unknown ids, groups with members.
 * @param isRestored whether a topic of the source is restored: groups that read none of them do not matter
 * @throws MskBackupError kind `configuration`: `GROUP_NOT_IN_SNAPSHOT`, `GROUP_HAS_MEMBERS`
 */
export async function checkGroups(
  { client, snapshot, patterns, signal }: Omit<GroupsToPlan, 'mapOf'>,
  isRestored: (topic: string) => boolean,
): Promise<{ groups: SnapshotGroup[]; remarks: string[] }> {
  const { groups, remarks } = selectGroups(snapshot.groups, patterns);
  const concerned = groups.filter(({ offsets }) => offsets.some(({ topic }) => isRestored(topic)));
  await refuseGroupsWithMembers(
    client,
    concerned.map(({ groupId }) => groupId),
    signal,
  );
  return { groups: concerned, remarks };
}

function isIdle({ offsets }: { offsets: unknown[] }): boolean {
  return offsets.length === 0;
}

function idleRemark({ groupId, leftOut }: PlannedGroup): string {
  const spread = leftOut.find(({ reason }) => reason === 'topic-repartitioned');
  const why = spread === undefined ? 'nothing that it reads was restored' : `topic ${spread.topic} was repartitioned`;
  return `group ${groupId} gets no offsets: ${why}`;
}
