import { GetObjectCommand, HeadBucketCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type AwsEmulator, startMinistack } from './s3/emulator.ts';

let aws: AwsEmulator;
beforeAll(async () => {
  aws = await startMinistack();
}, 120_000);
afterAll(() => aws.stop());

test('a create-only put of a key that exists is refused and changes nothing', async () => {
  await aws.createBucket('plain');
  const put = (Body: string) =>
    aws.client().send(new PutObjectCommand({ Bucket: 'plain', Key: 'commit', Body, IfNoneMatch: '*' }));
  await put('first');
  await expect(put('second')).rejects.toMatchObject({ $metadata: { httpStatusCode: 412 } });
  const { Body } = await aws.client().send(new GetObjectCommand({ Bucket: 'plain', Key: 'commit' }));
  expect(await Body!.transformToString()).toBe('first');
});

test('an object comes to the bucket of another region by replication', async () => {
  const replica = aws.client('us-west-2');
  await aws.createBucket('replica', { region: 'us-west-2' });
  await aws.createBucket('primary', { replicateTo: 'replica' });
  await aws.client().send(new PutObjectCommand({ Bucket: 'primary', Key: 'packs/a b', Body: 'copied' }));
  await aws.waitForReplication('primary', 'replica');
  const { Body } = await replica.send(new GetObjectCommand({ Bucket: 'replica', Key: 'packs/a b' }));
  expect(await Body!.transformToString()).toBe('copied');
  expect((await replica.send(new HeadBucketCommand({ Bucket: 'replica' }))).BucketRegion).toBe('us-west-2');
  expect(await aws.list('replica')).toEqual(new Map([['packs/a b', 6]]));
});
