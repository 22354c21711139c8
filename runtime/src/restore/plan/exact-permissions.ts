import { hasCode } from '../../errors.ts';
import type { KafkaClient } from '../../kafka/client.ts';
import { initProducerId } from '../../kafka/init-producer-id.ts';
import { deleteRecordsRequest } from '../../kafka/protocol/delete-records.ts';
import { describeTransactionsRequest } from '../../kafka/protocol/describe-transactions.ts';
import { kafkaError } from '../../kafka/protocol/error-codes.ts';
import { initProducerIdRequest } from '../../kafka/protocol/init-producer-id.ts';
import { metadataRequest, OPERATION } from '../../kafka/protocol/metadata.ts';
import { writeTxnMarkersRequest } from '../../kafka/protocol/write-txn-markers.ts';
import { withRetries } from '../../kafka/retry.ts';
import { transactionalIdOf } from '../exact/transaction-filler.ts';

export interface ExactRestoreTopic {
  name: string;
  /** Its log begins past 0, or it is made anew. */
  deletes: boolean;
}

export interface ExactRestoreNeeds {
  /** Target topics. What may be done with those that do not exist yet is known of `deletes` only. */
  topics: readonly ExactRestoreTopic[];
  /** Undefined when there are no holes to fill. */
  fillHolesWith: 'transactions' | 'markers' | undefined;
  restoreId: string;
  signal?: AbortSignal;
}

/**
 * What an exact restore needs and the principal lacks, as sentences; empty when nothing is missing, which it is for a
 * cluster without an authorizer. Changes nothing at the cluster, so it serves a dry run too.
 */
export async function missingPermissions(client: KafkaClient, needs: ExactRestoreNeeds): Promise<string[]> {
  const { topics, fillHolesWith, restoreId, signal } = needs;
  const lacking = await Promise.all([
    lackingOnTopics(
      client,
      topics.map(({ name }) => name),
      signal,
    ),
    lackingToDelete(
      client,
      topics.filter(({ deletes }) => deletes).map(({ name }) => name),
      signal,
    ),
    lackingToProduce(client, signal),
    fillHolesWith === 'transactions' ? lackingForTransactions(client, restoreId, signal) : [],
    fillHolesWith === 'markers' ? lackingForMarkers(client, signal) : [],
  ]);
  return lacking.flat();
}

/** No topic has so many. */
const NO_PARTITION = 2 ** 31 - 1;

const ON_TOPICS = [
  { bit: OPERATION.write, name: 'Write', iam: 'WriteData', why: 'to produce and to fill holes' },
  {
    bit: OPERATION.alterConfigs,
    name: 'AlterConfigs',
    iam: 'AlterTopicDynamicConfiguration',
    why: 'to pause retention',
  },
];

async function lackingOnTopics(client: KafkaClient, names: readonly string[], signal?: AbortSignal): Promise<string[]> {
  const { topics } = await withRetries(() => client.sendToAny(metadataRequest(names, 'operations')), signal);
  return topics.flatMap(({ name, errorCode, authorizedOperations }) => {
    if (kafkaError(errorCode).name === 'TOPIC_AUTHORIZATION_FAILED') {
      return [sentence('Describe', `topic ${name}`, 'DescribeTopic', 'to see it')];
    }
    if (authorizedOperations === undefined || errorCode !== 0) return [];
    return ON_TOPICS.filter(({ bit }) => (authorizedOperations & (1 << bit)) === 0).map((operation) =>
      sentence(operation.name, `topic ${name}`, operation.iam, operation.why),
    );
  });
}

/** Asked for a partition that no topic has: brokers look at the permission first, also of topics that do not exist yet. */
async function lackingToDelete(client: KafkaClient, names: readonly string[], signal?: AbortSignal): Promise<string[]> {
  if (names.length === 0) return [];
  const nowhere = names.map((topic) => ({ topic, partition: NO_PARTITION, beforeOffset: 0 }));
  const { partitions } = await withRetries(() => client.sendToAny(deleteRecordsRequest(nowhere, 0)), signal);
  return partitions
    .filter(({ errorCode }) => kafkaError(errorCode).name === 'TOPIC_AUTHORIZATION_FAILED')
    .map(({ topic }) =>
      sentence('Delete', `topic ${topic}`, 'DeleteTopic', 'to delete what lies before the first offset'),
    );
}

async function lackingToProduce(client: KafkaClient, signal?: AbortSignal): Promise<string[]> {
  try {
    await initProducerId(client, signal);
    return [];
  } catch (reason) {
    if (!hasCode(reason, 'CLUSTER_AUTHORIZATION_FAILED')) throw reason;
    return [sentence('IdempotentWrite', 'the cluster', 'WriteDataIdempotently', 'to produce without duplicates')];
  }
}

/** The questions are asked in a way that every coordinator refuses, but only after it has looked at the permission. */
async function lackingForTransactions(client: KafkaClient, restoreId: string, signal?: AbortSignal): Promise<string[]> {
  const transactionalId = transactionalIdOf(restoreId, 0);
  const [init, described] = await withRetries(
    () =>
      Promise.all([
        client.sendToAny(initProducerIdRequest({ transactionalId, timeoutMs: -1 })),
        client.sendToAny(describeTransactionsRequest([transactionalId])),
      ]),
    signal,
  );
  const where = `transactional ids that begin with msk-backup-${restoreId}-`;
  const refused = (errorCode: number | undefined) =>
    kafkaError(errorCode ?? 0).name === 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED';
  return [
    ...(refused(init.errorCode) ? [sentence('Write', where, 'AlterTransactionalId', 'to fill holes')] : []),
    ...(refused(described.transactions[0]?.errorCode)
      ? [sentence('Describe', where, 'DescribeTransactionalId', 'to see when a hole is filled')]
      : []),
  ];
}

/** A marker for a partition that no topic has. */
async function lackingForMarkers(client: KafkaClient, signal?: AbortSignal): Promise<string[]> {
  const nowhere = [{ topic: 'msk-backup', partition: NO_PARTITION }];
  const marker = { producerId: 0, producerEpoch: 0, outcome: 'abort' as const, coordinatorEpoch: 0 };
  const request = writeTxnMarkersRequest([{ ...marker, partitions: nowhere }]);
  try {
    const { partitions } = await withRetries(() => client.sendToAny(request), signal);
    if (kafkaError(partitions[0]?.errorCode ?? 0).name !== 'CLUSTER_AUTHORIZATION_FAILED') return [];
    const missing = sentence(
      'Alter',
      'the cluster',
      'AlterCluster',
      'to write markers (Kafka before 3.8: ClusterAction)',
    );
    return [`${missing}; restore.fill_holes_with: transactions does without`];
  } catch (reason) {
    if (!hasCode(reason, 'UNSUPPORTED_VERSION')) throw reason;
    return ['the cluster offers no WriteTxnMarkers: set restore.fill_holes_with: transactions'];
  }
}

function sentence(operation: string, resource: string, iamAction: string, why: string): string {
  return `${operation} on ${resource} (kafka-cluster:${iamAction}) is not granted: needed ${why}`;
}
