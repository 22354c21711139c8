import type { ApiRequest } from '../client.ts';
import { Reader, Writer } from './wire.ts';

/**
 *     Produce Request v8  => transactional_id(NULLABLE_STRING) acks(INT16) timeout_ms(INT32) [topics]
 *       topics            => name(STRING) [partitions]
 *       partitions        => partition(INT32) records(BYTES)
 *
 *     Produce Response v8 => [topics] throttle_time_ms(INT32)
 *       topics            => name(STRING) [partitions]
 *       partitions        => partition(INT32) error_code(INT16) base_offset(INT64) log_append_time_ms(INT64)
 *                            log_start_offset(INT64) [record_errors] error_message(NULLABLE_STRING)
 *       record_errors     => batch_index(INT32) message(NULLABLE_STRING)
 */
export interface ProduceOptions {
  /** -1: all in-sync replicas. 1: the leader alone. 0 is not supported, because nothing is answered to it. */
  acks: -1 | 1;
  /** How long the broker may wait for its replicas. */
  timeoutMs: number;
  transactionalId?: string;
  topics: readonly TopicToProduce[];
}

export interface TopicToProduce {
  topic: string;
  partitions: readonly {
    partition: number;
    /** One record batch in pieces. They are not copied: leave them as they are until the answer has come. */
    records: readonly Uint8Array[];
  }[];
}

export interface ProducedPartition {
  topic: string;
  partition: number;
  errorCode: number;
  /** Of the first record that failed, else of the partition. */
  errorMessage: string | null;
  /** Offset of the first record; -1 with an error. */
  baseOffset: number;
  /**
   * ms since 1970 where the topic has LogAppendTime, else -1. A batch that the broker already has (same producer, epoch and
   * sequence) is answered without an error, with its first base offset, and with a time here whatever the topic has.
   */
  logAppendTime: number;
  logStartOffset: number;
}

export interface ProduceResponse {
  throttleTimeMs: number;
  partitions: ProducedPartition[];
}

/** For the leader of all partitions in it. */
export function produceRequest(options: ProduceOptions): ApiRequest<ProduceResponse> {
  const writer = new Writer()
    .nullableString(options.transactionalId ?? null)
    .int16(options.acks)
    .int32(options.timeoutMs);
  writer.array(options.topics, ({ topic, partitions }) => {
    writer.string(topic).array(partitions, ({ partition, records }) => {
      writer.int32(partition).int32(records.reduce((sum, piece) => sum + piece.length, 0));
      for (const piece of records) writer.append(piece);
    });
  });
  return {
    apiName: 'Produce',
    apiKey: 0,
    apiVersion: 8,
    flexible: false,
    body: writer.pieces(),
    brokerWaitMs: options.timeoutMs,
    parse: parseProduce,
  };
}

function parseProduce(body: Buffer): ProduceResponse {
  const reader = new Reader(body);
  const partitions: ProducedPartition[] = [];
  reader.array(() => {
    const topic = reader.string();
    reader.array(() => partitions.push(parsePartition(reader, topic)));
  });
  return { partitions, throttleTimeMs: reader.int32() };
}

function parsePartition(reader: Reader, topic: string): ProducedPartition {
  const partition = reader.int32();
  const errorCode = reader.int16();
  const baseOffset = reader.int64();
  const logAppendTime = reader.int64();
  const logStartOffset = reader.int64();
  const recordErrors = reader.array(() => ({ index: reader.int32(), message: reader.nullableString() }));
  const partitionMessage = reader.nullableString();
  const errorMessage = recordErrors.find(({ message }) => message !== null)?.message ?? partitionMessage;
  return { topic, partition, errorCode, errorMessage, baseOffset, logAppendTime, logStartOffset };
}
