import type { ApiRequest } from '../client.ts';
import { Reader } from './wire.ts';

/**
 *     ApiVersions Request v2  => (empty)
 *
 *     ApiVersions Response v2 => error_code(INT16) [api_keys] throttle_time_ms(INT32)
 *       api_keys              => api_key(INT16) min_version(INT16) max_version(INT16)
 */
export interface ApiVersionsResponse {
  throttleTimeMs: number;
  errorCode: number;
  /** By API key. */
  versions: Map<number, { min: number; max: number }>;
}

export function apiVersionsRequest(): ApiRequest<ApiVersionsResponse> {
  return {
    apiName: 'ApiVersions',
    apiKey: 18,
    apiVersion: 2,
    flexible: false,
    body: [],
    parse: parseApiVersions,
  };
}

function parseApiVersions(body: Buffer): ApiVersionsResponse {
  const reader = new Reader(body);
  const errorCode = reader.int16();
  const versions = new Map(reader.array(() => [reader.int16(), { min: reader.int16(), max: reader.int16() }] as const));
  return { throttleTimeMs: reader.int32(), errorCode, versions };
}
