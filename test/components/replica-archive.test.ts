import * as pulumi from '@pulumi/pulumi';
import { beforeEach, expect, test } from 'vitest';
import { archiveBucketPolicy } from '../../components/policies/archive-bucket.ts';
import { archiveKeyPolicy } from '../../components/policies/keys.ts';
import { retentionPolicy } from '../../components/policies/retention.ts';
import type { ReplicaArchiveArgs } from '../../components/replica-archive.ts';
import { ACCOUNT, failure, REGION, resolved, settled, startMocks } from './support/mocks.ts';

// What mocks do not prove: that AWS takes these inputs, and that replicas come in.
const engine = startMocks();
const { ReplicaArchive } = await import('../../components/replica-archive.ts');
beforeEach(() => engine.clear());

const role = 'arn:aws:iam::210987654321:role/orders-replication';
const home = { partition: 'aws', region: REGION, account: ACCOUNT };
const inputs = (type: string, name: string) => engine.one(type, name).inputs;

test('a bucket with a key, which the other account replicates into', async () => {
  const replica = new ReplicaArchive('orders', { sourceReplicationRoleArn: pulumi.output(role), prefix: 'msk' });
  await settled();
  expect(engine.names()).toEqual([
    'aws:kms/key:Key orders-key',
    'aws:s3/bucket:Bucket orders-bucket',
    'aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration orders-lifecycle',
    'aws:s3/bucketOwnershipControls:BucketOwnershipControls orders-ownership',
    'aws:s3/bucketPolicy:BucketPolicy orders-bucket-policy',
    'aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock orders-public-access-block',
    'aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration orders-encryption',
    'aws:s3/bucketVersioning:BucketVersioning orders-versioning',
  ]);
  const [bucketArn, keyArn] = [await resolved(replica.bucketArn), await resolved(replica.keyArn)];
  expect(inputs('aws:kms/key:Key', 'orders-key').policy).toBe(
    JSON.stringify(archiveKeyPolicy({ ...home, replicationRoleArn: role })),
  );
  expect(inputs('aws:s3/bucketPolicy:BucketPolicy', 'orders-bucket-policy').policy).toBe(
    JSON.stringify(
      archiveBucketPolicy({
        bucketArn,
        prefixes: ['msk', 'msk-restores', 'msk-drills', 'msk-dead-letters'],
        keyArn,
        account: ACCOUNT,
        replicationRoleArn: role,
      }),
    ),
  );
  expect(await resolved(replica.accountId)).toBe(ACCOUNT);
  expect(await resolved(replica.region)).toBe(REGION);
  expect(await resolved(replica.bucketName)).toBe('orders-bucket-1a2b3c4');
  expect(replica.lockRoleArn).toBeUndefined();
});

test('Object Lock is extended by a role of this account', async () => {
  const replica = new ReplicaArchive('orders', {
    sourceReplicationRoleArn: role,
    objectLock: { mode: 'GOVERNANCE', days: 30 },
  });
  await settled();
  expect(inputs('aws:s3/bucket:Bucket', 'orders-bucket').objectLockEnabled).toBe(true);
  const archive = {
    bucketArn: await resolved(replica.bucketArn),
    keyArn: await resolved(replica.keyArn),
    prefix: '',
  };
  expect(inputs('aws:iam/rolePolicy:RolePolicy', 'orders-lock-policy').policy).toBe(
    JSON.stringify(retentionPolicy({ archive, mode: 'GOVERNANCE', days: 30 })),
  );
  const policy = JSON.parse(await resolved(replica.bucketPolicyJson));
  expect(policy.Statement.find(({ Sid }: { Sid: string }) => Sid === 'NeverDelete').Condition).toEqual({
    ArnNotEquals: { 'aws:PrincipalArn': [await resolved(replica.lockRoleArn!), `arn:aws:iam::${ACCOUNT}:root`] },
  });
});

test('every problem with the arguments, in one error', () => {
  const args = { prefix: '..', bucketName: 'X', keyArn: 'k', oldVersionDays: 0, maintenanceRoleArns: ['*'] };
  const refused = () => new ReplicaArchive('orders', args as unknown as ReplicaArchiveArgs);
  expect(refused).toThrow(
    new RegExp(['sourceReplicationRoleArn: is missing', 'prefix', 'bucketName', 'keyArn'].join('[\\s\\S]*')),
  );
  expect(refused).toThrow(/oldVersionDays[\s\S]*maintenanceRoleArns\[0\]/);
  expect(() => new ReplicaArchive('a_b', { sourceReplicationRoleArn: role })).toThrow('bucketName: is needed');
  expect(engine.names()).toEqual([]);
});

test('a role of the own account is refused when the account is known', async () => {
  const error = await failure(async () => {
    const own = role.replace('210987654321', ACCOUNT);
    try {
      await resolved(new ReplicaArchive('orders', { sourceReplicationRoleArn: own }).region);
    } catch (error) {
      // What would be made with the values fails with them, some turns later.
      for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
      throw error;
    }
  });
  expect(error.message).toContain('sourceReplicationRoleArn: is a role of this account');
  expect(engine.names()).toEqual([]);
});
