import type { KafkaClient } from './client.ts';
import { protocolError } from './protocol/error-codes.ts';
import { initProducerIdRequest } from './protocol/init-producer-id.ts';
import { withRetries } from './retry.ts';

/** Who an idempotent producer is: written into each of its batches. */
export interface ProducerIdentity {
  producerId: number;
  producerEpoch: number;
}

/**
 * A fresh identity for idempotent produce, without transactions.
 * @throws MskBackupError `CLUSTER_AUTHORIZATION_FAILED` when IdempotentWrite is not granted
 */
export function initProducerId(
  client: Pick<KafkaClient, 'sendToAny'>,
  signal?: AbortSignal,
): Promise<ProducerIdentity> {
  return withRetries(async () => {
    const { errorCode, producerId, producerEpoch } = await client.sendToAny(initProducerIdRequest());
    if (errorCode !== 0) throw protocolError(errorCode, 'cannot become an idempotent producer');
    return { producerId, producerEpoch };
  }, signal);
}
