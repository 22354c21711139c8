import type { ApiRequest } from '../client.ts';
import { Reader, Writer } from './wire.ts';

/**
 *     Request           => size(INT32) header body           size: without itself
 *     header v1         => api_key(INT16) api_version(INT16) correlation_id(INT32) client_id(NULLABLE_STRING)
 *     header v2         => header v1 TAGGED_FIELDS           of flexible versions; client_id is not compact
 *
 *     Response          => size(INT32) correlation_id(INT32) body
 *     Response flexible => size(INT32) correlation_id(INT32) TAGGED_FIELDS body      except ApiVersions
 */
export function requestHeader(
  request: Pick<ApiRequest<unknown>, 'apiKey' | 'apiVersion' | 'flexible' | 'body'>,
  correlationId: number,
  clientId: string,
): Uint8Array {
  const bodyBytes = request.body.reduce((sum, piece) => sum + piece.length, 0);
  const headerBytes = 2 + 2 + 4 + 2 + Buffer.byteLength(clientId) + (request.flexible ? 1 : 0);
  const writer = new Writer()
    .int32(headerBytes + bodyBytes)
    .int16(request.apiKey)
    .int16(request.apiVersion)
    .int32(correlationId)
    .string(clientId);
  if (request.flexible) writer.noTags();
  return writer.pieces()[0]!;
}

/** The body of a flexible answer, after its header's tagged fields. */
export function skipResponseTags(answer: Buffer): Buffer {
  const reader = new Reader(answer);
  reader.skipTags();
  return reader.take(reader.remaining);
}
