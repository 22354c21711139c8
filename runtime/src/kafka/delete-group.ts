import type { KafkaClient } from './client.ts';
import { groupHasMembers } from './commit-offsets.ts';
import { PERMISSION } from './permissions.ts';
import { deleteGroupsRequest } from './protocol/delete-groups.ts';
import { kafkaError, protocolError } from './protocol/error-codes.ts';
import { withRetries } from './retry.ts';

/**
 * Deletes a consumer group with all that it has committed. One that does not exist is no error.
 * @throws MskBackupError kind `configuration`, `GROUP_HAS_MEMBERS`; or the broker's reason, naming the group
 */
export async function deleteGroup(client: KafkaClient, groupId: string, signal?: AbortSignal): Promise<void> {
  await withRetries(async () => {
    const { groups } = await client.send(await client.groupCoordinator(groupId), deleteGroupsRequest([groupId]));
    for (const { errorCode } of groups) {
      const { name } = kafkaError(errorCode);
      if (errorCode === 0 || name === 'GROUP_ID_NOT_FOUND') continue;
      if (name === 'NON_EMPTY_GROUP') throw groupHasMembers(groupId);
      throw protocolError(errorCode, `cannot delete group ${groupId}`, null, PERMISSION.deleteGroup);
    }
  }, signal);
}
