import { decompressRecords } from './codec.ts';
import { BATCH_HEADER_BYTES, type BatchHeader } from './header.ts';
import { inBatch, malformed, RecordCursor } from './record-cursor.ts';
import { type Cursor, readVarint } from './varint.ts';

export interface Record {
  offset: number;
  /** Epoch ms, -1 when it has none. */
  timestamp: number;
  key: Buffer | null;
  value: Buffer | null;
  /** Name and value in their order, duplicates kept. */
  headers: [Buffer, Buffer | null][];
}

/**
 * Decodes a batch into records. Keys and values are views of the decompressed bytes, or of `buffer` for codec `none`.
 * For comparing and showing: what copies data goes by `RecordCursor`.
 * @param buffer what the header was read from
 * @throws MskBackupError kind `data`: `BATCH_MALFORMED`, `DECOMPRESSION_FAILED`, `OFFSET_TOO_LARGE`
 */
export async function decodeRecords(buffer: Buffer, header: BatchHeader): Promise<Record[]> {
  try {
    return decodeSection(await decompressRecords(recordSection(buffer, header), header.codec), header);
  } catch (error) {
    throw inBatch(error, header.baseOffset);
  }
}

/** The records of a batch as they are stored: compressed, when the batch has a codec. */
export function recordSection(buffer: Buffer, header: BatchHeader): Buffer {
  return buffer.subarray(header.start + BATCH_HEADER_BYTES, header.end);
}

function decodeSection(section: Buffer, header: BatchHeader): Record[] {
  const cursor = new RecordCursor(section, 0, section.length, header.recordCount);
  const records: Record[] = [];
  while (cursor.next()) {
    const timestamp =
      header.timestampType === 'LogAppendTime' ? header.maxTimestamp : header.baseTimestamp + cursor.timestampDelta;
    records.push(readBody(section, cursor, header.baseOffset + cursor.offsetDelta, timestamp));
  }
  return records;
}

function readBody(section: Buffer, record: RecordCursor, offset: number, timestamp: number): Record {
  const cursor = { at: record.bodyStart };
  const key = readBytes(section, cursor);
  const value = readBytes(section, cursor);
  const count = readVarint(section, cursor);
  if (count < 0) throw malformed('a record has less than no headers');
  const headers: [Buffer, Buffer | null][] = [];
  for (let left = count; left > 0; left--) {
    const name = readBytes(section, cursor);
    if (name === null) throw malformed('a header has no name');
    headers.push([name, readBytes(section, cursor)]);
  }
  if (cursor.at !== record.end) throw malformed('a record does not end where it should');
  return { offset, timestamp, key, value, headers };
}

function readBytes(section: Buffer, cursor: Cursor): Buffer | null {
  const length = readVarint(section, cursor);
  if (length === -1) return null;
  const start = cursor.at;
  cursor.at += length;
  if (length < 0 || cursor.at > section.length) throw malformed('a length leads out of the batch');
  return section.subarray(start, cursor.at);
}
