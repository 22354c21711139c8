import { MskBackupError } from '../errors.ts';
import type { KafkaClient } from '../kafka/client.ts';
import { commitGroupOffsets, deleteGroupOffsets } from '../kafka/commit-offsets.ts';
import { fetchGroupOffsets } from '../kafka/group-offsets.ts';
import { eachGroup } from './each-group.ts';
import { refuseGroupsWithMembers } from './members.ts';
import { readBack } from './read-back.ts';
import { type CommittedBefore, committedNow, type GroupsReplacedBody, standsAt } from './replaced.ts';

export interface UndoOptions {
  /** Also where somebody has committed since. Default false. */
  force?: boolean;
  signal?: AbortSignal;
}

/** What became of the replaced offsets. It is JSON, as `groups undo` prints it. */
export interface UndoneGroups {
  groups: {
    groupId: string;
    offsets: {
      topic: string;
      partition: number;
      /** What it had now; null for nothing. */
      from: number | null;
      /** What it has again; null for nothing. */
      to: number | null;
    }[];
  }[];
  /** Offsets that were put back or deleted; the others stood as before already. */
  changed: number;
}

const NAMED = 5;

/**
 * Puts back what `applyGroups` has replaced: the offsets of before, or none. It may be repeated.
 * @throws MskBackupError kind `configuration`: `GROUP_HAS_MEMBERS`; `GROUP_OFFSETS_MOVED` when somebody has committed since,
 * unless `force`. Nothing was changed then
 */
export async function undoGroups(
  client: KafkaClient,
  replaced: GroupsReplacedBody,
  { force = false, signal }: UndoOptions = {},
): Promise<UndoneGroups> {
  const ids = replaced.groups.map(({ groupId }) => groupId);
  await refuseGroupsWithMembers(client, ids, signal);
  const now = committedNow(await fetchGroupOffsets(client, ids, signal));
  const groups = replaced.groups.map(({ groupId, offsets }) => ({
    groupId,
    offsets: offsets.map((offset) => {
      const stands = now(groupId, offset.topic, offset.partition);
      return { ...offset, stands, isBack: standsAt(stands, offset.before) };
    }),
  }));
  if (!force) refuseMoved(groups);

  const pending = groups.map(({ groupId, offsets }) => ({ groupId, offsets: offsets.filter(({ isBack }) => !isBack) }));
  const { failure } = await eachGroup(pending, async ({ groupId, offsets }) => {
    await commitGroupOffsets(
      client,
      groupId,
      offsets.flatMap(({ topic, partition, before }) => (before === null ? [] : [{ topic, partition, ...before }])),
      signal,
    );
    await deleteGroupOffsets(
      client,
      groupId,
      offsets.filter(({ before }) => before === null),
      signal,
    );
  });
  if (failure !== undefined) throw failure;
  await readBack(
    client,
    pending.flatMap(({ groupId, offsets }) =>
      offsets.map(({ topic, partition, before }) => ({ groupId, topic, partition, wanted: before })),
    ),
    signal,
  );
  return {
    groups: groups.map(({ groupId, offsets }) => ({
      groupId,
      offsets: offsets.map(({ topic, partition, stands, before }) => ({
        topic,
        partition,
        from: stands?.offset ?? null,
        to: before?.offset ?? null,
      })),
    })),
    changed: pending.reduce((sum, { offsets }) => sum + offsets.length, 0),
  };
}

interface Standing {
  topic: string;
  partition: number;
  after: { offset: number; metadata: string };
  stands: CommittedBefore | undefined;
  isBack: boolean;
}

/** Consumers that have read since would read again, or skip. */
function refuseMoved(groups: { groupId: string; offsets: Standing[] }[]): void {
  const moved = groups.flatMap(({ groupId, offsets }) =>
    offsets
      // A consumer that commits where it stands has read nothing, whatever metadata it leaves.
      .filter(({ stands, after, isBack }) => !isBack && stands?.offset !== after.offset)
      .map(
        ({ topic, partition, stands, after }) =>
          `${groupId} on ${topic}[${partition}] has ${stands?.offset ?? 'nothing'}, not ${after.offset}`,
      ),
  );
  if (moved.length === 0) return;
  const more = moved.length > NAMED ? ` and ${moved.length - NAMED} more` : '';
  throw new MskBackupError(
    'configuration',
    'GROUP_OFFSETS_MOVED',
    `groups have committed since their offsets were replaced: ${moved.slice(0, NAMED).join('; ')}${more}; --force puts them back all the same, nothing was changed`,
  );
}
