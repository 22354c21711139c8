import { MskBackupError } from '../errors.ts';
import type { KafkaClient } from '../kafka/client.ts';
import { groupHasMembers } from '../kafka/commit-offsets.ts';
import { describeGroups, type GroupState } from '../kafka/group-state.ts';

const NAMED = 5;

/**
 * Nobody may read with a group whose offsets are replaced. Looked at for all groups before anything is committed.
 * @throws MskBackupError kind `configuration`, `GROUP_HAS_MEMBERS`, naming groups and members
 */
export async function refuseGroupsWithMembers(
  client: KafkaClient,
  groupIds: readonly string[],
  signal?: AbortSignal,
): Promise<void> {
  const inUse = (await describeGroups(client, groupIds, signal)).filter(({ members }) => members.length > 0);
  const [first] = inUse;
  if (first === undefined) return;
  if (inUse.length === 1) throw groupHasMembers(first.groupId, membersOf(first));
  const named = inUse.slice(0, NAMED).map((group) => `${group.groupId} (${membersOf(group)})`);
  const more = inUse.length > NAMED ? ` and ${inUse.length - NAMED} more` : '';
  throw new MskBackupError(
    'configuration',
    'GROUP_HAS_MEMBERS',
    `${inUse.length} groups have members: ${named.join(', ')}${more}; stop their consumers first, no group was changed`,
  );
}

function membersOf({ members }: GroupState): string {
  const named = members
    .slice(0, NAMED)
    .map(({ clientId, clientHost }) => `${clientId} at ${clientHost.replace('/', '')}`);
  return members.length > NAMED ? `${named.join(', ')} and ${members.length - NAMED} more` : named.join(', ');
}
