import { crc32 } from '@node-rs/crc32';

/** A CRC-32 in S3's spelling: base64 of its four bytes, big-endian. */
export function encodeCrc32(value: number): string {
  return crcBytes(value).toString('base64');
}

/** Of all chunks together. */
export function crc32Of(chunks: readonly Uint8Array[]): number {
  return chunks.reduce((sum, chunk) => crc32(chunk, sum), 0);
}

/** What S3 gives a multipart object: the checksum of its parts' checksums, with their number behind. */
export function compositeCrc32(parts: number[]): string {
  return `${encodeCrc32(crc32(Buffer.concat(parts.map(crcBytes))))}-${parts.length}`;
}

function crcBytes(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
