import type { AbortedTransaction } from '../../batch/committed.ts';
import type { ApiRequest } from '../client.ts';
import { runsOfTopic } from './by-topic.ts';
import { Reader, Writer } from './wire.ts';

/**
 *     Fetch Request v11  => replica_id(INT32) max_wait_ms(INT32) min_bytes(INT32) max_bytes(INT32) isolation_level(INT8)
 *                           session_id(INT32) session_epoch(INT32) [topics] [forgotten_topics] rack_id(STRING)
 *       topics           => topic(STRING) [partitions]
 *       partitions       => partition(INT32) current_leader_epoch(INT32) fetch_offset(INT64) log_start_offset(INT64)
 *                           partition_max_bytes(INT32)
 *       forgotten_topics => topic(STRING) [partition(INT32)]
 *
 *     Fetch Response v11 => throttle_time_ms(INT32) error_code(INT16) session_id(INT32) [responses]
 *       responses        => topic(STRING) [partitions]
 *       partitions       => partition(INT32) error_code(INT16) high_watermark(INT64) last_stable_offset(INT64)
 *                           log_start_offset(INT64) [aborted_transactions] preferred_read_replica(INT32) records(BYTES)
 *       aborted_transactions => producer_id(INT64) first_offset(INT64)
 *
 * Without a fetch session (id 0, epoch -1): each request says all that it wants.
 */
export interface PartitionToFetch {
  topic: string;
  partition: number;
  fetchOffset: number;
  /** Limit for this partition, in bytes. The first batch of the first partition comes whatever its size. */
  maxBytes: number;
  /** The broker refuses another leader epoch. Default -1: any. */
  currentLeaderEpoch?: number;
  /** For followers only. Default -1. */
  logStartOffset?: number;
}

export interface FetchOptions {
  isolationLevel: 'read_committed' | 'read_uncommitted';
  /** How long the broker waits for `minBytes` to come. */
  maxWaitMs: number;
  minBytes: number;
  /** Limit of the whole answer, in bytes. */
  maxBytes: number;
  /** Filled in this order. */
  partitions: readonly PartitionToFetch[];
}

export interface FetchedPartition {
  topic: string;
  partition: number;
  errorCode: number;
  highWatermark: number;
  lastStableOffset: number;
  logStartOffset: number;
  /** Of `read_committed` only. */
  abortedTransactions: AbortedTransaction[];
  /** Record batches as they are in the log, the last one perhaps cut off. A view of the answer: it keeps all of it in memory. */
  records: Buffer;
}

export interface FetchResponse {
  throttleTimeMs: number;
  errorCode: number;
  partitions: FetchedPartition[];
}

export function fetchRequest(options: FetchOptions): ApiRequest<FetchResponse> {
  const writer = new Writer()
    .int32(-1)
    .int32(options.maxWaitMs)
    .int32(options.minBytes)
    .int32(options.maxBytes)
    .int8(options.isolationLevel === 'read_committed' ? 1 : 0)
    .int32(0)
    .int32(-1);
  writer.array(runsOfTopic(options.partitions), ({ topic, items }) => {
    writer.string(topic).array(items, (wanted) => {
      writer
        .int32(wanted.partition)
        .int32(wanted.currentLeaderEpoch ?? -1)
        .int64(wanted.fetchOffset)
        .int64(wanted.logStartOffset ?? -1)
        .int32(wanted.maxBytes);
    });
  });
  writer.int32(0).string('');
  return {
    apiName: 'Fetch',
    apiKey: 1,
    apiVersion: 11,
    flexible: false,
    body: writer.pieces(),
    brokerWaitMs: options.maxWaitMs,
    parse: parseFetch,
  };
}

function parseFetch(body: Buffer): FetchResponse {
  const reader = new Reader(body);
  const throttleTimeMs = reader.int32();
  const errorCode = reader.int16();
  reader.int32();
  const partitions: FetchedPartition[] = [];
  reader.array(() => {
    const topic = reader.string();
    reader.array(() => partitions.push(parsePartition(reader, topic)));
  });
  return { throttleTimeMs, errorCode, partitions };
}

function parsePartition(reader: Reader, topic: string): FetchedPartition {
  const partition = reader.int32();
  const errorCode = reader.int16();
  const highWatermark = reader.int64();
  const lastStableOffset = reader.int64();
  const logStartOffset = reader.int64();
  const abortedTransactions = reader.array(() => ({ producerId: reader.int64(), firstOffset: reader.int64() }));
  // The replica that the broker would rather have us read from: only given to clients that name their rack.
  reader.int32();
  const records = reader.bytes();
  return {
    topic,
    partition,
    errorCode,
    highWatermark,
    lastStableOffset,
    logStartOffset,
    abortedTransactions,
    records,
  };
}
