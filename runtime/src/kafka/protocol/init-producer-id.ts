import type { ApiRequest } from '../client.ts';
import { Reader, Writer } from './wire.ts';

/**
 *     InitProducerId Request v1  => transactional_id(NULLABLE_STRING) transaction_timeout_ms(INT32)
 *
 *     InitProducerId Response v1 => throttle_time_ms(INT32) error_code(INT16) producer_id(INT64) producer_epoch(INT16)
 */
export interface InitProducerIdResponse {
  throttleTimeMs: number;
  errorCode: number;
  producerId: number;
  producerEpoch: number;
}

/** Any broker gives ids; with a transactional id its coordinator does. */
export function initProducerIdRequest(transaction?: {
  transactionalId: string;
  timeoutMs: number;
}): ApiRequest<InitProducerIdResponse> {
  return {
    apiName: 'InitProducerId',
    apiKey: 22,
    apiVersion: 1,
    flexible: false,
    body: new Writer()
      .nullableString(transaction?.transactionalId ?? null)
      .int32(transaction?.timeoutMs ?? -1)
      .pieces(),
    parse: (body) => {
      const reader = new Reader(body);
      return {
        throttleTimeMs: reader.int32(),
        errorCode: reader.int16(),
        producerId: reader.int64(),
        producerEpoch: reader.int16(),
      };
    },
  };
}
