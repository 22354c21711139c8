/**
 * Record batches made byte by byte from Kafka's description of the format, without any code under test: slow and plain.
 */
import { gzipSync, zstdCompressSync } from 'node:zlib';

export interface CraftedRecord {
  offsetDelta?: number;
  timestampDelta?: bigint;
  key?: Buffer | null;
  value?: Buffer | null;
  headers?: [Buffer, Buffer | null][];
}

export interface Craft {
  baseOffset?: number;
  leaderEpoch?: number;
  magic?: number;
  codec?: 0 | 1 | 4;
  logAppendTime?: boolean;
  transactional?: boolean;
  control?: boolean;
  deleteHorizon?: boolean;
  /** Default: that of the last record. */
  lastOffsetDelta?: number;
  baseTimestamp?: bigint;
  maxTimestamp?: bigint;
  producerId?: bigint;
  producerEpoch?: number;
  baseSequence?: number;
  records?: CraftedRecord[];
}

const NOW = 1_700_000_000_000n;

export function craftBatch(craft: Craft = {}): Buffer {
  const records = craft.records ?? [{ key: Buffer.from('k'), value: Buffer.from('v') }];
  const body = Buffer.concat(records.map((record, index) => craftRecord(record, index)));
  const codec = craft.codec ?? 0;
  const compressed = codec === 1 ? gzipSync(body) : codec === 4 ? zstdCompressSync(body) : body;
  const bit = (set: boolean | undefined, value: number) => (set ? value : 0);
  const attributes =
    codec |
    bit(craft.logAppendTime, 8) |
    bit(craft.transactional, 16) |
    bit(craft.control, 32) |
    bit(craft.deleteHorizon, 64);
  const covered = Buffer.concat([
    int16(attributes),
    int32(craft.lastOffsetDelta ?? records.at(-1)?.offsetDelta ?? records.length - 1),
    int64(craft.baseTimestamp ?? NOW),
    int64(craft.maxTimestamp ?? NOW),
    int64(craft.producerId ?? -1n),
    int16(craft.producerEpoch ?? -1),
    int32(craft.baseSequence ?? -1),
    int32(records.length),
    compressed,
  ]);
  const head = Buffer.concat([
    int32(craft.leaderEpoch ?? 3),
    Buffer.from([craft.magic ?? 2]),
    int32(slowCrc32c(covered) | 0),
  ]);
  return Buffer.concat([int64(BigInt(craft.baseOffset ?? 0)), int32(head.length + covered.length), head, covered]);
}

/** A commit or abort marker as the broker writes it. */
export function craftMarker(type: 'abort' | 'commit', baseOffset: number, producerId: bigint): Buffer {
  const key = Buffer.concat([int16(0), int16(type === 'abort' ? 0 : 1)]);
  const value = Buffer.concat([int16(0), int32(0)]);
  return craftBatch({
    baseOffset,
    producerId,
    producerEpoch: 0,
    transactional: true,
    control: true,
    records: [{ key, value }],
  });
}

function craftRecord(record: CraftedRecord, index: number): Buffer {
  const body = Buffer.concat([
    Buffer.from([0]),
    zigzag(record.timestampDelta ?? 0n),
    zigzag(BigInt(record.offsetDelta ?? index)),
    bytes(record.key ?? null),
    bytes(record.value ?? null),
    zigzag(BigInt(record.headers?.length ?? 0)),
    ...(record.headers ?? []).flatMap(([name, value]) => [bytes(name), bytes(value)]),
  ]);
  return Buffer.concat([zigzag(BigInt(body.length)), body]);
}

function bytes(value: Buffer | null): Buffer {
  return value === null ? zigzag(-1n) : Buffer.concat([zigzag(BigInt(value.length)), value]);
}

export function zigzag(value: bigint): Buffer {
  let rest = value < 0n ? -value * 2n - 1n : value * 2n;
  const out: number[] = [];
  while (rest >= 128n) {
    out.push(Number(rest & 127n) | 128);
    rest >>= 7n;
  }
  return Buffer.from([...out, Number(rest)]);
}

/** Bit by bit. */
export function slowCrc32c(data: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of data) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  }
  return ~crc >>> 0;
}

function int16(value: number): Buffer {
  const buffer = Buffer.alloc(2);
  buffer.writeInt16BE(value);
  return buffer;
}

function int32(value: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeInt32BE(value);
  return buffer;
}

function int64(value: bigint): Buffer {
  const buffer = Buffer.alloc(8);
  buffer.writeBigInt64BE(value);
  return buffer;
}
