import { crcOfCheckedBatches } from '../batch/checked-batches.ts';
import { crc32c } from '../batch/crc32c.ts';
import { zstdCompress } from '../batch/zstd.ts';

/** A frame's bytes as they will be stored, and what the index has to say of them. */
export interface EncodedFrame {
  bytes: Uint8Array;
  codec: 'none' | 'zstd';
  /** CRC-32C of `bytes`. */
  checksum: number;
  /** Bytes before compression. */
  rawLength: number;
}

/** Compression that saves less is not worth the reader's time. */
const LEAST_SAVING = 0.02;

/**
 * Compresses on the thread pool; frames that hardly shrink are stored as they are.
 * @param batches whole record batches; with codec `none` they are taken over, not copied
 * @param options level: 1-22; checkedBatches: how many batches they are, when the CRC of each has been checked
 */
export async function encodeFrame(
  batches: Buffer,
  options: { codec: 'none' | 'zstd'; level: number; checkedBatches?: number },
): Promise<EncodedFrame> {
  const rawLength = batches.length;
  if (options.codec === 'zstd') {
    const bytes = await zstdCompress(batches, options.level);
    if (bytes.length <= rawLength * (1 - LEAST_SAVING)) {
      return { bytes, codec: 'zstd', checksum: crc32c(bytes), rawLength };
    }
  }
  const { checkedBatches } = options;
  const checksum = checkedBatches === undefined ? crc32c(batches) : crcOfCheckedBatches(batches, checkedBatches);
  return { bytes: batches, codec: 'none', checksum, rawLength };
}
