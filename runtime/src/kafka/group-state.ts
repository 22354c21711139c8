import pLimit from 'p-limit';
import { hasCode } from '../errors.ts';
import type { KafkaClient } from './client.ts';
import { PERMISSION } from './permissions.ts';
import { consumerGroupDescribeRequest } from './protocol/consumer-group-describe.ts';
import { type DescribedGroup, describeGroupsRequest, type GroupMember } from './protocol/describe-groups.ts';
import { kafkaError, protocolError } from './protocol/error-codes.ts';
import { withRetries } from './retry.ts';

export type { GroupMember } from './protocol/describe-groups.ts';

/** A group as its coordinator sees it. */
export interface GroupState {
  groupId: string;
  /** Kafka's word: `Empty`, `Stable`, `Assigning`, …; `Dead` for a group that does not exist. */
  state: string;
  members: GroupMember[];
}

const GROUPS_AT_ONCE = 16;

/**
 * Who is in groups, of the classic and of the new protocol (KIP-848), from their coordinators; in the order of the ids. An
 * unknown group is without members. Members come and go: what follows may still be refused.
 * @throws MskBackupError naming the group
 */
export async function describeGroups(
  client: KafkaClient,
  groupIds: readonly string[],
  signal?: AbortSignal,
): Promise<GroupState[]> {
  const limit = pLimit(GROUPS_AT_ONCE);
  return Promise.all(groupIds.map((groupId) => limit(() => describeOne(client, groupId, signal))));
}

/** DescribeGroups calls a live group of the new protocol dead and empty, so the new question comes first. */
function describeOne(client: KafkaClient, groupId: string, signal?: AbortSignal): Promise<GroupState> {
  return withRetries(
    async () => (await ofNewProtocol(client, groupId)) ?? (await ofClassicProtocol(client, groupId)),
    signal,
  );
}

/** Undefined when the group is of another kind, or the cluster has no such groups: Kafka before 3.7, or switched off. */
async function ofNewProtocol(client: KafkaClient, groupId: string): Promise<GroupState | undefined> {
  try {
    const answer = await client.send(await client.groupCoordinator(groupId), consumerGroupDescribeRequest([groupId]));
    const group = answer.groups[0];
    if (group === undefined) return undefined;
    const { name } = kafkaError(group.errorCode);
    if (name === 'GROUP_ID_NOT_FOUND' || name === 'UNSUPPORTED_VERSION') return undefined;
    return toState(groupId, group, group.errorMessage);
  } catch (reason) {
    if (hasCode(reason, 'UNSUPPORTED_VERSION')) return undefined;
    throw reason;
  }
}

async function ofClassicProtocol(client: KafkaClient, groupId: string): Promise<GroupState> {
  const answer = await client.send(await client.groupCoordinator(groupId), describeGroupsRequest([groupId]));
  const group = answer.groups[0];
  return group === undefined ? { groupId, state: 'Dead', members: [] } : toState(groupId, group);
}

function toState(groupId: string, group: DescribedGroup, message?: string | null): GroupState {
  const { errorCode, state, members } = group;
  if (errorCode !== 0)
    throw protocolError(errorCode, `cannot describe group ${groupId}`, message, PERMISSION.describeGroup);
  return { groupId, state, members };
}
