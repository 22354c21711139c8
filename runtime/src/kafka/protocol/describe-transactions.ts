import type { ApiRequest } from '../client.ts';
import { Reader, Writer } from './wire.ts';

/**
 * Flexible: strings and arrays are compact, and each structure ends with tagged fields (left out below).
 *
 *     DescribeTransactions Request v0  => [transactional_id(STRING)]
 *
 *     DescribeTransactions Response v0 => throttle_time_ms(INT32) [states]
 *       states                         => error_code(INT16) transactional_id(STRING) state(STRING) timeout_ms(INT32)
 *                                         start_time_ms(INT64) producer_id(INT64) producer_epoch(INT16) [topics]
 *       topics                         => topic(STRING) [partition(INT32)]
 */
export interface DescribedTransaction {
  errorCode: number;
  transactionalId: string;
  /**
   * `Empty`, `Ongoing`, `PrepareCommit`, `PrepareAbort`, `CompleteCommit`, `CompleteAbort`, `Dead`, `PrepareEpochFence`;
   * empty with an error.
   */
  state: string;
  producerId: number;
  producerEpoch: number;
}

export interface DescribeTransactionsResponse {
  throttleTimeMs: number;
  transactions: DescribedTransaction[];
}

/** For the coordinator of all ids in it. */
export function describeTransactionsRequest(
  transactionalIds: readonly string[],
): ApiRequest<DescribeTransactionsResponse> {
  const writer = new Writer();
  writer.compactArray(transactionalIds, (id) => writer.compactString(id)).noTags();
  return {
    apiName: 'DescribeTransactions',
    apiKey: 65,
    apiVersion: 0,
    flexible: true,
    body: writer.pieces(),
    parse: (body) => {
      const reader = new Reader(body);
      return { throttleTimeMs: reader.int32(), transactions: reader.compactArray(parseTransaction) };
    },
  };
}

function parseTransaction(reader: Reader): DescribedTransaction {
  const errorCode = reader.int16();
  const transactionalId = reader.compactString();
  const state = reader.compactString();
  reader.int32();
  reader.int64();
  const producerId = reader.int64();
  const producerEpoch = reader.int16();
  reader.compactArray(() => {
    reader.compactString();
    reader.compactArray(() => reader.int32());
    reader.skipTags();
  });
  reader.skipTags();
  return { errorCode, transactionalId, state, producerId, producerEpoch };
}
