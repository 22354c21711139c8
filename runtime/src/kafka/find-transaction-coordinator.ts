import type { KafkaClient } from './client.ts';
import { protocolError } from './protocol/error-codes.ts';
import { findCoordinatorRequest } from './protocol/find-coordinator.ts';

/**
 * The node id of a transactional id's coordinator, by one question. A cluster's first transaction makes it create an
 * internal topic, which takes seconds: try again on what `isRetriable` says.
 * @throws MskBackupError `TRANSACTIONAL_ID_AUTHORIZATION_FAILED` without Describe on the transactional id
 */
export async function findTransactionCoordinator(
  client: Pick<KafkaClient, 'sendToAny'>,
  transactionalId: string,
): Promise<number> {
  const answer = await client.sendToAny(findCoordinatorRequest(transactionalId, 'transactional-id'));
  if (answer.errorCode === 0) return answer.nodeId;
  const what = `cannot find the coordinator of transactional id ${transactionalId}`;
  throw protocolError(answer.errorCode, what, answer.errorMessage);
}
