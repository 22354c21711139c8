/**
 * BackupArchive deployed by the real Pulumi engine to the AWS emulator. Pulumi's stand-in provider has neither the validation nor
 * the defaults of the real one, and the emulator is not AWS: it replicates without the replica's key, and does not enforce bucket
 * policies here. What this shows is told in test/support/pulumi/deployment.ts.
 */

import { DescribeKeyCommand, GetKeyRotationStatusCommand, KMSClient } from '@aws-sdk/client-kms';
import {
  GetBucketEncryptionCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketPolicyCommand,
  GetBucketReplicationCommand,
  GetBucketTaggingCommand,
  GetBucketVersioningCommand,
  GetObjectCommand,
  GetPublicAccessBlockCommand,
  HeadBucketCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { BackupArchive, type BackupArchiveArgs } from '../../components/backup-archive.ts';
import { Deployment } from '../support/pulumi/deployment.ts';
import { type AwsEmulator, startMinistack } from '../support/s3/emulator.ts';

const home = 'us-west-2';
const elsewhere = 'us-east-1';

let aws: AwsEmulator;
let stack: Deployment;
beforeAll(async () => {
  aws = await startMinistack({ regions: [home, elsewhere] });
  stack = await Deployment.begin(aws);
});
afterAll(async () => {
  await stack?.end();
  await aws?.stop();
});

const program = (changes: Partial<BackupArchiveArgs> = {}) => {
  return async () => {
    const archive = new BackupArchive('orders', {
      prefix: 'msk/orders',
      replica: { region: elsewhere },
      tags: { team: 'orders' },
      ...changes,
    });
    const { bucketName, keyArn, replicaBucketName, replicaKeyArn, replicationRoleArn } = archive;
    return { bucketName, keyArn, replicaBucketName, replicaKeyArn, replicationRoleArn };
  };
};

let made: {
  bucketName: string;
  keyArn: string;
  replicaBucketName: string;
  replicaKeyArn: string;
  replicationRoleArn: string;
};
const places = () => [
  { region: home, bucket: made.bucketName, key: made.keyArn },
  { region: elsewhere, bucket: made.replicaBucketName, key: made.replicaKeyArn },
];

test('a preview says what an update then makes, and a second preview finds nothing to do', async () => {
  const planned = await stack.preview(program());
  expect(planned.every(({ operation }) => operation === 'create')).toBe(true);
  expect(
    planned
      .filter(({ type }) => type === 'aws:s3/bucket:Bucket')
      .map(({ name }) => name)
      .sort(),
  ).toEqual(['orders-bucket', 'orders-replica-bucket']);
  const { outputs, counts } = await stack.up(program());
  made = outputs as typeof made;
  expect(counts).toEqual({ create: planned.length });
  expect(await stack.preview(program())).toEqual([]);
});

test('AWS has both buckets, versioned, closed, encrypted with the key of their region', async () => {
  for (const { region, bucket, key } of places()) {
    const s3 = aws.client(region);
    const Bucket = bucket;
    expect((await s3.send(new HeadBucketCommand({ Bucket }))).BucketRegion).toBe(region);
    expect((await s3.send(new GetBucketVersioningCommand({ Bucket }))).Status).toBe('Enabled');
    const { PublicAccessBlockConfiguration } = await s3.send(new GetPublicAccessBlockCommand({ Bucket }));
    expect(Object.values(PublicAccessBlockConfiguration!)).toEqual([true, true, true, true]);
    const { ServerSideEncryptionConfiguration } = await s3.send(new GetBucketEncryptionCommand({ Bucket }));
    expect(ServerSideEncryptionConfiguration!.Rules![0]!.ApplyServerSideEncryptionByDefault).toEqual({
      SSEAlgorithm: 'aws:kms',
      KMSMasterKeyID: key,
    });
    const { Rules } = await s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket }));
    expect(Rules!.map(({ Expiration }) => Expiration?.Days)).toEqual([undefined]);
    expect(Rules![0]!.NoncurrentVersionExpiration!.NoncurrentDays).toBe(30);
    const policy = JSON.parse((await s3.send(new GetBucketPolicyCommand({ Bucket }))).Policy!);
    expect(policy.Statement.every(({ Effect }: { Effect: string }) => Effect === 'Deny')).toBe(true);
    expect(JSON.stringify(policy)).toContain('s3:if-none-match');
    expect((await s3.send(new GetBucketTaggingCommand({ Bucket }))).TagSet).toEqual([{ Key: 'team', Value: 'orders' }]);
    expect(key).toContain(`:kms:${region}:`);
    expect(await keyState(region, key)).toBe('Enabled');
    const rotation = await kms(region).send(new GetKeyRotationStatusCommand({ KeyId: key }));
    expect(rotation.KeyRotationEnabled).toBe(true);
  }
});

