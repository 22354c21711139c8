import { expect, test } from 'vitest';
import { batchChain } from '../../runtime/src/batch/crc32c.ts';
import { type Entry, PartitionWriter } from '../../runtime/src/restore/write/partition-writer.ts';

const START = 100;
const RECORDS = 10;

function writerWith(count: number, records = RECORDS) {
  const writer = new PartitionWriter('orders', 0, 1, START);
  const acknowledged: number[] = [];
  for (let n = 0; n < count; n++) {
    writer.push({
      bytes: Buffer.alloc(0),
      records,
      runs: [{ from: n * records, until: (n + 1) * records }],
      crcs: [n],
      acknowledged: () => acknowledged.push(n),
    });
  }
  return { writer, acknowledged };
}

function takeAll(writer: PartitionWriter): Entry[] {
  const taken: Entry[] = [];
  while (writer.canSend) taken.push(writer.take());
  return taken;
}

/** Has the first batch acknowledged, so that several may be in flight. */
function opened(count: number) {
  const made = writerWith(count);
  made.writer.accept(made.writer.take(), START);
  return made;
}

test('the first batch goes alone, then five are in flight', () => {
  const { writer } = writerWith(10);
  const first = takeAll(writer);
  expect(first).toHaveLength(1);
  writer.accept(first[0]!, START);
  expect(takeAll(writer)).toHaveLength(5);
});

test('sequences count records and wrap at 2^31', () => {
  const { writer } = writerWith(3, 2 ** 30);
  const sequences = [0, 1, 2].map((n) => {
    const entry = writer.take();
    writer.accept(entry, START + n * 2 ** 30);
    return entry.sequence;
  });
  expect(sequences).toEqual([0, 2 ** 30, 0]);
});

test('the ledger holds what was acknowledged, in the order of the batches', () => {
  const { writer, acknowledged } = opened(4);
  const [second, third] = takeAll(writer);
  writer.accept(third!, START + 2 * RECORDS);
  expect(acknowledged).toEqual([0]);
  writer.accept(second!, START + RECORDS);
  expect(acknowledged).toEqual([0, 1, 2]);
  expect(writer.ledger).toMatchObject({
    records: 30,
    batches: 3,
    chain: batchChain([0, 1, 2]),
    start: START,
    end: START + 30,
  });
  expect([...writer.ledger.map.ranges()]).toEqual([{ source: 0, target: START, length: 30 }]);
});

test('after an error the unacknowledged ones go again in order, with their sequences, the first alone', () => {
  const { writer } = opened(4);
  const [second, third, fourth] = takeAll(writer);
  writer.refuse('NOT_LEADER_OR_FOLLOWER');
  expect(writer.canSend).toBe(false);
  // The third had reached the log: a duplicate of the second may still be missing before it.
  writer.accept(third!, START + 2 * RECORDS);
  writer.refuse('OUT_OF_ORDER_SEQUENCE_NUMBER');
  expect(writer.outstanding).toBe(0);
  expect(writer.trouble).toBe('NOT_LEADER_OR_FOLLOWER');

  writer.resume(2);
  const again = takeAll(writer);
  expect(again.map(({ sequence }) => sequence)).toEqual([second!.sequence]);
  writer.accept(again[0]!, START + RECORDS);
  expect(takeAll(writer).map(({ sequence }) => sequence)).toEqual([fourth!.sequence]);
  expect(writer.ledger.end).toBe(START + 3 * RECORDS);
});

test('a batch that the broker knew already counts, wherever it is', () => {
  const { writer } = opened(2);
  writer.accept(writer.take(), undefined);
  expect(writer.ledger).toMatchObject({ records: 20, end: START + 20 });
});

test('records of somebody else in between are noticed', () => {
  const { writer } = opened(2);
  expect(writer.accept(writer.take(), START + 15)).toBe(START + 10);
  expect(writer.ledger.map.targetRanges()).toEqual([
    { from: START, until: START + 10 },
    { from: START + 15, until: START + 25 },
  ]);
});

test('a log that has begun anew is told as what it is', () => {
  const { writer } = opened(2);
  expect(() => writer.accept(writer.take(), 0)).toThrow(
    expect.objectContaining({ code: 'LOG_TRUNCATED', message: expect.stringContaining('made anew meanwhile') }),
  );
});

test('archived batches that put nothing into the target are accounted for behind those before them', () => {
  const { writer } = writerWith(1);
  writer.account([77]);
  expect(writer.ledger.chain).toBe(0);
  writer.accept(writer.take(), START);
  writer.account([78]);
  expect(writer.ledger.chain).toBe(batchChain([0, 77, 78]));
});

test('flushed waits for the last acknowledgement', async () => {
  const { writer } = opened(2);
  let flushed = false;
  const waiting = writer.flushed().then(() => {
    flushed = true;
  });
  await Promise.resolve();
  expect(flushed).toBe(false);
  writer.accept(writer.take(), START + RECORDS);
  await waiting;
  await writer.flushed();
});
