import {
  GetObjectLockConfigurationCommand,
  GetObjectRetentionCommand,
  PutObjectRetentionCommand,
} from '@aws-sdk/client-s3';
import { MskBackupError } from '../errors.ts';
import { S3Bucket } from './s3-bucket.ts';
import type { S3Location } from './s3-client.ts';
import { nameOf } from './s3-errors.ts';

/** S3 Object Lock: until when objects cannot be deleted. */
export interface ObjectLock {
  mode: 'GOVERNANCE' | 'COMPLIANCE';
  /** Milliseconds since 1970. */
  until: number;
}

export interface LockRule {
  mode: 'GOVERNANCE' | 'COMPLIANCE';
  days: number;
}

const DAYS_A_YEAR = 365;

export class ObjectLocks {
  readonly #bucket: S3Bucket;

  constructor(location: S3Location) {
    this.#bucket = new S3Bucket(location);
  }

  /** `s3://bucket/prefix` */
  get location(): string {
    return this.#bucket.location;
  }

  /**
   * What the bucket gives to each new object.
   * @throws MskBackupError `OBJECT_LOCK_OFF` when it gives nothing
   */
  async rule(): Promise<LockRule> {
    const { client, bucket } = this.#bucket;
    const off = () =>
      new MskBackupError(
        'configuration',
        'OBJECT_LOCK_OFF',
        `${this.location}: the bucket has no Object Lock with a default retention: turn it on (objectLock of the component BackupArchive)`,
      );
    try {
      const answer = await this.#bucket.request(() =>
        client.send(new GetObjectLockConfigurationCommand({ Bucket: bucket })),
      );
      const { Mode, Days, Years } = answer.ObjectLockConfiguration?.Rule?.DefaultRetention ?? {};
      const days = Days ?? (Years === undefined ? undefined : Years * DAYS_A_YEAR);
      if (Mode === undefined || days === undefined) throw off();
      return { mode: Mode, days };
    } catch (error) {
      if (nameOf(error) === 'ObjectLockConfigurationNotFoundError') throw off();
      throw this.#bucket.explain(error, 's3:GetBucketObjectLockConfiguration', '');
    }
  }

  /** @returns undefined for an object that is not locked; `absent` where there is none */
  async find(key: string): Promise<ObjectLock | 'absent' | undefined> {
    try {
      const { Retention } = await this.#bucket.request(() =>
        this.#bucket.client.send(new GetObjectRetentionCommand(this.#bucket.address(key))),
      );
      if (Retention?.Mode === undefined || Retention.RetainUntilDate === undefined) return undefined;
      return { mode: Retention.Mode, until: Retention.RetainUntilDate.getTime() };
    } catch (error) {
      const name = nameOf(error) ?? '';
      if (name === 'NoSuchObjectLockConfiguration') return undefined;
      // A delete marker answers that it takes no such method.
      if (name === 'NoSuchKey' || name === 'MethodNotAllowed') return 'absent';
      throw this.#bucket.explain(error, 's3:GetObjectRetention', key);
    }
  }

  /** S3 refuses a time before the present one. */
  async put(key: string, { mode, until }: ObjectLock): Promise<void> {
    const Retention = { Mode: mode, RetainUntilDate: new Date(until) };
    try {
      await this.#bucket.request(() =>
        this.#bucket.client.send(new PutObjectRetentionCommand({ ...this.#bucket.address(key), Retention })),
      );
    } catch (error) {
      throw this.#bucket.explain(error, 's3:PutObjectRetention', key);
    }
  }

  close(): void {
    this.#bucket.client.destroy();
  }
}
