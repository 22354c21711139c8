import type { ApiRequest } from '../client.ts';
import { runsOfTopic } from './by-topic.ts';
import { Reader, Writer } from './wire.ts';

/**
 *     AddPartitionsToTxn Request v2  => transactional_id(STRING) producer_id(INT64) producer_epoch(INT16) [topics]
 *       topics                       => name(STRING) [partition(INT32)]
 *
 *     AddPartitionsToTxn Response v2 => throttle_time_ms(INT32) [results]
 *       results                      => name(STRING) [partitions]
 *       partitions                   => partition(INT32) error_code(INT16)
 *
 * Begins the transaction when none is open. All partitions are added, or none: where one is refused for itself, the
 * others are answered with 55 (OPERATION_NOT_ATTEMPTED).
 */
export interface AddPartitionsToTxnResponse {
  throttleTimeMs: number;
  partitions: { topic: string; partition: number; errorCode: number }[];
}

/** Whose transaction a request is about. */
export interface TransactionOwner {
  transactionalId: string;
  producerId: number;
  producerEpoch: number;
}

/** For the coordinator of the transactional id. */
export function addPartitionsToTxnRequest(
  owner: TransactionOwner,
  partitions: readonly { topic: string; partition: number }[],
): ApiRequest<AddPartitionsToTxnResponse> {
  const writer = new Writer().string(owner.transactionalId).int64(owner.producerId).int16(owner.producerEpoch);
  writer.array(runsOfTopic(partitions), ({ topic, items }) => {
    writer.string(topic).array(items, ({ partition }) => writer.int32(partition));
  });
  return {
    apiName: 'AddPartitionsToTxn',
    apiKey: 24,
    apiVersion: 2,
    flexible: false,
    body: writer.pieces(),
    parse: parseAddPartitionsToTxn,
  };
}

function parseAddPartitionsToTxn(body: Buffer): AddPartitionsToTxnResponse {
  const reader = new Reader(body);
  const throttleTimeMs = reader.int32();
  const partitions: AddPartitionsToTxnResponse['partitions'] = [];
  reader.array(() => {
    const topic = reader.string();
    reader.array(() => partitions.push({ topic, partition: reader.int32(), errorCode: reader.int16() }));
  });
  return { throttleTimeMs, partitions };
}
