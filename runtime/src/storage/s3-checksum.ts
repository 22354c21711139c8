import { crc32c } from '@node-rs/crc32';

/** A CRC32C in S3's spelling: base64 of its four bytes, big-endian. */
export function encodeCrc32c(value: number): string {
  return crcBytes(value).toString('base64');
}

export function crc32cOf(bytes: Uint8Array): number {
  return crc32c(bytes);
}

/** What S3 gives a multipart object: the checksum of its parts' checksums, with their number behind. */
export function compositeCrc32c(parts: number[]): string {
  return `${encodeCrc32c(crc32c(Buffer.concat(parts.map(crcBytes))))}-${parts.length}`;
}

function crcBytes(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
