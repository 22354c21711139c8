import { expect, test } from 'vitest';
import { type AbortedTransaction, dropUncommitted } from '../../runtime/src/batch/committed.ts';
import { walkBatches } from '../../runtime/src/batch/walk.ts';
import { craftBatch, craftMarker } from './craft.ts';

const data = (baseOffset: number, producerId: bigint, count = 2) =>
  craftBatch({ baseOffset, producerId, producerEpoch: 0, transactional: true, records: Array(count).fill({}) });
const abort = (offset: number, producerId: bigint) => craftMarker('abort', offset, producerId);
const commit = (offset: number, producerId: bigint) => craftMarker('commit', offset, producerId);

function keep(batches: Buffer[], aborted: AbortedTransaction[]) {
  const records = Buffer.concat(batches);
  const result = dropUncommitted(records, walkBatches(records, { topic: 't', partition: 0 }).batches, aborted);
  return { ...result, kept: result.kept.map(({ baseOffset }) => baseOffset) };
}

test('data that is not transactional stays, also of a producer that aborts', () => {
  const plain = craftBatch({ baseOffset: 2, producerId: 7n });
  const result = keep([data(0, 7n), plain, abort(3, 7n)], [{ producerId: 7, firstOffset: 0 }]);
  expect(result).toEqual({ kept: [2], control: 1, abortedBatches: 1, abortedRecords: 2 });
});

test('committed, then aborted, then committed by one producer', () => {
  const result = keep(
    [data(0, 7n), commit(2, 7n), data(3, 7n), abort(5, 7n), data(6, 7n), commit(8, 7n)],
    [{ producerId: 7, firstOffset: 3 }],
  );
  expect(result).toEqual({ kept: [0, 6], control: 3, abortedBatches: 1, abortedRecords: 2 });
});

test('the abort marker is in a later answer than the data', () => {
  const aborted = [{ producerId: 7, firstOffset: 0 }];
  expect(keep([data(0, 7n), data(2, 8n)], aborted).kept).toEqual([2]);
  // The next answer lists the transaction again, when it begins between data and marker, or not at all.
  expect(keep([abort(4, 7n), data(5, 7n)], aborted).kept).toEqual([5]);
  expect(keep([abort(4, 7n), data(5, 7n)], []).kept).toEqual([5]);
});

test('one producer aborts twice in one answer', () => {
  const result = keep(
    [data(0, 7n), abort(2, 7n), data(3, 7n), data(5, 7n), abort(7, 7n), data(8, 7n)],
    // In the order of the markers as a rule; nothing may depend on it.
    [
      { producerId: 7, firstOffset: 3 },
      { producerId: 7, firstOffset: 0 },
    ],
  );
  expect(result).toEqual({ kept: [8], control: 2, abortedBatches: 3, abortedRecords: 6 });
});

test('a fetch starts between data and marker, with more data of the transaction to come', () => {
  // The transaction began at 0; the fetch at 10 still has the transaction in its list.
  const result = keep([data(10, 7n), data(12, 8n), abort(14, 7n), data(15, 7n)], [{ producerId: 7, firstOffset: 0 }]);
  expect(result.kept).toEqual([12, 15]);
});

test('a fetch starts inside the aborted batch', () => {
  // The answer begins with the whole batch that holds the offset, and the transaction begins inside the batch's range.
  expect(keep([data(10, 7n, 5), abort(15, 7n)], [{ producerId: 7, firstOffset: 10 }]).kept).toEqual([]);
});

test('transactions of several producers interleave', () => {
  const result = keep(
    [data(0, 1n), data(2, 2n), data(4, 3n), commit(6, 2n), data(7, 1n), abort(9, 1n), data(10, 3n), abort(12, 3n)],
    [
      { producerId: 1, firstOffset: 0 },
      { producerId: 3, firstOffset: 4 },
    ],
  );
  expect(result).toEqual({ kept: [2], control: 3, abortedBatches: 4, abortedRecords: 8 });
});

test('a marker that compaction emptied ends nothing', () => {
  const emptied = craftBatch({
    baseOffset: 2,
    producerId: 7n,
    transactional: true,
    control: true,
    records: [],
    lastOffsetDelta: 0,
  });
  const result = keep([data(0, 7n), emptied, data(3, 7n)], [{ producerId: 7, firstOffset: 0 }]);
  expect(result).toEqual({ kept: [], control: 1, abortedBatches: 2, abortedRecords: 4 });
});
