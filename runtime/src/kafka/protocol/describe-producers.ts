import type { ApiRequest } from '../client.ts';
import { runsOfTopic } from './by-topic.ts';
import { Reader, Writer } from './wire.ts';

/**
 * Flexible: strings and arrays are compact, and each structure ends with tagged fields (left out below).
 *
 *     DescribeProducers Request v0  => [topics]
 *       topics                      => name(STRING) [partition(INT32)]
 *
 *     DescribeProducers Response v0 => throttle_time_ms(INT32) [topics]
 *       topics                      => name(STRING) [partitions]
 *       partitions                  => partition(INT32) error_code(INT16) error_message(STRING) [active_producers]
 *       active_producers            => producer_id(INT64) producer_epoch(INT32) last_sequence(INT32)
 *                                      last_timestamp(INT64) coordinator_epoch(INT32) current_txn_start_offset(INT64)
 */
export interface ActiveProducer {
  producerId: number;
  producerEpoch: number;
  /** Epoch milliseconds of the producer's last batch, as the batch says; -1 when unknown. */
  lastTimestamp: number;
  /** Where its open transaction begins in this partition; -1 when it has none. */
  transactionStart: number;
}

export interface PartitionProducers {
  topic: string;
  partition: number;
  errorCode: number;
  producers: ActiveProducer[];
}

export interface DescribeProducersResponse {
  throttleTimeMs: number;
  partitions: PartitionProducers[];
}

/** For the leader of all partitions in it. Since Kafka 2.8; needs Read on the topics. */
export function describeProducersRequest(
  partitions: readonly { topic: string; partition: number }[],
): ApiRequest<DescribeProducersResponse> {
  const writer = new Writer();
  writer
    .compactArray(runsOfTopic(partitions), ({ topic, items }) => {
      writer
        .compactString(topic)
        .compactArray(items, ({ partition }) => writer.int32(partition))
        .noTags();
    })
    .noTags();
  return {
    apiName: 'DescribeProducers',
    apiKey: 61,
    apiVersion: 0,
    flexible: true,
    body: writer.pieces(),
    parse: parseDescribeProducers,
  };
}

function parseDescribeProducers(body: Buffer): DescribeProducersResponse {
  const reader = new Reader(body);
  const throttleTimeMs = reader.int32();
  const partitions: PartitionProducers[] = [];
  reader.compactArray(() => {
    const topic = reader.compactString();
    reader.compactArray(() => {
      const partition = reader.int32();
      const errorCode = reader.int16();
      reader.compactNullableString();
      const producers = reader.compactArray(parseProducer);
      reader.skipTags();
      partitions.push({ topic, partition, errorCode, producers });
    });
    reader.skipTags();
  });
  return { throttleTimeMs, partitions };
}

function parseProducer(reader: Reader): ActiveProducer {
  const producerId = reader.int64();
  const producerEpoch = reader.int32();
  reader.int32();
  const lastTimestamp = reader.int64();
  reader.int32();
  const transactionStart = reader.int64();
  reader.skipTags();
  return { producerId, producerEpoch, lastTimestamp, transactionStart };
}
