import { promisify } from 'node:util';
import { zstdCompress as compress, constants, zstdDecompress as decompress } from 'node:zlib';
import { MskBackupError } from '../errors.ts';

const compressAsync = promisify(compress);
const decompressAsync = promisify(decompress);

const SMALL_BYTES = 64 * 1024;
/** What Node allows at least. */
const MIN_CHUNK_BYTES = 64;

/**
 * Compresses on the thread pool. The frame says how long the bytes are.
 * @param level 1 to 22
 * @returns a buffer of exactly the compressed size
 */
export async function zstdCompress(bytes: Uint8Array, level: number): Promise<Buffer> {
  const output = await compressAsync(bytes, {
    // Usually one piece of output. Node's default of 16 kB goes through the main thread 30 times a frame.
    chunkSize: Math.max(bytes.length >>> 2, Math.min(bytes.length + 512, SMALL_BYTES)),
    // The frame header holds it, and the tables are no larger than the input needs.
    pledgedSrcSize: bytes.length,
    params: { [constants.ZSTD_c_compressionLevel]: level },
  });
  return exactlySized(output);
}

/**
 * Decompresses on the thread pool into one buffer.
 * @param rawLength bytes that must come out
 * @throws MskBackupError kind `data`, `DECOMPRESSION_FAILED`; the caller knows what it was and adds it
 */
export async function zstdDecompress(bytes: Uint8Array, rawLength: number): Promise<Buffer> {
  let output: Buffer;
  try {
    // With one byte more than needed the output never looks full, which would cost another buffer and another round.
    output = await decompressAsync(bytes, {
      chunkSize: Math.max(MIN_CHUNK_BYTES, rawLength + 1),
      maxOutputLength: Math.max(1, rawLength),
    });
  } catch (error) {
    throw new MskBackupError('data', 'DECOMPRESSION_FAILED', `zstd data is damaged: ${(error as Error).message}`, {
      cause: error,
    });
  }
  if (output.length !== rawLength) {
    const message = `zstd data is damaged: ${output.length} bytes came out instead of ${rawLength}`;
    throw new MskBackupError('data', 'DECOMPRESSION_FAILED', message);
  }
  return exactlySized(output);
}

/** A view of a larger buffer keeps all of that in memory: copied when more than an eighth would be wasted. */
export function exactlySized(view: Buffer): Buffer {
  if (view.buffer.byteLength - view.length <= view.length >>> 3) return view;
  const copy = Buffer.allocUnsafeSlow(view.length);
  view.copy(copy);
  return copy;
}
