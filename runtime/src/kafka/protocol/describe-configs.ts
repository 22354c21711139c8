import type { ApiRequest, TopicConfigEntry } from '../client.ts';
import { Reader, Writer } from './wire.ts';

/**
 *     DescribeConfigs Request v2  => [resources] include_synonyms(BOOLEAN)
 *       resources                 => resource_type(INT8) resource_name(STRING) [key(STRING)]       null: all keys
 *
 *     DescribeConfigs Response v2 => throttle_time_ms(INT32) [results]
 *       results                   => error_code(INT16) error_message(NULLABLE_STRING) resource_type(INT8)
 *                                    resource_name(STRING) [configs]
 *       configs                   => name(STRING) value(NULLABLE_STRING) read_only(BOOLEAN) config_source(INT8)
 *                                    is_sensitive(BOOLEAN) [synonyms]
 *       synonyms                  => name(STRING) value(NULLABLE_STRING) source(INT8)
 *
 * config_source: 1 the topic itself, 2-4 the brokers' dynamic and static settings, 5 Kafka's default.
 */
export interface DescribedTopicConfig {
  errorCode: number;
  errorMessage: string | null;
  topic: string;
  entries: TopicConfigEntry[];
}

export interface DescribeConfigsResponse {
  throttleTimeMs: number;
  topics: DescribedTopicConfig[];
}

const TOPIC = 2;
const SET_BY_TOPIC = 1;

export function describeTopicConfigsRequest(topics: readonly string[]): ApiRequest<DescribeConfigsResponse> {
  const writer = new Writer();
  writer.array(topics, (topic) => writer.int8(TOPIC).string(topic).int32(-1)).boolean(false);
  return {
    apiName: 'DescribeConfigs',
    apiKey: 32,
    apiVersion: 2,
    flexible: false,
    body: writer.pieces(),
    parse: (body) => {
      const reader = new Reader(body);
      return { throttleTimeMs: reader.int32(), topics: reader.array(parseTopic) };
    },
  };
}

function parseTopic(reader: Reader): DescribedTopicConfig {
  const errorCode = reader.int16();
  const errorMessage = reader.nullableString();
  reader.int8();
  return { errorCode, errorMessage, topic: reader.string(), entries: reader.array(parseEntry) };
}

function parseEntry(reader: Reader): TopicConfigEntry {
  const name = reader.string();
  const value = reader.nullableString();
  reader.boolean();
  const isDefault = reader.int8() !== SET_BY_TOPIC;
  const isSensitive = reader.boolean();
  reader.array(() => [reader.string(), reader.nullableString(), reader.int8()]);
  return { name, value, isDefault, isSensitive };
}
