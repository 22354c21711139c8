import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeBatch } from '../../runtime/src/batch/encode.ts';
import { readBatchHeader } from '../../runtime/src/batch/header.ts';
import { decodeRecords, type Record } from '../../runtime/src/batch/records.ts';
import { walkBatches } from '../../runtime/src/batch/walk.ts';
import { codec, lines, someRecords } from './arbitrary.ts';
import { type Craft, craftBatch } from './craft.ts';

const craftOf = (records: Record[]): Craft => ({
  baseOffset: records[0]?.offset ?? 0,
  baseTimestamp: BigInt(records[0]?.timestamp ?? -1),
  maxTimestamp: BigInt(Math.max(-1, ...records.map(({ timestamp }) => timestamp))),
  leaderEpoch: -1,
  records: records.map((record) => ({
    offsetDelta: record.offset - records[0]!.offset,
    timestampDelta: BigInt(record.timestamp - records[0]!.timestamp),
    key: record.key,
    value: record.value,
    headers: record.headers,
  })),
});

test('decodes what the format says, with whatever lies around the batch', async () => {
  await fc.assert(
    fc.asyncProperty(someRecords({ minLength: 0 }), fc.constantFrom(0, 1, 4), async (records, codecId) => {
      const batch = craftBatch({ ...craftOf(records), codec: codecId as 0 | 1 | 4 });
      const buffer = Buffer.concat([Buffer.alloc(7, 0xff), batch, Buffer.alloc(9, 0xff)]);
      expect(lines(await decodeRecords(buffer, readBatchHeader(buffer, 7)))).toEqual(lines(records));
    }),
  );
});

test('encodes to the very bytes', async () => {
  await fc.assert(
    fc.asyncProperty(someRecords(), async (records) => {
      const batch = await encodeBatch(records, { codec: 'none', timestampType: 'CreateTime' });
      expect(batch.toString('hex')).toBe(craftBatch(craftOf(records)).toString('hex'));
    }),
  );
});

test('encoded with any codec, decoded again', async () => {
  await fc.assert(
    fc.asyncProperty(someRecords(), codec, async (records, name) => {
      const batch = await encodeBatch(records, { codec: name, timestampType: 'CreateTime' });
      const { batches, end } = walkBatches(batch, { topic: 't', partition: 0 });
      expect(end).toBe(batch.length);
      expect(batches[0]).toMatchObject({
        codec: name,
        lastOffset: records.at(-1)!.offset,
        recordCount: records.length,
      });
      expect(lines(await decodeRecords(batch, batches[0]!))).toEqual(lines(records));
    }),
  );
});

test('records of LogAppendTime batches have the time of the batch', async () => {
  const batch = craftBatch({
    logAppendTime: true,
    maxTimestamp: 1_700_000_009_000n,
    records: [{ timestampDelta: 5n }, { timestampDelta: -77n }],
  });
  const records = await decodeRecords(batch, readBatchHeader(batch, 0));
  expect(records.map(({ timestamp }) => timestamp)).toEqual([1_700_000_009_000, 1_700_000_009_000]);
});

test('offsets have to ascend and to fit into one batch', async () => {
  const at = (offset: number): Record => ({ offset, timestamp: 0, key: null, value: null, headers: [] });
  const options = { codec: 'none', timestampType: 'CreateTime' } as const;
  await expect(encodeBatch([at(5), at(5)], options)).rejects.toThrow('offset 5 cannot follow 5');
  await expect(encodeBatch([at(5), at(5 + 2 ** 31)], options)).rejects.toThrow('in a batch that begins at 5');
  await expect(encodeBatch([at(5)], { ...options, baseOffset: 6 })).rejects.toThrow('in a batch that begins at 6');
});

test('malformed records are refused, whatever byte is damaged', async () => {
  await fc.assert(
    fc.asyncProperty(someRecords({ maxLength: 4 }), fc.nat(), fc.nat(255), async (records, place, value) => {
      const batch = await encodeBatch(records, { codec: 'none', timestampType: 'CreateTime' });
      const header = readBatchHeader(batch, 0);
      batch[61 + (place % (batch.length - 61))] = value;
      // Without a CRC not all damage can be seen; it may only not lead astray.
      const outcome = await decodeRecords(batch, header).catch((error: unknown) => error);
      if (Array.isArray(outcome)) expect(outcome).toHaveLength(records.length);
      else expect(outcome).toMatchObject({ kind: 'data' });
    }),
    { numRuns: 500 },
  );
});