test('what is put into the bucket is found in the replica', async () => {
  const { ReplicationConfiguration } = await aws
    .client(home)
    .send(new GetBucketReplicationCommand({ Bucket: made.bucketName }));
  expect(ReplicationConfiguration).toMatchObject({
    Role: made.replicationRoleArn,
    Rules: [
      {
        Status: 'Enabled',
        DeleteMarkerReplication: { Status: 'Disabled' },
        Destination: {
          Bucket: `arn:aws:s3:::${made.replicaBucketName}`,
          EncryptionConfiguration: { ReplicaKmsKeyID: made.replicaKeyArn },
        },
      },
    ],
  });
  for (const { bucket, region } of places()) aws.placeBucket(bucket, region);
  const Key = 'msk/orders/packs/orders/1.pack';
  await aws
    .client(home)
    .send(new PutObjectCommand({ Bucket: made.bucketName, Key, Body: 'records', IfNoneMatch: '*' }));
  await aws.waitForReplication(made.bucketName, made.replicaBucketName, 'msk/orders/');
  const { Body } = await aws.client(elsewhere).send(new GetObjectCommand({ Bucket: made.replicaBucketName, Key }));
  expect(await Body!.transformToString()).toBe('records');
});

test('a refresh finds nothing where nothing was changed, and what was changed; an update puts it right', async () => {
  const untouched = await stack.refresh();
  expect(Object.keys(untouched)).toEqual(['same']);
  const suspended = { Bucket: made.replicaBucketName, VersioningConfiguration: { Status: 'Suspended' as const } };
  await aws.client(elsewhere).send(new PutBucketVersioningCommand(suspended));
  expect(await stack.refresh()).toMatchObject({ update: 1 });
  expect(await stack.preview(program())).toEqual([
    {
      type: 'aws:s3/bucketVersioning:BucketVersioning',
      name: 'orders-replica-versioning',
      operation: 'update',
      changed: ['versioningConfiguration'],
    },
  ]);
  await stack.up(program());
  const { Status } = await aws
    .client(elsewhere)
    .send(new GetBucketVersioningCommand({ Bucket: made.replicaBucketName }));
  expect(Status).toBe('Enabled');
});

test('other arguments change the resources where they are', async () => {
  const changed = program({ tags: { team: 'platform' }, packStorageClass: 'GLACIER_IR', oldVersionDays: 60 });
  const planned = await stack.preview(changed);
  expect(new Set(planned.map(({ operation }) => operation))).toEqual(new Set(['update']));
  const { outputs } = await stack.up(changed);
  expect(outputs).toEqual(made);
  for (const { region, bucket: Bucket } of places()) {
    const s3 = aws.client(region);
    const { Rules } = await s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket }));
    expect(Rules!.find(({ ID }) => ID === 'old-versions')!.NoncurrentVersionExpiration!.NoncurrentDays).toBe(60);
    expect(Rules!.flatMap(({ Transitions }) => Transitions ?? [])).toMatchObject([{ StorageClass: 'GLACIER_IR' }]);
    const { TagSet } = await s3.send(new GetBucketTaggingCommand({ Bucket }));
    expect(TagSet).toEqual([{ Key: 'team', Value: 'platform' }]);
  }
});

test('a change that would replace a bucket is refused before anything is done', async () => {
  const elsewhereYet = program({ replica: { region: 'eu-west-1' } });
  await expect(stack.preview(elsewhereYet)).rejects.toThrow(/protect/);
});

test('destroy refuses, and after unprotecting it leaves the buckets, what guards them, and their keys', async () => {
  await stack.up(program());
  await expect(stack.destroy()).rejects.toThrow(/protect/);
  await stack.pulumi(['state', 'unprotect', '--all', '--yes']);
  await stack.destroy();
  expect(await stack.resources()).toEqual([]);
  for (const { region, bucket: Bucket, key } of places()) {
    const s3 = aws.client(region);
    const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key: 'msk/orders/packs/orders/1.pack' }));
    expect(await Body!.transformToString()).toBe('records');
    expect((await s3.send(new GetBucketVersioningCommand({ Bucket }))).Status).toBe('Enabled');
    expect((await s3.send(new GetBucketPolicyCommand({ Bucket }))).Policy).toContain('s3:if-none-match');
    expect(await keyState(region, key)).toBe('Enabled');
  }
});

test('without deletion protection, destroy takes the bucket and its key away', async () => {
  const { outputs } = await stack.up(program({ deletionProtection: false, replica: undefined }));
  const Bucket = outputs.bucketName as string;
  expect((await aws.client(home).send(new HeadBucketCommand({ Bucket }))).BucketRegion).toBe(home);
  await stack.destroy();
  await expect(aws.client(home).send(new HeadBucketCommand({ Bucket }))).rejects.toMatchObject({ name: 'NotFound' });
  expect(await keyState(home, outputs.keyArn as string)).toBe('PendingDeletion');
});

const clients = new Map<string, KMSClient>();
function kms(region: string): KMSClient {
  const { endpoint, credentials } = aws;
  const client = clients.get(region) ?? new KMSClient({ endpoint, region, credentials });
  clients.set(region, client);
  return client;
}

async function keyState(region: string, KeyId: string): Promise<string | undefined> {
  return (await kms(region).send(new DescribeKeyCommand({ KeyId }))).KeyMetadata!.KeyState;
}
