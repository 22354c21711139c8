import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import { checkKey, checkPrefix, checkRange } from './object-key.ts';
import type { ObjectStore, ObjectWriter, StoredObject } from './object-store.ts';
import { S3Bucket, type S3Tuning } from './s3-bucket.ts';
import type { S3Location } from './s3-client.ts';
import { createObject } from './s3-create.ts';
import { headObject, readObject, readRange } from './s3-read.ts';
import { S3Writer } from './s3-writer.ts';

/**
 * An archive in S3, or in a server that speaks its protocol and knows `If-None-Match: *`. Needs s3:PutObject, s3:GetObject
 * and s3:ListBucket, s3:AbortMultipartUpload to tidy up, and with a KMS key kms:GenerateDataKey and kms:Decrypt.
 * Requests are repeated where that can help: s3-retry.ts.
 */
export class S3Store implements ObjectStore {
  readonly #bucket: S3Bucket;

  constructor(location: S3Location, tuning?: S3Tuning) {
    this.#bucket = new S3Bucket(location, tuning);
  }

  get location(): string {
    return this.#bucket.location;
  }

  async put(key: string, body: Uint8Array): Promise<void> {
    checkKey(key);
    await createObject(this.#bucket, key, [body]);
  }

  createWriter(key: string): ObjectWriter {
    checkKey(key);
    return new S3Writer(this.#bucket, key);
  }

  async get(key: string): Promise<Buffer> {
    checkKey(key);
    return readObject(this.#bucket, key);
  }

  async getRange(key: string, start: number, length: number): Promise<Buffer> {
    checkKey(key);
    checkRange(key, start, length);
    return length === 0 ? Buffer.alloc(0) : readRange(this.#bucket, key, start, length);
  }

  async size(key: string): Promise<number | undefined> {
    checkKey(key);
    return (await headObject(this.#bucket, key))?.size;
  }

  list(prefix: string): AsyncIterable<StoredObject> {
    checkPrefix(prefix);
    return this.#list(prefix);
  }

  async close(): Promise<void> {
    this.#bucket.client.destroy();
  }

  async *#list(prefix: string): AsyncGenerator<StoredObject> {
    const bucket = this.#bucket;
    let ContinuationToken: string | undefined;
    do {
      const command = new ListObjectsV2Command({
        Bucket: bucket.bucket,
        Prefix: bucket.fullKey(prefix),
        ...(ContinuationToken !== undefined && { ContinuationToken }),
      });
      const page = await bucket
        .request(() => bucket.client.send(command))
        .catch((error) => {
          throw bucket.explain(error, 's3:ListBucket', prefix);
        });
      for (const { Key, Size } of page.Contents ?? []) {
        // "Folders" that the console makes are empty objects with a slash at the end; no key of ours has one.
        if (Key !== undefined && !Key.endsWith('/')) yield { key: bucket.relativeKey(Key), size: Size ?? 0 };
      }
      ContinuationToken = page.NextContinuationToken;
    } while (ContinuationToken !== undefined);
  }
}
