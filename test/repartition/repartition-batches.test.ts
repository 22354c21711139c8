import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeBatch } from '../../runtime/src/batch/encode.ts';
import type { ProduceOptions } from '../../runtime/src/batch/produce-form.ts';
import type { Record } from '../../runtime/src/batch/records.ts';
import { partitionFor, partitionWithoutKey } from '../../runtime/src/repartition/partitioner.ts';
import { repartitionBatches } from '../../runtime/src/repartition/repartition-batches.ts';
import { codec, lines, someRecords, timestamp } from '../batch/arbitrary.ts';
import { craftBatch } from '../batch/craft.ts';
import { addHeaders, decodeAll, expected, stored } from '../batch/rebuilt.ts';

const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });

/** What each partition has to hold, said in the plainest way. */
function spread(batches: Record[][], partitions: number, sourcePartition: number): Map<number, Record[]> {
  const result = new Map<number, Record[]>();
  for (const batch of batches) {
    for (const record of batch) {
      const target =
        record.key === null
          ? partitionWithoutKey(sourcePartition, batch[0]!.offset, partitions)
          : partitionFor(record.key, partitions);
      result.set(target, [...(result.get(target) ?? []), record]);
    }
  }
  return result;
}

test('every wanted record goes to the partition of its key, in order, whole, and within the limit', async () => {
  const input = fc.record({
    list: fc.array(fc.tuple(someRecords({ maxLength: 25 }), fc.boolean()), { minLength: 1, maxLength: 4 }),
    name: codec,
    partitions: fc.integer({ min: 1, max: 9 }),
    sourcePartition: fc.nat(5),
    headers: addHeaders,
    from: optional(fc.nat(60)),
    fromTimestamp: optional(timestamp),
    untilTimestamp: optional(timestamp),
    maxBytes: optional(fc.integer({ min: 62, max: 4000 })),
  });
  await fc.assert(
    fc.asyncProperty(input, async ({ list, name, partitions, sourcePartition, headers, maxBytes, ...window }) => {
      const buffers: Buffer[] = [];
      const batches: Record[][] = [];
      let next = 0;
      for (const [records, logAppendTime] of list) {
        const shift = next - records[0]!.offset;
        const moved = records.map((record) => ({ ...record, offset: record.offset + shift }));
        next = moved.at(-1)!.offset + 1;
        const timestampType = logAppendTime ? 'LogAppendTime' : 'CreateTime';
        buffers.push(await encodeBatch(moved, { codec: name, timestampType }));
        const appendTime = Math.max(...moved.map((record) => record.timestamp));
        batches.push(moved.map((record) => (logAppendTime ? { ...record, timestamp: appendTime } : record)));
      }
      const options: ProduceOptions = { ...window, addHeaders: headers, maxBytes };
      const original = Buffer.concat(buffers);
      const made = await repartitionBatches(stored(original), { sourcePartition, partitions }, options);
      expect(original.equals(Buffer.concat(buffers))).toBe(true);

      const wanted = spread(batches, partitions, sourcePartition);
      for (let target = 0; target < partitions; target++) {
        const rebuilt = made.get(target) ?? [];
        const records = expected(wanted.get(target) ?? [], options);
        expect(made.has(target)).toBe(records.length > 0);
        expect(lines(await decodeAll(rebuilt))).toEqual(lines(records));
        for (const { bytes, records: count } of rebuilt) {
          expect(stored(bytes)[0]!.header.codec).toBe(name);
          if (bytes.length > (maxBytes ?? Number.POSITIVE_INFINITY)) expect(count).toBe(1);
        }
        if (maxBytes === undefined && records.length > 0) expect(rebuilt).toHaveLength(1);
      }
      expect([...made.keys()].filter((target) => target >= partitions)).toEqual([]);
    }),
    { numRuns: 300 },
  );
});

test('much that compressed well is not in memory as one', async () => {
  const value = Buffer.alloc(400 * 1024);
  const batches = await Promise.all(
    Array.from({ length: 5 }, (_, offset) =>
      encodeBatch([{ offset, timestamp: 1, key: Buffer.from('k'), value, headers: [] }], {
        codec: 'zstd',
        timestampType: 'CreateTime',
      }),
    ),
  );
  const made = await repartitionBatches(
    stored(Buffer.concat(batches)),
    { sourcePartition: 0, partitions: 3 },
    { maxBytes: 1_000_000 },
  );
  const [rebuilt] = [...made.values()];
  expect(made.size).toBe(1);
  expect(rebuilt!.map(({ records }) => records)).toEqual([2, 2, 1]);
  expect((await decodeAll(rebuilt!)).map(({ offset }) => offset)).toEqual([0, 1, 2, 3, 4]);
});

test('batches that compaction emptied come to nothing', async () => {
  const empty = stored(craftBatch({ records: [], lastOffsetDelta: 4 }));
  expect((await repartitionBatches(empty, { sourcePartition: 0, partitions: 3 }, {})).size).toBe(0);
  expect((await repartitionBatches([], { sourcePartition: 0, partitions: 3 }, {})).size).toBe(0);
});

test('a key that leads out of its record is refused by the offset of its batch', async () => {
  const batch = craftBatch({ baseOffset: 12, records: [{ key: Buffer.from('abc') }, { key: Buffer.from('d') }] });
  const [good] = stored(batch);
  // The first record: length, attributes, timestamp delta, offset delta, key length.
  batch[61 + 4] = 100;
  await expect(
    repartitionBatches([{ buffer: batch, header: good!.header }], { sourcePartition: 0, partitions: 3 }, {}),
  ).rejects.toMatchObject({
    code: 'BATCH_MALFORMED',
    message: 'record batch at offset 12: it is malformed: a key is longer than its record',
  });
});
