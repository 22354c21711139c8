import { readdir, readFile } from 'node:fs/promises';
import {
  CreateBucketCommand,
  GetObjectRetentionCommand,
  PutObjectCommand,
  PutObjectLockConfigurationCommand,
  PutObjectRetentionCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { packKey } from '../../runtime/src/archive/pack-writer.ts';
import { sampleArchive } from '../archive/fixture.ts';
import { type AwsEmulator, startMinistack } from '../support/s3/emulator.ts';
import { runCli } from './run-cli.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

let aws: AwsEmulator;
beforeAll(async () => {
  aws = await startMinistack();
});
afterAll(() => aws.stop());

let buckets = 0;
/** A bucket with Object Lock, and without a default retention where `days` is undefined. */
async function lockedBucket(days: number | undefined, mode: 'GOVERNANCE' | 'COMPLIANCE' = 'GOVERNANCE') {
  const Bucket = `locked-${++buckets}`;
  await aws.client().send(new CreateBucketCommand({ Bucket, ObjectLockEnabledForBucket: true }));
  if (days !== undefined)
    await aws.client().send(
      new PutObjectLockConfigurationCommand({
        Bucket,
        ObjectLockConfiguration: {
          ObjectLockEnabled: 'Enabled',
          Rule: { DefaultRetention: { Mode: mode, Days: days } },
        },
      }),
    );
  return Bucket;
}

/** Puts a directory's archive there; answers its keys, relative to the prefix. */
async function upload(path: string, Bucket: string, prefix = 'orders'): Promise<string[]> {
  const files = (await readdir(path, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  const keys: string[] = [];
  for (const file of files) {
    const key = `${file.parentPath}/${file.name}`.slice(path.length + 1);
    const Body = await readFile(`${path}/${key}`);
    await aws.client().send(new PutObjectCommand({ Bucket, Key: `${prefix}/${key}`, Body }));
    keys.push(key);
  }
  return keys;
}

/** Days for which an object is locked yet; undefined without a lock. */
async function daysLeft(Bucket: string, key: string): Promise<number | undefined> {
  try {
    const answer = await aws.client().send(new GetObjectRetentionCommand({ Bucket, Key: `orders/${key}` }));
    return Math.round((answer.Retention!.RetainUntilDate!.getTime() - Date.now()) / DAY_MS);
  } catch (error) {
    if ((error as Error).name === 'NoSuchObjectLockConfiguration') return undefined;
    throw error;
  }
}

const url = (bucket: string) =>
  `s3://${bucket}/orders?region=${aws.region}&endpoint=${encodeURIComponent(aws.endpoint)}&path_style=true`;
const extend = async (bucket: string, ...more: string[]) => {
  const ended = await runCli(['locks', 'extend', '--json', '--path', url(bucket), ...more], { env: aws.env });
  return { ...ended, value: JSON.parse(ended.stdout) };
};

describe('locks extend', () => {
  test('what snapshots need and is half over, as the bucket says; nothing else, nothing shorter, and once', async () => {
    const { path } = await sampleArchive();
    const bucket = await lockedBucket(10);
    const keys = await upload(path, bucket);
    const unneeded = 'packs/orders/run-9-000000.pack';
    await aws.client().send(new PutObjectCommand({ Bucket: bucket, Key: `orders/${unneeded}`, Body: 'x' }));
    const hold = (key: string, days: number) =>
      aws.client().send(
        new PutObjectRetentionCommand({
          Bucket: bucket,
          Key: `orders/${key}`,
          Retention: { Mode: 'GOVERNANCE', RetainUntilDate: new Date(Date.now() + days * DAY_MS) },
          BypassGovernanceRetention: true,
        }),
      );
    for (const key of [...keys, unneeded]) await hold(key, 2);
    const longer = packKey('orders', 'run-0', 0);
    await hold(longer, 90);
    const half = packKey('orders', 'run-1', 0);
    await hold(half, 6);

    const first = await extend(bucket);
    expect(first.code).toBe(0);
    expect(first.value.archives).toMatchObject([
      { mode: 'GOVERNANCE', days: 10, needed: keys.length, extended: keys.length - 2, absent: 0, findings: [] },
    ]);
    for (const key of keys)
      expect([key, await daysLeft(bucket, key)]).toEqual([key, key === longer ? 90 : key === half ? 6 : 10]);
    expect(await daysLeft(bucket, unneeded)).toBe(2);

    const second = await extend(bucket);
    expect(second.value.archives).toMatchObject([{ extended: 0 }]);
    const days = await extend(bucket, '--days', '30');
    expect(days.value.archives).toMatchObject([{ days: 30, extended: keys.length - 1 }]);
    expect(await daysLeft(bucket, half)).toBe(30);
  });

  test('objects from before Object Lock was turned on, and the replica, by what it holds itself', async () => {
    const { path } = await sampleArchive();
    const [bucket, replica] = [await lockedBucket(undefined), await lockedBucket(undefined)];
    const keys = await upload(path, bucket);
    await upload(path, replica);
    for (const Bucket of [bucket, replica])
      await aws.client().send(
        new PutObjectLockConfigurationCommand({
          Bucket,
          ObjectLockConfiguration: {
            ObjectLockEnabled: 'Enabled',
            Rule: { DefaultRetention: { Mode: 'COMPLIANCE', Days: 20 } },
          },
        }),
      );
    expect(await daysLeft(bucket, keys[0]!)).toBeUndefined();
    const { code, value } = await extend(bucket, '--replica', url(replica));
    expect(code).toBe(0);
    expect(value.archives).toMatchObject([
      { location: `s3://${bucket}/orders`, mode: 'COMPLIANCE', extended: keys.length },
      { location: `s3://${replica}/orders`, mode: 'COMPLIANCE', extended: keys.length },
    ]);
    for (const key of keys) expect(await daysLeft(replica, key)).toBe(20);
  });

  test('a pack that is missing: the rest is locked, and it ends with 5; in a replica it may be on its way', async () => {
    const { path } = await sampleArchive();
    const [bucket, whole] = [await lockedBucket(10), await lockedBucket(10)];
    await upload(path, whole);
    const lost = packKey('orders', 'run-1', 0);
    const keys = await upload(path, bucket);
    const { DeleteObjectCommand } = await import('@aws-sdk/client-s3');
    await aws.client().send(new DeleteObjectCommand({ Bucket: bucket, Key: `orders/${lost}` }));
    const alone = await extend(bucket, '--days', '40');
    expect(alone.code).toBe(5);
    expect(alone.stderr).toContain(lost);
    expect(alone.value.archives[0]).toMatchObject({ extended: keys.length - 1, findings: [{ code: 'PACK_MISSING' }] });
    const asReplica = await extend(whole, '--replica', url(bucket));
    expect(asReplica.code).toBe(0);
    expect(asReplica.stderr).toContain(lost);
  });

  test('a bucket without Object Lock, and a directory, are refused in words', async () => {
    const { path } = await sampleArchive();
    await aws.createBucket('plain');
    await upload(path, 'plain');
    for (const bucket of ['plain', await lockedBucket(undefined)]) {
      const { code, value } = await extend(bucket);
      expect([code, value.error.code]).toEqual([3, 'OBJECT_LOCK_OFF']);
    }
    const { code, stderr } = await runCli(['locks', 'extend', '--path', path]);
    expect(code).toBe(2);
    expect(stderr).toContain('a directory has no Object Lock');
  });
});
