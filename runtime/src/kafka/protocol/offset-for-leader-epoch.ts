import type { ApiRequest } from '../client.ts';
import { runsOfTopic } from './by-topic.ts';
import { Reader, Writer } from './wire.ts';

/**
 *     OffsetForLeaderEpoch Request v3  => replica_id(INT32) [topics]
 *       topics                         => topic(STRING) [partitions]
 *       partitions                     => partition(INT32) current_leader_epoch(INT32) leader_epoch(INT32)
 *
 *     OffsetForLeaderEpoch Response v3 => throttle_time_ms(INT32) [topics]
 *       topics                         => topic(STRING) [partitions]
 *       partitions                     => error_code(INT16) partition(INT32) leader_epoch(INT32) end_offset(INT64)
 */
export interface EpochToEnd {
  topic: string;
  partition: number;
  leaderEpoch: number;
  /** Default -1: any. */
  currentLeaderEpoch?: number;
}

export interface EndOfEpoch {
  topic: string;
  partition: number;
  errorCode: number;
  /** The newest epoch that is not newer than the one asked for; -1 when the log knows none. */
  leaderEpoch: number;
  /** Where that epoch ends, exclusive; -1 when the log knows none. */
  endOffset: number;
}

export interface OffsetForLeaderEpochResponse {
  throttleTimeMs: number;
  partitions: EndOfEpoch[];
}

/** For the leader of all partitions in it. */
export function offsetForLeaderEpochRequest(
  partitions: readonly EpochToEnd[],
): ApiRequest<OffsetForLeaderEpochResponse> {
  const writer = new Writer().int32(-1);
  writer.array(runsOfTopic(partitions), ({ topic, items }) => {
    writer.string(topic).array(items, ({ partition, leaderEpoch, currentLeaderEpoch = -1 }) => {
      writer.int32(partition).int32(currentLeaderEpoch).int32(leaderEpoch);
    });
  });
  return {
    apiName: 'OffsetForLeaderEpoch',
    apiKey: 23,
    apiVersion: 3,
    flexible: false,
    body: writer.pieces(),
    parse: parseOffsetForLeaderEpoch,
  };
}

function parseOffsetForLeaderEpoch(body: Buffer): OffsetForLeaderEpochResponse {
  const reader = new Reader(body);
  const throttleTimeMs = reader.int32();
  const partitions: EndOfEpoch[] = [];
  reader.array(() => {
    const topic = reader.string();
    reader.array(() => {
      const errorCode = reader.int16();
      const partition = reader.int32();
      partitions.push({ topic, partition, errorCode, leaderEpoch: reader.int32(), endOffset: reader.int64() });
    });
  });
  return { throttleTimeMs, partitions };
}
