import type { ApiRequest, TopicToCreate } from '../client.ts';
import { Reader, Writer } from './wire.ts';

/**
 *     CreateTopics Request v4  => [topics] timeout_ms(INT32) validate_only(BOOLEAN)
 *       topics                 => name(STRING) num_partitions(INT32) replication_factor(INT16) [assignments] [configs]
 *       assignments            => partition(INT32) [broker(INT32)]
 *       configs                => name(STRING) value(NULLABLE_STRING)
 *
 *     CreateTopics Response v4 => throttle_time_ms(INT32) [topics]
 *       topics                 => name(STRING) error_code(INT16) error_message(NULLABLE_STRING)
 */
export interface TopicOutcome {
  name: string;
  errorCode: number;
  errorMessage: string | null;
}

export interface CreateTopicsResponse {
  throttleTimeMs: number;
  topics: TopicOutcome[];
}

export interface CreateTopicsOptions {
  topics: readonly TopicToCreate[];
  timeoutMs: number;
  /** Says what would come of it, and creates nothing. Default false. */
  validateOnly?: boolean;
}

/** For the controller. */
export function createTopicsRequest(options: CreateTopicsOptions): ApiRequest<CreateTopicsResponse> {
  const writer = new Writer();
  writer
    .array(options.topics, ({ name, partitions, replicationFactor, config }) => {
      writer.string(name).int32(partitions).int16(replicationFactor).int32(0);
      writer.array(Object.entries(config), ([key, value]) => writer.string(key).string(value));
    })
    .int32(options.timeoutMs)
    .boolean(options.validateOnly ?? false);
  return {
    apiName: 'CreateTopics',
    apiKey: 19,
    apiVersion: 4,
    flexible: false,
    body: writer.pieces(),
    brokerWaitMs: options.timeoutMs,
    parse: (body) => {
      const reader = new Reader(body);
      return {
        throttleTimeMs: reader.int32(),
        topics: reader.array(() => ({
          name: reader.string(),
          errorCode: reader.int16(),
          errorMessage: reader.nullableString(),
        })),
      };
    },
  };
}
