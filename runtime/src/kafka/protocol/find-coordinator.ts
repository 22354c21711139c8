import type { ApiRequest } from '../client.ts';
import { Reader, Writer } from './wire.ts';

/**
 *     FindCoordinator Request v2  => key(STRING) key_type(INT8)          key_type: 0 group, 1 transactional id
 *
 *     FindCoordinator Response v2 => throttle_time_ms(INT32) error_code(INT16) error_message(NULLABLE_STRING)
 *                                    node_id(INT32) host(STRING) port(INT32)
 */
export interface FindCoordinatorResponse {
  throttleTimeMs: number;
  errorCode: number;
  errorMessage: string | null;
  nodeId: number;
  host: string;
  port: number;
}

export function findCoordinatorRequest(
  key: string,
  of: 'group' | 'transactional-id',
): ApiRequest<FindCoordinatorResponse> {
  return {
    apiName: 'FindCoordinator',
    apiKey: 10,
    apiVersion: 2,
    flexible: false,
    body: new Writer()
      .string(key)
      .int8(of === 'group' ? 0 : 1)
      .pieces(),
    parse: (body) => {
      const reader = new Reader(body);
      return {
        throttleTimeMs: reader.int32(),
        errorCode: reader.int16(),
        errorMessage: reader.nullableString(),
        nodeId: reader.int32(),
        host: reader.string(),
        port: reader.int32(),
      };
    },
  };
}
