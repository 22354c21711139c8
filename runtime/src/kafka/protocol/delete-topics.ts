import type { ApiRequest } from '../client.ts';
import { Reader, Writer } from './wire.ts';

/**
 *     DeleteTopics Request v3  => [name(STRING)] timeout_ms(INT32)
 *
 *     DeleteTopics Response v3 => throttle_time_ms(INT32) [topics]
 *       topics                 => name(STRING) error_code(INT16)
 */
export interface DeleteTopicsResponse {
  throttleTimeMs: number;
  topics: { name: string; errorCode: number }[];
}

/** For the controller. */
export function deleteTopicsRequest(names: readonly string[], timeoutMs: number): ApiRequest<DeleteTopicsResponse> {
  const writer = new Writer();
  return {
    apiName: 'DeleteTopics',
    apiKey: 20,
    apiVersion: 3,
    flexible: false,
    body: writer
      .array(names, (name) => {
        writer.string(name);
      })
      .int32(timeoutMs)
      .pieces(),
    brokerWaitMs: timeoutMs,
    parse: (body) => {
      const reader = new Reader(body);
      return {
        throttleTimeMs: reader.int32(),
        topics: reader.array(() => ({ name: reader.string(), errorCode: reader.int16() })),
      };
    },
  };
}
