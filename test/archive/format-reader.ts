/**
 * A reader of archives in a directory, written from docs/archive-format.md and nothing else: it must not import what
 * it is a check of.
 */
import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { zstdDecompressSync } from 'node:zlib';

export interface ReadRow {
  pack: string;
  packSize: number;
  topic: string;
  topicId: string;
  partition: number;
  generation: number;
  codec: number;
  position: number;
  baseOffset: number;
  lastOffset: number;
  maxTimestamp: number;
  minTimestamp: number;
  stored: number;
  raw: number;
  records: number;
  batches: number;
  checksum: number;
  chain: number;
}

/** A frame of a snapshot: the offsets that count, and its batches. */
export interface ReadFrame {
  topic: string;
  partition: number;
  from: number;
  until: number;
  bytes: Buffer;
}

export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}

function check(right: boolean, what: string): void {
  if (!right) throw new Error(what);
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

export function readFormat(directory: string) {
  const format = JSON.parse(readFileSync(`${directory}/FORMAT`, 'utf8'));
  check(format.format === 'msk-backup' && format.formatVersion === 1, 'FORMAT');
  return format;
}

export function readSnapshot(directory: string, sequence: number) {
  const object = readFileSync(`${directory}/commits/${String(sequence).padStart(10, '0')}.json`);
  const whole = JSON.parse(object.toString('utf8'));
  const bytes = object.subarray(88, object.length - 2);
  check(object.at(-1) === 0x0a && sha256(bytes) === whole.sha256, 'checksum of the commit');
  const snapshot = JSON.parse(bytes.toString('utf8'));
  check(snapshot.formatVersion === 1 && snapshot.sequence === sequence, 'the commit itself');
  return snapshot;
}

export function readTable(bytes: Buffer): ReadRow[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const u32 = (at: number) => view.getUint32(at, true);
  const u64 = (at: number) => Number(view.getBigUint64(at, true));
  const i64 = (at: number) => Number(view.getBigInt64(at, true));
  const [rows, rowSize, packs, strings, section] = [u32(0), u32(4), u32(8), u32(12), u32(16)];
  check(section % 8 === 0, 'the string section is padded');
  const text: string[] = [];
  let at = 24 + 16 * packs;
  for (let n = 0; n < strings; n++) {
    text.push(bytes.toString('utf8', at + 4, at + 4 + u32(at)));
    at += 4 + u32(at);
  }
  const start = 24 + 16 * packs + section;
  check(at <= start && start - at < 8 && start + rows * rowSize === bytes.length, 'sizes of the table');
  return Array.from({ length: rows }, (_, n) => {
    const row = start + n * rowSize;
    const pack = 24 + 16 * u32(row);
    return {
      pack: text[u32(pack)]!,
      packSize: u64(pack + 8),
      topic: text[u32(row + 4)]!,
      topicId: text[u32(row + 8)]!,
      partition: u32(row + 12),
      generation: u32(row + 16),
      codec: u32(row + 20),
      position: u64(row + 24),
      baseOffset: u64(row + 32),
      lastOffset: u64(row + 40),
      maxTimestamp: i64(row + 48),
      minTimestamp: i64(row + 56),
      stored: u32(row + 64),
      raw: u32(row + 68),
      records: u32(row + 72),
      batches: u32(row + 76),
      checksum: u32(row + 80),
      chain: u32(row + 84),
    };
  });
}

export function readIndexObject(
  directory: string,
  index: { key: string; size: number; sha256: string; frames: number },
) {
  const object = readFileSync(`${directory}/${index.key}`);
  check(object.length === index.size && sha256(object) === index.sha256, 'the index object is the one that is named');
  check(object.toString('latin1', 0, 8) === 'MSKBKIDX' && object.readUInt32LE(8) === 1, 'magic and version');
  const body = object.subarray(24);
  check(crc32c(body) === object.readUInt32LE(12), 'checksum of the body');
  const table = zstdDecompressSync(body);
  check(table.length === Number(object.readBigUInt64LE(16)), 'size of the table');
  const rows = readTable(table);
  check(rows.length === index.frames, 'number of frames');
  return rows;
}

export function readPack(directory: string, key: string) {
  const object = readFileSync(`${directory}/${key}`);
  check(object.toString('latin1', 0, 8) === 'MSKBPACK' && object.readUInt32LE(8) === 1, 'magic and version');
  const footer = object.subarray(-40);
  check(footer.toString('latin1', 32) === 'MSKBPEND', 'magic at the end');
  check(crc32c(footer.subarray(0, 28)) === footer.readUInt32LE(28), 'checksum of the footer');
  const [position, length] = [Number(footer.readBigUInt64LE(0)), footer.readUInt32LE(8)];
  check(position + length + 40 === object.length && footer.readUInt32LE(24) === 1, 'the footer fits');
  const stored = object.subarray(position, position + length);
  check(crc32c(stored) === footer.readUInt32LE(16), 'checksum of the trailer');
  const trailer = zstdDecompressSync(stored);
  check(trailer.length === footer.readUInt32LE(12), 'size of the trailer');
  const size = trailer.readUInt32LE(0);
  const rows = readTable(trailer.subarray(8 + Math.ceil(size / 8) * 8));
  check(rows.length === footer.readUInt32LE(20), 'number of frames');
  return { metadata: JSON.parse(trailer.toString('utf8', 8, 8 + size)), rows };
}

export function readBatches(directory: string, row: ReadRow): Buffer {
  check(statSync(`${directory}/${row.pack}`).size === row.packSize, 'size of the pack');
  const stored = readFileSync(`${directory}/${row.pack}`).subarray(row.position, row.position + row.stored);
  check(crc32c(stored) === row.checksum, 'checksum of the frame');
  check(row.codec === 0 || row.codec === 1, 'codec');
  const bytes = row.codec === 0 ? stored : zstdDecompressSync(stored);
  check(bytes.length === row.raw, 'size of the frame');
  // The batches, by Kafka's own format.
  const crcs: Buffer[] = [];
  let records = 0;
  for (let at = 0; at < bytes.length; at += 12 + bytes.readInt32BE(at + 8)) {
    if (at === 0) check(Number(bytes.readBigInt64BE(0)) === row.baseOffset, 'base offset');
    crcs.push(bytes.subarray(at + 17, at + 21));
    records += bytes.readInt32BE(at + 57);
  }
  check(crcs.length === row.batches && records === row.records, 'counts');
  check(crc32c(Buffer.concat(crcs)) === row.chain, 'batch chain');
  return bytes;
}

/** Every frame of a snapshot by topic, partition and offset, without expired records. */
export function readArchiveFrames(directory: string, sequence: number): ReadFrame[] {
  const snapshot = readSnapshot(directory, sequence);
  const rows: ReadRow[] = snapshot.indexes.flatMap((index: never) => readIndexObject(directory, index));
  const frames = new Map<string, ReadFrame>();
  for (const row of rows) {
    const topic = snapshot.topics.find((one: ReadRow & { name: string }) => one.name === row.topic);
    if (topic?.topicId !== row.topicId) continue;
    const partition = topic.partitions.find((one: ReadRow) => one.partition === row.partition);
    const generation = partition?.generations.find((one: ReadRow) => one.generation === row.generation);
    if (generation === undefined) continue;
    const from = Math.max(row.baseOffset, generation.from, partition.logStart);
    const until = Math.min(row.lastOffset + 1, generation.until ?? partition.reached, partition.reached);
    if (from >= until) continue;
    const { topic: name, pack, position } = row;
    const bytes = readBatches(directory, row);
    frames.set(`${pack} ${position}`, { topic: name, partition: row.partition, from, until, bytes });
  }
  return [...frames.values()].sort((a, b) =>
    a.topic < b.topic ? -1 : a.topic > b.topic ? 1 : a.partition - b.partition || a.from - b.from,
  );
}
