import type { KafkaClient, ListedGroup } from './client.ts';
import { PERMISSION } from './permissions.ts';
import { protocolError } from './protocol/error-codes.ts';
import { findCoordinatorRequest } from './protocol/find-coordinator.ts';
import { listGroupsRequest } from './protocol/list-groups.ts';
import { withRetries } from './retry.ts';

/** The node id of the group's coordinator, retrying while the cluster elects or loads one. */
export function findGroupCoordinator(
  sender: Pick<KafkaClient, 'sendToAny'>,
  groupId: string,
  signal?: AbortSignal,
): Promise<number> {
  return withRetries(async () => {
    const { errorCode, errorMessage, nodeId } = await sender.sendToAny(findCoordinatorRequest(groupId, 'group'));
    if (errorCode !== 0)
      throw protocolError(
        errorCode,
        `cannot find the coordinator of group ${groupId}`,
        errorMessage,
        PERMISSION.describeGroup,
      );
    return nodeId;
  }, signal);
}

/** Every broker is asked, because each lists the groups that it coordinates; in the order of their ids. */
export async function listGroups(
  sender: Pick<KafkaClient, 'brokers' | 'refreshBrokers' | 'send'>,
  signal?: AbortSignal,
): Promise<ListedGroup[]> {
  const groups = new Map<string, ListedGroup>();
  await withRetries(async () => {
    await sender.refreshBrokers();
    const brokers = await sender.brokers();
    await Promise.all(
      brokers.map(async ({ nodeId }) => {
        const answer = await sender.send(nodeId, listGroupsRequest());
        if (answer.errorCode !== 0) throw protocolError(answer.errorCode, `cannot list the groups of broker ${nodeId}`);
        for (const group of answer.groups) groups.set(group.groupId, group);
      }),
    );
  }, signal);
  return [...groups.values()].sort((a, b) => (a.groupId < b.groupId ? -1 : 1));
}
