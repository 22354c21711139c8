import type { ApiRequest } from '../client.ts';
import { Reader, Writer } from './wire.ts';

/**
 *     IncrementalAlterConfigs Request v0  => [resources] validate_only(BOOLEAN)
 *       resources                         => resource_type(INT8) resource_name(STRING) [configs]
 *       configs                           => name(STRING) config_operation(INT8) value(NULLABLE_STRING)
 *
 *     IncrementalAlterConfigs Response v0 => throttle_time_ms(INT32) [responses]
 *       responses                         => error_code(INT16) error_message(NULLABLE_STRING) resource_type(INT8)
 *                                            resource_name(STRING)
 *
 * config_operation: 0 set, 1 delete (back to the broker's default).
 */
export interface TopicConfigChange {
  topic: string;
  /** Null takes the topic's own value away. */
  config: Record<string, string | null>;
}

export interface AlterConfigsResponse {
  throttleTimeMs: number;
  topics: { topic: string; errorCode: number; errorMessage: string | null }[];
}

const TOPIC = 2;

export function alterTopicConfigsRequest(changes: readonly TopicConfigChange[]): ApiRequest<AlterConfigsResponse> {
  const writer = new Writer();
  writer
    .array(changes, ({ topic, config }) => {
      writer.int8(TOPIC).string(topic);
      writer.array(Object.entries(config), ([name, value]) => {
        writer
          .string(name)
          .int8(value === null ? 1 : 0)
          .nullableString(value);
      });
    })
    .boolean(false);
  return {
    apiName: 'IncrementalAlterConfigs',
    apiKey: 44,
    apiVersion: 0,
    flexible: false,
    body: writer.pieces(),
    parse: (body) => {
      const reader = new Reader(body);
      const throttleTimeMs = reader.int32();
      const topics = reader.array(() => {
        const errorCode = reader.int16();
        const errorMessage = reader.nullableString();
        reader.int8();
        return { topic: reader.string(), errorCode, errorMessage };
      });
      return { throttleTimeMs, topics };
    },
  };
}
