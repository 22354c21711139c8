import { MskBackupError } from '../errors.ts';
import type { KafkaClient } from '../kafka/client.ts';
import { commitGroupOffsets } from '../kafka/commit-offsets.ts';
import { fetchGroupOffsets } from '../kafka/group-offsets.ts';
import { eachGroup } from './each-group.ts';
import { refuseGroupsWithMembers } from './members.ts';
import type { PlannedGroup } from './plan-groups.ts';
import { readBack } from './read-back.ts';
import { committedNow, type GroupsReplacedBody, pendingOffsets, replacedBody } from './replaced.ts';

export interface ApplyOptions {
  /** Writes down what is about to be replaced, durably: without it nothing is committed. Not called when nothing is. */
  save(before: GroupsReplacedBody): Promise<void>;
  /** What was saved last, by a run that may have been interrupted. */
  earlier?: GroupsReplacedBody;
  signal?: AbortSignal;
}

/**
 * Commits planned offsets and reads them back. Groups that stand where they should are left alone, so it may be repeated.
 * @returns how many offsets were committed
 * @throws MskBackupError kind `configuration`, `GROUP_HAS_MEMBERS`: of all groups none was changed, unless it says otherwise;
 * kind `data`, `GROUP_OFFSETS_DIFFER`, when they do not stand afterwards
 */
export async function applyGroups(
  client: KafkaClient,
  plan: { groups: readonly PlannedGroup[] },
  { save, earlier, signal }: ApplyOptions,
): Promise<{ committed: number }> {
  const groups = plan.groups.filter(({ offsets }) => offsets.length > 0);
  const ids = groups.map(({ groupId }) => groupId);
  await refuseGroupsWithMembers(client, ids, signal);
  const now = committedNow(await fetchGroupOffsets(client, ids, signal));
  const pending = groups
    .map((group) => ({ groupId: group.groupId, offsets: pendingOffsets(group, now) }))
    .filter(({ offsets }) => offsets.length > 0);
  if (pending.length === 0) return { committed: 0 };

  await save(replacedBody(groups, now, earlier));
  const { done, failure } = await eachGroup(pending, ({ groupId, offsets }) =>
    commitGroupOffsets(client, groupId, offsets, signal),
  );
  if (failure !== undefined) throw halfDone(failure, done, pending.length);
  await readBack(
    client,
    pending.flatMap(({ groupId, offsets }) =>
      offsets.map((wanted) => ({ groupId, topic: wanted.topic, partition: wanted.partition, wanted })),
    ),
    signal,
  );
  return { committed: pending.reduce((sum, { offsets }) => sum + offsets.length, 0) };
}

function halfDone(failure: unknown, done: number, of: number): unknown {
  if (!(failure instanceof MskBackupError)) return failure;
  return new MskBackupError(
    failure.kind,
    failure.code,
    `${failure.message}; ${done} of ${of} groups have their offsets: run again to go on, or put them back with msk-backup groups undo`,
    { cause: failure },
  );
}
