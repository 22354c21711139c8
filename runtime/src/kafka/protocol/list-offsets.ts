import type { ApiRequest } from '../client.ts';
import { runsOfTopic } from './by-topic.ts';
import { Reader, Writer } from './wire.ts';

/**
 *     ListOffsets Request v5  => replica_id(INT32) isolation_level(INT8) [topics]
 *       topics                => name(STRING) [partitions]
 *       partitions            => partition(INT32) current_leader_epoch(INT32) timestamp(INT64)
 *
 *     ListOffsets Response v5 => throttle_time_ms(INT32) [topics]
 *       topics                => name(STRING) [partitions]
 *       partitions            => partition(INT32) error_code(INT16) timestamp(INT64) offset(INT64) leader_epoch(INT32)
 */
export interface OffsetToList {
  topic: string;
  partition: number;
  /** `LATEST`, `EARLIEST`, or ms since 1970: the first record at or after it. */
  timestamp: number;
  /** Default -1: any. */
  currentLeaderEpoch?: number;
}

/**
 * Whose view of the end: the last stable offset for a reader of committed records, the high watermark for any other
 * reader, the log end offset for `log`, which asks as a replica (id -2, Kafka's own for debugging) and no consumer.
 */
export type View = 'read_committed' | 'read_uncommitted' | 'log';

/** The end, as the view has it. */
export const LATEST = -1;
/** The log start offset. */
export const EARLIEST = -2;

export interface ListedOffset {
  topic: string;
  partition: number;
  errorCode: number;
  /** Of the record found by time; else -1. */
  timestamp: number;
  /** -1 when no record is that young. */
  offset: number;
  leaderEpoch: number;
}

export interface ListOffsetsResponse {
  throttleTimeMs: number;
  partitions: ListedOffset[];
}

/**
 * For the leader of all partitions in it. With `log` a follower answers too, with its own end: name the leader epoch, which
 * a broker that leads no more refuses.
 */
export function listOffsetsRequest(view: View, partitions: readonly OffsetToList[]): ApiRequest<ListOffsetsResponse> {
  const writer = new Writer().int32(view === 'log' ? -2 : -1).int8(view === 'read_committed' ? 1 : 0);
  writer.array(runsOfTopic(partitions), ({ topic, items }) => {
    writer.string(topic).array(items, (wanted) => {
      writer
        .int32(wanted.partition)
        .int32(wanted.currentLeaderEpoch ?? -1)
        .int64(wanted.timestamp);
    });
  });
  return {
    apiName: 'ListOffsets',
    apiKey: 2,
    apiVersion: 5,
    flexible: false,
    body: writer.pieces(),
    parse: parseListOffsets,
  };
}

function parseListOffsets(body: Buffer): ListOffsetsResponse {
  const reader = new Reader(body);
  const throttleTimeMs = reader.int32();
  const partitions: ListedOffset[] = [];
  reader.array(() => {
    const topic = reader.string();
    reader.array(() =>
      partitions.push({
        topic,
        partition: reader.int32(),
        errorCode: reader.int16(),
        timestamp: reader.int64(),
        offset: reader.int64(),
        leaderEpoch: reader.int32(),
      }),
    );
  });
  return { throttleTimeMs, partitions };
}
