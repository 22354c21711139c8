import type { ApiRequest } from '../client.ts';
import { Reader, Writer } from './wire.ts';

/**
 *     OffsetFetch Request v5  => group_id(STRING) [topics]                null: all that the group has committed
 *       topics                => name(STRING) [partition(INT32)]
 *
 *     OffsetFetch Response v5 => throttle_time_ms(INT32) [topics] error_code(INT16)
 *       topics                => name(STRING) [partitions]
 *       partitions            => partition(INT32) committed_offset(INT64) committed_leader_epoch(INT32)
 *                                metadata(NULLABLE_STRING) error_code(INT16)
 */
export interface CommittedOffset {
  topic: string;
  partition: number;
  /** Next record that the group reads; -1 for none. */
  offset: number;
  /** -1 when the committer did not tell. */
  leaderEpoch: number;
  metadata: string | null;
  errorCode: number;
}

export interface OffsetFetchResponse {
  throttleTimeMs: number;
  errorCode: number;
  offsets: CommittedOffset[];
}

/** For the group's coordinator. */
export function offsetFetchRequest(
  groupId: string,
  topics?: readonly { topic: string; partitions: readonly number[] }[],
): ApiRequest<OffsetFetchResponse> {
  const writer = new Writer().string(groupId);
  if (topics === undefined) writer.int32(-1);
  else {
    writer.array(topics, ({ topic, partitions }) => {
      writer.string(topic).array(partitions, (partition) => writer.int32(partition));
    });
  }
  return {
    apiName: 'OffsetFetch',
    apiKey: 9,
    apiVersion: 5,
    flexible: false,
    body: writer.pieces(),
    parse: parseOffsetFetch,
  };
}

function parseOffsetFetch(body: Buffer): OffsetFetchResponse {
  const reader = new Reader(body);
  const throttleTimeMs = reader.int32();
  const offsets: CommittedOffset[] = [];
  reader.array(() => {
    const topic = reader.string();
    reader.array(() =>
      offsets.push({
        topic,
        partition: reader.int32(),
        offset: reader.int64(),
        leaderEpoch: reader.int32(),
        metadata: reader.nullableString(),
        errorCode: reader.int16(),
      }),
    );
  });
  return { throttleTimeMs, errorCode: reader.int16(), offsets };
}
