import type { ApiRequest } from '../client.ts';
import { runsOfTopic } from './by-topic.ts';
import { type PartitionResult, parseTopicResults } from './partition-results.ts';
import { Reader, Writer } from './wire.ts';

/**
 *     OffsetCommit Request v7  => group_id(STRING) generation_id(INT32) member_id(STRING)
 *                                 group_instance_id(NULLABLE_STRING) [topics]
 *       topics                 => name(STRING) [partitions]
 *       partitions             => partition(INT32) committed_offset(INT64) committed_leader_epoch(INT32)
 *                                 committed_metadata(NULLABLE_STRING)
 *
 *     OffsetCommit Response v7 => throttle_time_ms(INT32) [topics]
 *       topics                 => name(STRING) [partition(INT32) error_code(INT16)]
 *
 * Generation -1 with an empty member id is a commit from outside: a group takes it only while it has no members.
 */
export interface OffsetToCommit {
  topic: string;
  partition: number;
  offset: number;
  /** Default -1: not told. */
  leaderEpoch?: number;
  metadata: string | null;
}

export interface OffsetCommitResponse {
  throttleTimeMs: number;
  partitions: PartitionResult[];
}

/** For the group's coordinator. */
export function offsetCommitRequest(
  groupId: string,
  offsets: readonly OffsetToCommit[],
): ApiRequest<OffsetCommitResponse> {
  const writer = new Writer().string(groupId).int32(-1).string('').nullableString(null);
  writer.array(runsOfTopic(offsets), ({ topic, items }) => {
    writer.string(topic).array(items, ({ partition, offset, leaderEpoch = -1, metadata }) => {
      writer.int32(partition).int64(offset).int32(leaderEpoch).nullableString(metadata);
    });
  });
  return {
    apiName: 'OffsetCommit',
    apiKey: 8,
    apiVersion: 7,
    flexible: false,
    body: writer.pieces(),
    parse: (body) => {
      const reader = new Reader(body);
      return { throttleTimeMs: reader.int32(), partitions: parseTopicResults(reader) };
    },
  };
}
