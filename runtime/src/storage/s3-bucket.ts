import type { S3Client } from '@aws-sdk/client-s3';
import pLimit, { type LimitFunction } from 'p-limit';
import { createS3Client, type S3Location } from './s3-client.ts';
import { s3Error } from './s3-errors.ts';
import { RETRY_TIMING, Retry, type RetryTiming } from './s3-retry.ts';

/** Only tests have a reason to change these. */
export interface S3Tuning {
  retry?: RetryTiming;
  /** A connection without any traffic for so long is given up, and the request repeated. Default 30,000. */
  stallTimeoutMs?: number;
}

const STALL_TIMEOUT_MS = 30_000;

/** What the store and its writers share: the client, the names, the retries, the slots for uploads. */
export class S3Bucket {
  readonly client: S3Client;
  readonly bucket: string;
  /** `s3://bucket/prefix` */
  readonly location: string;
  /** Bounds the bodies that writers have under way over the whole store. */
  readonly uploads: LimitFunction;
  readonly #settings: S3Location;
  readonly #retry: Retry;

  constructor(settings: S3Location, tuning: S3Tuning = {}) {
    this.#settings = settings;
    this.client = createS3Client(settings, tuning.stallTimeoutMs ?? STALL_TIMEOUT_MS);
    this.bucket = settings.bucket;
    this.location = `s3://${settings.bucket}${settings.prefix === '' ? '' : `/${settings.prefix}`}`;
    this.uploads = pLimit(settings.maxConcurrentUploads);
    this.#retry = new Retry(tuning.retry ?? RETRY_TIMING);
  }

  /** The object's full key in the bucket, for a key or a prefix that is relative to the archive. */
  fullKey(key: string): string {
    return this.#settings.prefix === '' ? key : `${this.#settings.prefix}/${key}`;
  }

  relativeKey(fullKey: string): string {
    return this.#settings.prefix === '' ? fullKey : fullKey.slice(this.#settings.prefix.length + 1);
  }

  where(key: string): string {
    return `${this.location}/${key}`;
  }

  /** Bucket and key, as every request names them. */
  address(key: string): { Bucket: string; Key: string } {
    return { Bucket: this.bucket, Key: this.fullKey(key) };
  }

  /** What a new object is given beside its bytes. The storage class is for packs: the rest is small and read often. */
  attributes(key: string) {
    const { storageClass, kmsKeyId } = this.#settings;
    return {
      ...(storageClass !== undefined && key.startsWith('packs/') && { StorageClass: storageClass as 'STANDARD_IA' }),
      ...(kmsKeyId !== undefined && { ServerSideEncryption: 'aws:kms' as const, SSEKMSKeyId: kmsKeyId }),
    };
  }

  /** Sends with retries. @throws the SDK's error as it came: see `explain` */
  request<T>(send: (earlier: number) => Promise<T>, signal?: AbortSignal): Promise<T> {
    return this.#retry.run(send, signal);
  }

  /** The SDK's error as one for a person. @param permission the IAM action that was needed */
  explain(error: unknown, permission: string, key: string): unknown {
    const { endpoint } = this.#settings;
    return s3Error(error, permission, this.where(key), endpoint === undefined ? undefined : URL.parse(endpoint)?.host);
  }
}
