import type { ApiRequest } from '../client.ts';
import { runsOfTopic } from './by-topic.ts';
import { type PartitionResult, parseTopicResults } from './partition-results.ts';
import { Reader, Writer } from './wire.ts';

/**
 *     OffsetDelete Request v0  => group_id(STRING) [topics]
 *       topics                 => name(STRING) [partition(INT32)]
 *
 *     OffsetDelete Response v0 => error_code(INT16) throttle_time_ms(INT32) [topics]
 *       topics                 => name(STRING) [partition(INT32) error_code(INT16)]
 */
export interface OffsetDeleteResponse {
  throttleTimeMs: number;
  errorCode: number;
  partitions: PartitionResult[];
}

/** For the group's coordinator. */
export function offsetDeleteRequest(
  groupId: string,
  partitions: readonly { topic: string; partition: number }[],
): ApiRequest<OffsetDeleteResponse> {
  const writer = new Writer().string(groupId);
  writer.array(runsOfTopic(partitions), ({ topic, items }) => {
    writer.string(topic).array(items, ({ partition }) => writer.int32(partition));
  });
  return {
    apiName: 'OffsetDelete',
    apiKey: 47,
    apiVersion: 0,
    flexible: false,
    body: writer.pieces(),
    parse: (body) => {
      const reader = new Reader(body);
      const errorCode = reader.int16();
      return { throttleTimeMs: reader.int32(), errorCode, partitions: parseTopicResults(reader) };
    },
  };
}
