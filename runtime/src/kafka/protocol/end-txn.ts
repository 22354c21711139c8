import type { ApiRequest } from '../client.ts';
import type { TransactionOwner } from './add-partitions-to-txn.ts';
import { Reader, Writer } from './wire.ts';

/**
 *     EndTxn Request v2  => transactional_id(STRING) producer_id(INT64) producer_epoch(INT16) committed(BOOLEAN)
 *
 *     EndTxn Response v2 => throttle_time_ms(INT32) error_code(INT16)
 *
 * Answered when the coordinator has noted the end, which is before the markers are in the partitions.
 */
export interface EndTxnResponse {
  throttleTimeMs: number;
  errorCode: number;
}

/** For the coordinator of the transactional id. */
export function endTxnRequest(owner: TransactionOwner, outcome: 'commit' | 'abort'): ApiRequest<EndTxnResponse> {
  return {
    apiName: 'EndTxn',
    apiKey: 26,
    apiVersion: 2,
    flexible: false,
    body: new Writer()
      .string(owner.transactionalId)
      .int64(owner.producerId)
      .int16(owner.producerEpoch)
      .boolean(outcome === 'commit')
      .pieces(),
    parse: (body) => {
      const reader = new Reader(body);
      return { throttleTimeMs: reader.int32(), errorCode: reader.int16() };
    },
  };
}
