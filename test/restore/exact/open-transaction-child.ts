/**
 * A restore that is killed in the middle of filling: begins a transaction as the filler's slot 0 does, prints `begun`, and
 * waits. Arguments: bootstrap server, restore id, topic, ms after which the coordinator ends the transaction by itself.
 */

import { findTransactionCoordinator } from '../../../runtime/src/kafka/find-transaction-coordinator.ts';
import { createKafkaClient } from '../../../runtime/src/kafka/kafkajs-client.ts';
import { addPartitionsToTxnRequest } from '../../../runtime/src/kafka/protocol/add-partitions-to-txn.ts';
import { protocolError } from '../../../runtime/src/kafka/protocol/error-codes.ts';
import { initProducerIdRequest } from '../../../runtime/src/kafka/protocol/init-producer-id.ts';
import { withRetries } from '../../../runtime/src/kafka/retry.ts';
import { transactionalIdOf } from '../../../runtime/src/restore/exact/transaction-filler.ts';

const [server, restoreId, topic, timeoutMs] = process.argv.slice(2);
const transactionalId = transactionalIdOf(restoreId!, 0);
const client = createKafkaClient({
  bootstrapServers: [server!],
  security: { protocol: 'PLAINTEXT' },
  connectTimeoutMs: 5_000,
  requestTimeoutMs: 10_000,
});
await client.connect();
await withRetries(async () => {
  const coordinator = await findTransactionCoordinator(client, transactionalId);
  const request = initProducerIdRequest({ transactionalId, timeoutMs: Number(timeoutMs) });
  const { errorCode, producerId, producerEpoch } = await client.send(coordinator, request);
  if (errorCode !== 0) throw protocolError(errorCode, 'InitProducerId');
  const owner = { transactionalId, producerId, producerEpoch };
  const { partitions } = await client.send(
    coordinator,
    addPartitionsToTxnRequest(owner, [{ topic: topic!, partition: 0 }]),
  );
  if (partitions[0]!.errorCode !== 0) throw protocolError(partitions[0]!.errorCode, 'AddPartitionsToTxn');
});
process.stdout.write('begun\n');
setInterval(() => {}, 1000);
