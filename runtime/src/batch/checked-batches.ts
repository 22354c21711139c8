import { crc32c, joinCrcs } from './crc32c.ts';
import { FIELD, LENGTH_PREFIX_BYTES } from './header.ts';

/** Below this the native code is done with a batch before its CRC field has been joined. */
const WORTHWHILE_BYTES = 2048;

/**
 * CRC-32C of consecutive whole record batches whose CRC fields have been checked: from these fields, since each covers
 * its batch but for the first 21 bytes. For bytes that were read once already, reading them again is most of the cost.
 * @param batches how many they are
 */
export function crcOfCheckedBatches(bytes: Buffer, batches: number): number {
  if (bytes.length < batches * WORTHWHILE_BYTES) return crc32c(bytes);
  let crc = 0;
  for (let at = 0; at < bytes.length; ) {
    const covered = at + FIELD.attributes;
    const end = at + LENGTH_PREFIX_BYTES + bytes.readInt32BE(at + FIELD.batchLength);
    crc = joinCrcs(crc32c(bytes.subarray(at, covered), crc), bytes.readUInt32BE(at + FIELD.crc), end - covered);
    at = end;
  }
  return crc;
}
