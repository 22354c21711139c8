import { MskBackupError } from '../errors.ts';
import { crc32c } from './crc32c.ts';
import {
  BATCH_HEADER_BYTES,
  type BatchHeader,
  FIELD,
  LENGTH_PREFIX_BYTES,
  readBatchHeader,
  readInt64,
} from './header.ts';

/** Whose batches they are: for messages. */
export interface Where {
  topic: string;
  partition: number;
}

const MAGIC = 2;
/** Enough to know length and format. */
const PEEK_BYTES = FIELD.magic + 1;

/**
 * Reads the headers of consecutive record batches and checks each batch's CRC.
 * @returns the complete batches, and `end`: where an incomplete one begins, or the end of the bytes. A fetch answer may
 *   end in the middle of a batch; where that cannot be, `end` has to be checked.
 * @throws MskBackupError kind `data`: `CRC_MISMATCH`, `BATCH_MALFORMED`, `MESSAGE_FORMAT_OLD`, `OFFSET_TOO_LARGE`, naming
 *   topic, partition and offset
 */
export function walkBatches(records: Buffer, where: Where): { batches: BatchHeader[]; end: number } {
  const { batches, end, damage } = walkSoundBatches(records, where, 0, Number.POSITIVE_INFINITY);
  if (damage !== undefined) throw damage;
  return { batches, end };
}

export interface SoundBatches {
  /** The complete batches that begin below `until`, as far as they are sound. */
  batches: BatchHeader[];
  /** Where the walk ended: behind the last of `batches`. */
  end: number;
  /** True when a batch that begins at or past `until` follows; nothing of it has been checked. */
  beyond: boolean;
  /** What is wrong with the batch at `end`; the errors of `walkBatches`. */
  damage?: MskBackupError;
}

/**
 * As `walkBatches`, for a reader that keeps what comes before a bad batch and wants nothing from an offset on.
 * @param from the offset that was asked for
 * @param until the first offset of no interest
 */
export function walkSoundBatches(records: Buffer, where: Where, from: number, until: number): SoundBatches {
  const batches: BatchHeader[] = [];
  let position = 0;
  let nextOffset = 0;
  try {
    while (records.length - position >= PEEK_BYTES) {
      if (readInt64(records, position) >= until) {
        if (Math.max(nextOffset, from) < until) checkOrder(records, position, where);
        return { batches, end: position, beyond: true };
      }
      const magic = records.readInt8(position + FIELD.magic);
      if (magic !== MAGIC) throw wrongMagic(magic, readInt64(records, position), where);
      const end = position + LENGTH_PREFIX_BYTES + records.readInt32BE(position + FIELD.batchLength);
      if (end - position < BATCH_HEADER_BYTES)
        throw malformed(records, position, where, 'it is shorter than its header');
      if (end > records.length) break;
      batches.push(checkBatch(records, position, nextOffset, where));
      nextOffset = batches[batches.length - 1]!.lastOffset + 1;
      position = end;
    }
  } catch (reason) {
    if (!(reason instanceof MskBackupError)) throw reason;
    return { batches, end: position, beyond: false, damage: reason };
  }
  return { batches, end: position, beyond: false };
}

/**
 * For a batch that seems to lie past everything of interest, with a gap before it: no CRC covers the base offset, but
 * where the next batch begins earlier it is damage, not a hole.
 */
function checkOrder(records: Buffer, position: number, where: Where): void {
  const next = position + LENGTH_PREFIX_BYTES + records.readInt32BE(position + FIELD.batchLength);
  if (next <= position || records.length - next < PEEK_BYTES) return;
  const following = readInt64(records, next);
  if (following < readInt64(records, position)) {
    throw malformed(records, position, where, `the next one begins at offset ${following}`);
  }
}

/**
 * Looks at the format of the first batch only.
 * @throws MskBackupError `MESSAGE_FORMAT_OLD`
 */
export function refuseOldFormat(records: Buffer, where: Where): void {
  if (records.length < PEEK_BYTES) return;
  const magic = records.readInt8(FIELD.magic);
  if (magic === 0 || magic === 1) throw wrongMagic(magic, readInt64(records, 0), where);
}

/** @param nextOffset the lowest offset that this batch can have: no CRC covers the base offset, but order shows damage */
function checkBatch(records: Buffer, position: number, nextOffset: number, where: Where): BatchHeader {
  const header = readHeader(records, position, where);
  const actual = crc32c(records.subarray(position + FIELD.attributes, header.end));
  if (actual !== header.crc) {
    throw new MskBackupError(
      'data',
      'CRC_MISMATCH',
      `${place(where, header.baseOffset)}: the record batch is damaged (CRC-32C is ${hex(actual)}, its header says ${hex(header.crc)}); compare the replicas of this partition, or restore it from another snapshot`,
    );
  }
  if (header.baseOffset < nextOffset) {
    throw malformed(records, position, where, `it should not begin before offset ${nextOffset}`);
  }
  if (header.lastOffsetDelta < 0 || header.recordCount < 0 || header.recordCount > header.lastOffsetDelta + 1) {
    const { recordCount, lastOffsetDelta } = header;
    throw malformed(
      records,
      position,
      where,
      `it has ${recordCount} records and a last offset delta of ${lastOffsetDelta}`,
    );
  }
  return header;
}

function readHeader(records: Buffer, position: number, where: Where): BatchHeader {
  try {
    return readBatchHeader(records, position);
  } catch (error) {
    if (!(error instanceof MskBackupError)) throw error;
    const message = `topic ${where.topic}, partition ${where.partition}, ${error.message}`;
    throw new MskBackupError(error.kind, error.code, message, { cause: error });
  }
}

function wrongMagic(magic: number, offset: number, where: Where): MskBackupError {
  if (magic !== 0 && magic !== 1) {
    const message = `${place(where, offset)}: the record batch has message format ${magic}, which is not known; its bytes are damaged or a newer version of this program is needed`;
    return new MskBackupError('data', 'BATCH_MALFORMED', message);
  }
  return new MskBackupError(
    'data',
    'MESSAGE_FORMAT_OLD',
    `${place(where, offset)}: the messages were written in the old message format ${magic} (before Kafka 0.11), which cannot be backed up; copy topic ${where.topic} to a new topic with a current client and back that up, or exclude it`,
  );
}

function malformed(records: Buffer, position: number, where: Where, problem: string): MskBackupError {
  const offset = readInt64(records, position);
  const message = `${place(where, offset)}: the record batch is malformed: ${problem}; compare the replicas of this partition, or restore it from another snapshot`;
  return new MskBackupError('data', 'BATCH_MALFORMED', message);
}

function place({ topic, partition }: Where, offset: number): string {
  return `topic ${topic}, partition ${partition}, offset ${offset}`;
}

function hex(crc: number): string {
  return crc.toString(16).padStart(8, '0');
}
