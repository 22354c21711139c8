/** Rebuilt batches: read, checked against what a broker demands, and what they have to hold. */
import fc from 'fast-check';
import { expect } from 'vitest';
import type { ProduceOptions } from '../../runtime/src/batch/produce-form.ts';
import type { RebuiltBatch, StoredBatch } from '../../runtime/src/batch/rebuild.ts';
import { decodeRecords, type Record } from '../../runtime/src/batch/records.ts';
import { walkBatches } from '../../runtime/src/batch/walk.ts';

const WHERE = { topic: 't', partition: 0 };

export function stored(buffer: Buffer): StoredBatch[] {
  return walkBatches(buffer, WHERE).batches.map((header) => ({ buffer, header }));
}

/** Decodes, and checks what a broker demands of every batch. */
async function decode(batch: RebuiltBatch): Promise<Record[]> {
  const { batches, end } = walkBatches(batch.bytes, WHERE);
  expect(batches).toHaveLength(1);
  expect(end).toBe(batch.bytes.length);
  const header = batches[0]!;
  const records = await decodeRecords(batch.bytes, header);
  expect(header).toMatchObject({
    baseOffset: 0,
    partitionLeaderEpoch: -1,
    timestampType: 'CreateTime',
    isTransactional: false,
    isControl: false,
    hasDeleteHorizon: false,
    producerId: -1,
    recordCount: batch.records,
    lastOffsetDelta: batch.records - 1,
    maxTimestamp: Math.max(...records.map((record) => record.timestamp)),
  });
  expect(records.map(({ offset }) => offset)).toEqual(records.map((_, index) => index));
  expect(batch.bytes.buffer.byteLength).toBeLessThanOrEqual(batch.bytes.length * 1.125);
  return records;
}

function offsetsOf({ runs }: RebuiltBatch): number[] {
  return runs.flatMap(({ from, until }) => Array.from({ length: until - from }, (_, index) => from + index));
}

/** All rebuilt records, with the offsets at the source that the runs say. */
export async function decodeAll(batches: RebuiltBatch[]): Promise<Record[]> {
  const all: Record[] = [];
  for (const batch of batches) {
    const offsets = offsetsOf(batch);
    const records = await decode(batch);
    expect(offsets).toHaveLength(records.length);
    all.push(...records.map((record, index) => ({ ...record, offset: offsets[index]! })));
  }
  return all;
}

function littleEndian(value: number, bytes: 4 | 8): Buffer {
  const buffer = Buffer.alloc(bytes);
  if (bytes === 8) buffer.writeBigInt64LE(BigInt(value));
  else buffer.writeInt32LE(value);
  return buffer;
}

/** What rebuilding has to come to, said in the plainest way. */
export function expected(records: Record[], options: ProduceOptions): Record[] {
  const { from = 0, until = Infinity, fromTimestamp = -Infinity, untilTimestamp = Infinity, addHeaders } = options;
  return records
    .filter(({ offset }) => offset >= from && offset < until)
    .filter((record) => record.timestamp >= fromTimestamp && record.timestamp < untilTimestamp)
    .map((record) => {
      if (addHeaders === undefined) return record;
      const added: [string, Buffer][] = [
        ['x-original-offset', littleEndian(record.offset, 8)],
        ['x-original-timestamp', littleEndian(record.timestamp, 8)],
        ['x-source-partition', littleEndian(addHeaders.partition, 4)],
      ];
      if (addHeaders.cluster !== undefined) added.push(['x-source-cluster', Buffer.from(addHeaders.cluster)]);
      const headers = added.map(([name, value]): [Buffer, Buffer] => [Buffer.from(name), value]);
      return { ...record, headers: [...record.headers, ...headers] };
    });
}

export const addHeaders = fc.option(
  fc.record(
    { partition: fc.nat(2 ** 31 - 1), cluster: fc.constantFrom('', 'eu', 'Büro', 'x'.repeat(9000)) },
    { requiredKeys: ['partition'] },
  ),
  { nil: undefined },
);
