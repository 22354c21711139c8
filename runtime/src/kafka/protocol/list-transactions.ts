import type { ApiRequest } from '../client.ts';
import { Reader, Writer } from './wire.ts';

/**
 * Flexible: strings and arrays are compact, and each structure ends with tagged fields (left out below).
 *
 *     ListTransactions Request v0  => [state_filter(STRING)] [producer_id_filter(INT64)]
 *
 *     ListTransactions Response v0 => throttle_time_ms(INT32) error_code(INT16) [unknown_state_filter(STRING)]
 *                                     [transaction_states]
 *       transaction_states         => transactional_id(STRING) producer_id(INT64) transaction_state(STRING)
 */
export interface ListedTransaction {
  transactionalId: string;
  producerId: number;
  /** As in `DescribedTransaction`. */
  state: string;
}

export interface ListTransactionsResponse {
  throttleTimeMs: number;
  errorCode: number;
  transactions: ListedTransaction[];
}

/**
 * A broker lists the transactional ids that it coordinates; those that we may not describe are left out. Since Kafka 3.0.
 * @param producerIds only theirs
 */
export function listTransactionsRequest(producerIds: readonly number[]): ApiRequest<ListTransactionsResponse> {
  const writer = new Writer();
  writer
    .compactArray([], () => {})
    .compactArray(producerIds, (id) => writer.int64(id))
    .noTags();
  return {
    apiName: 'ListTransactions',
    apiKey: 66,
    apiVersion: 0,
    flexible: true,
    body: writer.pieces(),
    parse: (body) => {
      const reader = new Reader(body);
      const throttleTimeMs = reader.int32();
      const errorCode = reader.int16();
      reader.compactArray(() => reader.compactString());
      return { throttleTimeMs, errorCode, transactions: reader.compactArray(parseTransaction) };
    },
  };
}

function parseTransaction(reader: Reader): ListedTransaction {
  const transactionalId = reader.compactString();
  const producerId = reader.int64();
  const state = reader.compactString();
  reader.skipTags();
  return { transactionalId, producerId, state };
}
