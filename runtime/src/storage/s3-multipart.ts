import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { MskBackupError } from '../errors.ts';
import { objectExists } from './object-errors.ts';
import { ChunkBody, totalBytes } from './s3-body.ts';
import type { S3Bucket } from './s3-bucket.ts';
import { crc32Of, encodeCrc32 } from './s3-checksum.ts';
import { isOwnObject, type PartSum } from './s3-create.ts';
import { nameOf, statusOf } from './s3-errors.ts';

/** Who gives up is often being stopped, and has 20 s in all. */
const ABORT_WITHIN_MS = 5_000;

interface Part extends PartSum {
  etag: string | undefined;
}

/**
 * One multipart upload. Its parts carry CRC32 checksums that S3 compares on arrival. The upload of a process that dies
 * stays in the bucket, invisible and paid for, until a lifecycle rule (AbortIncompleteMultipartUpload) removes it.
 */
export class MultipartUpload {
  readonly #bucket: S3Bucket;
  readonly #key: string;
  readonly #id: string;
  readonly #signal: AbortSignal;
  /** By part number less one; they end in any order. */
  readonly #parts: Part[] = [];

  private constructor(bucket: S3Bucket, key: string, id: string, signal: AbortSignal) {
    this.#bucket = bucket;
    this.#key = key;
    this.#id = id;
    this.#signal = signal;
  }

  /** @param signal stops every request of this upload, except for `abort` */
  static async start(bucket: S3Bucket, key: string, signal: AbortSignal): Promise<MultipartUpload> {
    try {
      const { UploadId } = await bucket.request(
        () =>
          bucket.client.send(
            new CreateMultipartUploadCommand({
              ...bucket.address(key),
              ...bucket.attributes(key),
              ChecksumAlgorithm: 'CRC32',
            }),
            // Not abortable: an upload whose id never arrived could not be removed.
          ),
        signal,
      );
      if (UploadId === undefined) throw new MskBackupError('connection', 'STORAGE_FAILED', 'no upload id was given');
      return new MultipartUpload(bucket, key, UploadId, signal);
    } catch (error) {
      throw bucket.explain(error, 's3:PutObject', key);
    }
  }

  /** @param number from 1 */
  async uploadPart(number: number, chunks: readonly Uint8Array[]): Promise<void> {
    const part = { size: totalBytes(chunks), crc32: crc32Of(chunks) };
    try {
      const { ETag } = await this.#bucket.request(
        () =>
          this.#bucket.client.send(
            new UploadPartCommand({
              ...this.#address(),
              PartNumber: number,
              Body: new ChunkBody(chunks),
              ContentLength: part.size,
              ChecksumCRC32: encodeCrc32(part.crc32),
            }),
            { abortSignal: this.#signal },
          ),
        this.#signal,
      );
      this.#parts[number - 1] = { ...part, etag: ETag };
    } catch (error) {
      throw this.#bucket.explain(error, 's3:PutObject', this.#key);
    }
  }

  /** Makes the object of the parts. @throws MskBackupError `OBJECT_EXISTS` */
  async complete(): Promise<void> {
    const command = () =>
      new CompleteMultipartUploadCommand({
        ...this.#address(),
        IfNoneMatch: '*',
        MultipartUpload: {
          Parts: this.#parts.map(({ etag, crc32 }, index) => ({
            PartNumber: index + 1,
            ETag: etag,
            ChecksumCRC32: encodeCrc32(crc32),
          })),
        },
      });
    try {
      await this.#bucket.request(async (earlier) => {
        try {
          await this.#bucket.client.send(command());
        } catch (error) {
          const taken = statusOf(error) === 412;
          // The upload is gone once it has become the object.
          if (!taken && nameOf(error) !== 'NoSuchUpload') throw error;
          if (earlier > 0 && (await isOwnObject(this.#bucket, this.#key, this.#parts, true))) return;
          throw taken ? objectExists(this.#bucket.where(this.#key)) : error;
        }
      }, this.#signal);
    } catch (error) {
      throw this.#bucket.explain(error, 's3:PutObject', this.#key);
    }
  }

  /** Removes the parts, in 5 s or not at all. None may be on its way any more. Never throws. */
  async abort(): Promise<void> {
    const deadline = AbortSignal.timeout(ABORT_WITHIN_MS);
    const command = new AbortMultipartUploadCommand(this.#address());
    try {
      await this.#bucket.request(() => this.#bucket.client.send(command, { abortSignal: deadline }), deadline);
    } catch {
      // It costs storage until the lifecycle rule sees it; the reason for giving up is what the user has to read.
    }
  }

  #address() {
    return { ...this.#bucket.address(this.#key), UploadId: this.#id };
  }
}
