import { askLeaders, type PartitionName } from './by-leader.ts';
import type { KafkaClient } from './client.ts';
import type { ClusterDescription } from './describe-cluster.ts';
import { describeProducersRequest, type PartitionProducers } from './protocol/describe-producers.ts';
import { type ListedTransaction, listTransactionsRequest } from './protocol/list-transactions.ts';

/** The oldest open transaction of a partition: the last stable offset stays where it begins until it ends. */
export interface OpenTransaction extends PartitionName {
  producerId: number;
  producerEpoch: number;
  /** Offset of its first record. */
  start: number;
  /** Epoch milliseconds of the producer's last batch in the partition, as the batch says; -1 when unknown. */
  lastTimestamp: number;
  /** Undefined when no coordinator tells of the producer: it is gone, or Describe on the transactional id is lacking. */
  transactionalId?: string;
}

/**
 * Which producers hold the last stable offset of the partitions back. Partitions without an open transaction (any more), or
 * without a leader that answers, are left out.
 * @throws MskBackupError `UNSUPPORTED_VERSION` before Kafka 2.8, `TOPIC_AUTHORIZATION_FAILED` without Read on a topic
 */
export async function findOpenTransactions(
  client: KafkaClient,
  cluster: ClusterDescription,
  partitions: readonly PartitionName[],
  signal?: AbortSignal,
): Promise<OpenTransaction[]> {
  const answers = await askLeaders<PartitionName, PartitionProducers>(
    client,
    cluster,
    partitions,
    {
      what: 'cannot describe the producers of',
      toRequest: describeProducersRequest,
      withoutAnswer: ({ topic, partition }, errorCode) => ({ topic, partition, errorCode, producers: [] }),
    },
    signal,
  );
  const open = answers.flatMap(({ topic, partition, producers }): OpenTransaction[] => {
    const [first] = producers
      .filter(({ transactionStart }) => transactionStart >= 0)
      .sort((a, b) => a.transactionStart - b.transactionStart);
    if (first === undefined) return [];
    const { producerId, producerEpoch, transactionStart: start, lastTimestamp } = first;
    return [{ topic, partition, producerId, producerEpoch, start, lastTimestamp }];
  });
  const ids = await transactionalIds(client, [...new Set(open.map(({ producerId }) => producerId))]);
  return open.map((one) => {
    const transactionalId = ids.get(one.producerId);
    return transactionalId === undefined ? one : { ...one, transactionalId };
  });
}

/** By producer id, asked of every broker: each knows those that it coordinates. A broker that does not tell is passed over. */
async function transactionalIds(client: KafkaClient, producerIds: number[]): Promise<Map<number, string>> {
  if (producerIds.length === 0) return new Map();
  const answers = await Promise.allSettled(
    (await client.brokers()).map(({ nodeId }) => client.send(nodeId, listTransactionsRequest(producerIds))),
  );
  const listed: ListedTransaction[] = answers.flatMap((answer) =>
    answer.status === 'fulfilled' ? answer.value.transactions : [],
  );
  return new Map(listed.map(({ producerId, transactionalId }) => [producerId, transactionalId]));
}
