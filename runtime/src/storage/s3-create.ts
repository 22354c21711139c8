import { PutObjectCommand } from '@aws-sdk/client-s3';
import { objectExists } from './object-errors.ts';
import { ChunkBody, totalBytes } from './s3-body.ts';
import type { S3Bucket } from './s3-bucket.ts';
import { compositeCrc32, crc32Of, encodeCrc32 } from './s3-checksum.ts';
import { statusOf } from './s3-errors.ts';
import { headObject, readRange } from './s3-read.ts';

/** The bytes of one upload, as far as they are remembered: to know our own object when we meet it. */
export interface PartSum {
  size: number;
  crc32: number;
}

/**
 * Creates an object with one request.
 * @throws MskBackupError `OBJECT_EXISTS`, when somebody else's object has the key
 */
export async function createObject(
  bucket: S3Bucket,
  key: string,
  chunks: readonly Uint8Array[],
  signal?: AbortSignal,
): Promise<void> {
  const part = { size: totalBytes(chunks), crc32: crc32Of(chunks) };
  const command = () =>
    new PutObjectCommand({
      ...bucket.address(key),
      ...bucket.attributes(key),
      Body: new ChunkBody(chunks),
      ContentLength: part.size,
      ChecksumCRC32: encodeCrc32(part.crc32),
      IfNoneMatch: '*',
    });
  const options = signal === undefined ? {} : { abortSignal: signal };
  try {
    await bucket.request(async (earlier) => {
      try {
        await bucket.client.send(command(), options);
      } catch (error) {
        if (statusOf(error) !== 412) throw error;
        if (earlier > 0 && (await isOwnObject(bucket, key, [part], false))) return;
        throw objectExists(bucket.where(key));
      }
    }, signal);
  } catch (error) {
    throw bucket.explain(error, 's3:PutObject', key);
  }
}

/**
 * Whether the object under the key is the one that we sent. A request whose answer was lost may have been carried out, so
 * that its repetition finds the key taken, by ourselves. Told by size and checksum; where the server keeps no checksum, by
 * reading.
 */
export async function isOwnObject(
  bucket: S3Bucket,
  key: string,
  parts: PartSum[],
  multipart: boolean,
): Promise<boolean> {
  const found = await headObject(bucket, key);
  const size = parts.reduce((sum, part) => sum + part.size, 0);
  if (found === undefined || found.size !== size) return false;
  const sums = parts.map((part) => part.crc32);
  if (found.crc32 !== undefined) return found.crc32 === (multipart ? compositeCrc32(sums) : encodeCrc32(sums[0]!));
  let start = 0;
  for (const part of parts) {
    if (part.size > 0 && crc32Of([await readRange(bucket, key, start, part.size)]) !== part.crc32) return false;
    start += part.size;
  }
  return true;
}
