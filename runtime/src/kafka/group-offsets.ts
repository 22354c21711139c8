import pLimit from 'p-limit';
import type { KafkaClient } from './client.ts';
import { PERMISSION } from './permissions.ts';
import { kafkaError, protocolError } from './protocol/error-codes.ts';
import { type CommittedOffset, offsetFetchRequest } from './protocol/offset-fetch.ts';
import { withRetries } from './retry.ts';

/** What a group has committed, in the order of topics and partitions. */
export interface GroupOffsets {
  groupId: string;
  offsets: Omit<CommittedOffset, 'errorCode'>[];
}

const GROUPS_AT_ONCE = 16;

/**
 * The committed offsets of groups, of every group protocol, from their coordinators.
 * @returns in the order of the ids; a group that has committed nothing, or is unknown, has no offsets
 * @throws MskBackupError naming the group
 */
export async function fetchGroupOffsets(
  client: KafkaClient,
  groupIds: readonly string[],
  signal?: AbortSignal,
): Promise<GroupOffsets[]> {
  const limit = pLimit(GROUPS_AT_ONCE);
  return Promise.all(groupIds.map((groupId) => limit(() => fetchOne(client, groupId, signal))));
}

function fetchOne(client: KafkaClient, groupId: string, signal?: AbortSignal): Promise<GroupOffsets> {
  const what = `cannot read the offsets of group ${groupId}`;
  return withRetries(async () => {
    const answer = await client.send(await client.groupCoordinator(groupId), offsetFetchRequest(groupId));
    if (kafkaError(answer.errorCode).name === 'GROUP_ID_NOT_FOUND') return { groupId, offsets: [] };
    if (answer.errorCode !== 0) throw protocolError(answer.errorCode, what, null, PERMISSION.describeGroup);
    const offsets = answer.offsets.map(({ errorCode, ...offset }) => {
      if (errorCode !== 0)
        throw protocolError(
          errorCode,
          `${what} on ${offset.topic}[${offset.partition}]`,
          null,
          PERMISSION.describeTopic,
        );
      return offset;
    });
    offsets.sort((a, b) => (a.topic === b.topic ? a.partition - b.partition : a.topic < b.topic ? -1 : 1));
    return { groupId, offsets };
  }, signal);
}
