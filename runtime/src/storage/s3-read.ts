import type { Readable } from 'node:stream';
import { GetObjectCommand, HeadObjectCommand } from '@aws-sdk/client-s3';
import { MskBackupError } from '../errors.ts';
import { objectMissing, objectTruncated } from './object-errors.ts';
import type { S3Bucket } from './s3-bucket.ts';
import { nameOf, statusOf } from './s3-errors.ts';

export interface HeadAnswer {
  size: number;
  /** As S3 spells it; undefined where the server keeps none. */
  crc32: string | undefined;
}

export async function readObject(bucket: S3Bucket, key: string): Promise<Buffer> {
  return reading(bucket, key, async () => {
    const answer = await bucket.client.send(new GetObjectCommand(bucket.address(key)));
    return collect(answer.Body as Readable, answer.ContentLength ?? 0);
  });
}

/** @param length at least 1: HTTP knows no empty range */
export async function readRange(bucket: S3Bucket, key: string, start: number, length: number): Promise<Buffer> {
  const truncated = (size?: number) => objectTruncated(bucket.where(key), start, length, size);
  const range = `bytes=${start}-${start + length - 1}`;
  return reading(bucket, key, async () => {
    try {
      const answer = await bucket.client.send(new GetObjectCommand({ ...bucket.address(key), Range: range }));
      const body = answer.Body as Readable;
      const given = answer.ContentLength ?? 0;
      if (given === length) return await collect(body, length);
      body.destroy();
      if (given < length) throw truncated(totalOf(answer.ContentRange));
      throw new MskBackupError('connection', 'STORAGE_FAILED', `${bucket.where(key)}: the server ignores ranges`);
    } catch (error) {
      throw statusOf(error) === 416 ? truncated() : error;
    }
  });
}

/** Undefined when there is no such object. */
export async function headObject(bucket: S3Bucket, key: string): Promise<HeadAnswer | undefined> {
  try {
    const answer = await bucket.request(() =>
      bucket.client.send(new HeadObjectCommand({ ...bucket.address(key), ChecksumMode: 'ENABLED' })),
    );
    return { size: answer.ContentLength ?? 0, crc32: answer.ChecksumCRC32 };
  } catch (error) {
    if (statusOf(error) === 404) return undefined;
    throw bucket.explain(error, 's3:GetObject', key);
  }
}

async function reading(bucket: S3Bucket, key: string, read: () => Promise<Buffer>): Promise<Buffer> {
  try {
    return await bucket.request(read);
  } catch (error) {
    if (nameOf(error) === 'NoSuchKey') throw objectMissing(bucket.where(key));
    throw bucket.explain(error, 's3:GetObject', key);
  }
}

/** The body as one buffer. @throws an error that is worth a retry when the body ends early */
function collect(body: Readable, length: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const bytes = Buffer.allocUnsafe(length);
    let filled = 0;
    const cut = () =>
      Object.assign(new Error(`the answer ended after ${filled} of ${length} bytes`), { code: 'ECONNRESET' });
    body.on('data', (chunk: Buffer) => {
      if (filled + chunk.length <= length) chunk.copy(bytes, filled);
      filled += chunk.length;
    });
    body.on('end', () => (filled === length ? resolve(bytes) : reject(cut())));
    body.on('error', reject);
    body.on('close', () => reject(cut()));
  });
}

/** The size in `bytes 3-4/5`. */
function totalOf(contentRange: string | undefined): number | undefined {
  const total = /\/(\d+)$/.exec(contentRange ?? '')?.[1];
  return total === undefined ? undefined : Number(total);
}
