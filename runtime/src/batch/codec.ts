/**
 * The records of a batch, compressed together, as Kafka's clients write and read them:
 * - gzip: one member
 * - snappy: blocks of xerial's snappy-java, or one bare block (librdkafka); see `snappy-blocks.ts`
 * - lz4: the frame format (lz4.org), with independent blocks
 * - zstd: one or more frames; the Java client leaves out the length
 */
import { promisify } from 'node:util';
import zlib from 'node:zlib';
import { compressFrame, compressFrameSync, decompressFrame, decompressFrameSync } from 'lz4-napi';
import { MskBackupError } from '../errors.ts';
import type { BatchCodec } from './header.ts';
import { compressSnappy, decompressSnappy } from './snappy-blocks.ts';

/** Smaller input is worked on at once: the way to the thread pool and back costs as much. */
export const SYNC_BELOW_BYTES = 16 * 1024;

const gzip = promisify(zlib.gzip);
const gunzip = promisify(zlib.gunzip);
const zstd = promisify(zlib.zstdCompress);
const unzstd = promisify(zlib.zstdDecompress);

/**
 * Compresses with the codec's usual level.
 * @returns a new buffer, or for `none` the same bytes
 */
export async function compressRecords(records: Buffer, codec: BatchCodec): Promise<Buffer> {
  const small = records.length < SYNC_BELOW_BYTES;
  // Output mostly in one piece: Node's default of 16 kB goes through the main thread for each.
  const options = { chunkSize: Math.max(16 * 1024, records.length >>> 1) };
  switch (codec) {
    case 'none':
      return records;
    case 'gzip':
      return small ? zlib.gzipSync(records, options) : gzip(records, options);
    case 'snappy':
      return compressSnappy(records);
    case 'lz4':
      return small ? compressFrameSync(records) : compressFrame(records);
    case 'zstd': {
      const pledged = { ...options, pledgedSrcSize: records.length };
      return small ? zlib.zstdCompressSync(records, pledged) : zstd(records, pledged);
    }
  }
}

/**
 * @returns a new buffer, or for `none` the same bytes
 * @throws MskBackupError kind `data`, `DECOMPRESSION_FAILED`; see `inBatch`
 */
export async function decompressRecords(records: Buffer, codec: BatchCodec): Promise<Buffer> {
  // Compaction leaves batches without records, and those have no compressed bytes either.
  if (codec === 'none' || records.length === 0) return records;
  try {
    return await decompress(records, codec);
  } catch (error) {
    const message = `its records cannot be decompressed with ${codec}: ${(error as Error).message}`;
    throw new MskBackupError('data', 'DECOMPRESSION_FAILED', message, { cause: error });
  }
}

function decompress(records: Buffer, codec: Exclude<BatchCodec, 'none'>): Buffer | Promise<Buffer> {
  const small = records.length < SYNC_BELOW_BYTES;
  switch (codec) {
    case 'gzip': {
      const options = { chunkSize: gzipRawLength(records) };
      return small ? zlib.gunzipSync(records, options) : gunzip(records, options);
    }
    case 'snappy':
      return decompressSnappy(records);
    case 'lz4':
      return small ? decompressFrameSync(records) : decompressFrame(records);
    case 'zstd':
      return decompressZstd(records);
  }
}

/** Node stops after the first frame and says nothing of the bytes that are left, so each is asked for. */
async function decompressZstd(records: Buffer): Promise<Buffer> {
  const frames: Buffer[] = [];
  for (let rest = records; rest.length > 0; ) {
    const options = { chunkSize: clampChunk(rest.length * 6), info: true };
    const small = rest.length < SYNC_BELOW_BYTES;
    const result: unknown = small ? zlib.zstdDecompressSync(rest, options) : await unzstd(rest, options);
    const { buffer, engine } = result as { buffer: Buffer; engine: { bytesWritten: number } };
    if (engine.bytesWritten === 0) throw new Error('no frame begins where one should');
    frames.push(buffer);
    rest = rest.subarray(engine.bytesWritten);
  }
  return frames.length === 1 ? frames[0]! : Buffer.concat(frames);
}

/** The last field of a gzip member is its raw length, modulo 2^32. Only a hint: one byte more saves an empty round. */
function gzipRawLength(records: Buffer): number {
  return clampChunk(records.length < 4 ? 0 : records.readUInt32LE(records.length - 4) + 1);
}

function clampChunk(bytes: number): number {
  return Math.min(Math.max(bytes, 4 * 1024), 1024 * 1024);
}
