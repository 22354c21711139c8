import { crc32c } from '../batch/crc32c.ts';
import { zstdDecompress } from '../batch/zstd.ts';
import { hasCode, MskBackupError } from '../errors.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import type { Frame } from './frame.ts';

/**
 * Reads a frame back: its record batches, in a buffer that the caller may change.
 * @throws MskBackupError kind `data`, naming pack, topic, partition and offsets: `PACK_MISSING`, `PACK_TRUNCATED`,
 * `FRAME_DAMAGED` when the bytes are not those that were stored
 */
export async function readFrame(store: ObjectStore, frame: Frame): Promise<Buffer> {
  let stored: Buffer;
  try {
    stored = await store.getRange(frame.pack, frame.position, frame.length);
  } catch (error) {
    if (hasCode(error, 'OBJECT_MISSING')) throw frameError(store, frame, 'PACK_MISSING', 'the pack is missing', error);
    if (!hasCode(error, 'OBJECT_TRUNCATED')) throw error;
    throw frameError(store, frame, 'PACK_TRUNCATED', 'the pack is cut off before the frame ends', error);
  }
  if (crc32c(stored) !== frame.checksum) throw frameError(store, frame, 'FRAME_DAMAGED', 'the checksum differs');
  if (frame.codec === 'none') {
    if (stored.length === frame.rawLength) return stored;
    throw frameError(store, frame, 'FRAME_DAMAGED', `the frame has ${stored.length} bytes, not ${frame.rawLength}`);
  }
  try {
    return await zstdDecompress(stored, frame.rawLength);
  } catch (error) {
    if (!(error instanceof MskBackupError)) throw error;
    throw frameError(store, frame, 'FRAME_DAMAGED', error.message, error);
  }
}

function frameError(store: ObjectStore, frame: Frame, code: string, why: string, cause?: unknown): MskBackupError {
  return new MskBackupError(
    'data',
    code,
    `${frame.pack} in ${store.location}: ${why} (topic ${frame.topic}, partition ${frame.partition}, offsets ` +
      `${frame.baseOffset} to ${frame.lastOffset}); copy the pack again from a replica of the archive, or use an older snapshot`,
    { cause },
  );
}
