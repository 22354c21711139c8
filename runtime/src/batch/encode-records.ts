import { BATCH_HEADER_BYTES, type BatchCodec } from './header.ts';
import type { Record } from './records.ts';
import { sealBatch } from './seal.ts';
import { varintSize, writeVarint } from './varint.ts';

export type RecordToEncode = Omit<Record, 'offset'>;

/**
 * A batch of records in produce form: base offset 0, numbered without gaps, CreateTime.
 *
 *     Record => length(VARINT) attributes(INT8) timestamp_delta(VARLONG) offset_delta(VARINT) key value [headers]
 *       key, value, header value => length(VARINT, -1 for null) bytes
 *       header => name_length(VARINT) name value
 *
 * For a few records that come from elsewhere. What copies stored records goes by `makeBatches`, which takes no record apart.
 * @param records at least one
 */
export function encodeBatch(records: readonly RecordToEncode[], codec: BatchCodec = 'none'): Promise<Buffer> {
  const baseTimestamp = records[0]!.timestamp;
  const encoded = records.map((record, index) => encodeRecord(record, baseTimestamp, index));
  return sealBatch(Buffer.concat([Buffer.alloc(BATCH_HEADER_BYTES), ...encoded]), {
    codec,
    baseTimestamp,
    maxTimestamp: records.reduce((most, { timestamp }) => Math.max(most, timestamp), -1),
    recordCount: records.length,
  });
}

function encodeRecord({ timestamp, key, value, headers }: RecordToEncode, base: number, delta: number): Buffer {
  const body = Buffer.concat([
    Buffer.of(0),
    varint(timestamp - base),
    varint(delta),
    ...bytesOrNull(key),
    ...bytesOrNull(value),
    varint(headers.length),
    ...headers.flatMap(([name, content]) => [...bytesOrNull(name), ...bytesOrNull(content)]),
  ]);
  return Buffer.concat([varint(body.length), body]);
}

function bytesOrNull(bytes: Buffer | null): Buffer[] {
  return bytes === null ? [varint(-1)] : [varint(bytes.length), bytes];
}

function varint(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(varintSize(value));
  writeVarint(bytes, value, 0);
  return bytes;
}
