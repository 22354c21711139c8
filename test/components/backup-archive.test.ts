import * as pulumi from '@pulumi/pulumi';
import { beforeEach, describe, expect, test } from 'vitest';
import type { BackupArchiveArgs } from '../../components/backup-archive.ts';
import { archiveBucketPolicy, sharedBucketStatements } from '../../components/policies/archive-bucket.ts';
import { policyDocument } from '../../components/policies/document.ts';
import { archiveKeyPolicy } from '../../components/policies/keys.ts';
import { replicationPolicy } from '../../components/policies/replication.ts';
import { retentionPolicy } from '../../components/policies/retention.ts';
import { replicationTrustPolicy, taskTrustPolicy } from '../../components/policies/trust.ts';
import { ACCOUNT, failure, REGION, resolved, settled, startMocks } from './support/mocks.ts';

// What mocks do not prove: that AWS takes these inputs, and in this order. The deployment test does, as far as the emulator goes.
const engine = startMocks();
const { BackupArchive } = await import('../../components/backup-archive.ts');
beforeEach(() => engine.clear());

const DR = 'us-east-1';
const home = { partition: 'aws', region: REGION, account: ACCOUNT };
const pruner = `arn:aws:iam::${ACCOUNT}:role/prune`;
const key = (region: string, id = '1', account = ACCOUNT) => `arn:aws:kms:${region}:${account}:key/${id}`;

type Options = pulumi.CustomResourceOptions;
/** Options of every resource, by name: no mock sees them. */
async function made(args: BackupArchiveArgs, name = 'orders') {
  const options = new Map<string, Options>();
  const archive = new BackupArchive(name, args, {
    transformations: [
      ({ name, opts }) => {
        options.set(name, opts as Options);
        return undefined;
      },
    ],
  });
  await settled();
  return { archive, options };
}
const bucketParts = (name: string, ...more: string[]) =>
  [
    `aws:s3/bucket:Bucket ${name}-bucket`,
    `aws:s3/bucketVersioning:BucketVersioning ${name}-versioning`,
    `aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock ${name}-public-access-block`,
    `aws:s3/bucketOwnershipControls:BucketOwnershipControls ${name}-ownership`,
    `aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration ${name}-encryption`,
    `aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration ${name}-lifecycle`,
    `aws:s3/bucketPolicy:BucketPolicy ${name}-bucket-policy`,
    ...more,
  ] as string[];
const keyOf = (name: string) => `aws:kms/key:Key ${name}-key`;
const lockOf = (name: string) =>
  `aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration ${name}-object-lock`;
const REPLICATION = [
  'aws:iam/role:Role orders-replication-role',
  'aws:iam/rolePolicy:RolePolicy orders-replication-policy',
  'aws:s3/bucketReplicationConfig:BucketReplicationConfig orders-replication',
];
const LOCKS = ['aws:iam/role:Role orders-lock-role', 'aws:iam/rolePolicy:RolePolicy orders-lock-policy'];
const inputs = (type: string, name: string) => engine.one(type, name).inputs;

describe('made', () => {
  test('without arguments: one bucket with a key, guarded, and nothing else', async () => {
    const { archive } = await made({});
    expect(engine.names()).toEqual([keyOf('orders'), ...bucketParts('orders')].sort());
    expect(inputs('aws:kms/key:Key', 'orders-key')).toEqual({
      description: 'Kafka archive orders',
      region: REGION,
      enableKeyRotation: true,
      deletionWindowInDays: 30,
      policy: JSON.stringify(archiveKeyPolicy(home)),
    });
    const bucketName = await resolved(archive.bucketName);
    const at = { bucket: bucketName, region: REGION };
    const keyArn = await resolved(archive.keyArn!);
    expect(inputs('aws:s3/bucket:Bucket', 'orders-bucket')).toEqual({ region: REGION, forceDestroy: false });
    expect(inputs('aws:s3/bucketVersioning:BucketVersioning', 'orders-versioning')).toEqual({
      ...at,
      versioningConfiguration: { status: 'Enabled' },
    });
    expect(inputs('aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock', 'orders-public-access-block')).toEqual({
      ...at,
      blockPublicAcls: true,
      blockPublicPolicy: true,
      ignorePublicAcls: true,
      restrictPublicBuckets: true,
    });
    expect(inputs('aws:s3/bucketOwnershipControls:BucketOwnershipControls', 'orders-ownership')).toEqual({
      ...at,
      rule: { objectOwnership: 'BucketOwnerEnforced' },
    });
    expect(
      inputs(
        'aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration',
        'orders-encryption',
      ),
    ).toEqual({
      ...at,
      rules: [
        {
          applyServerSideEncryptionByDefault: { sseAlgorithm: 'aws:kms', kmsMasterKeyId: keyArn },
          bucketKeyEnabled: true,
          blockedEncryptionTypes: ['SSE-C'],
        },
      ],
    });
    expect(inputs('aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration', 'orders-lifecycle')).toEqual({
      ...at,
      rules: [
        {
          id: 'old-versions',
          status: 'Enabled',
          filter: {},
          noncurrentVersionExpiration: { noncurrentDays: 30 },
          expiration: { expiredObjectDeleteMarker: true },
          abortIncompleteMultipartUpload: { daysAfterInitiation: 7 },
        },
      ],
    });
    const policy = archiveBucketPolicy({
      bucketArn: `arn:aws:s3:::${bucketName}`,
      prefixes: [''],
      keyArn,
      account: ACCOUNT,
    });
    expect(inputs('aws:s3/bucketPolicy:BucketPolicy', 'orders-bucket-policy')).toEqual({
      ...at,
      policy: JSON.stringify(policy),
    });
    expect(await resolved(archive.bucketPolicyJson)).toBe(JSON.stringify(policy));
    expect(await resolved(archive.prefix)).toBe('');
    expect(await resolved(archive.region)).toBe(REGION);
    expect(archive.replicaBucketName).toBeUndefined();
    expect(archive.replicationRoleArn).toBeUndefined();
    expect(archive.lockRoleArn).toBeUndefined();
  });

  test('a replica: the same guards in its region, its own key, and the rule', async () => {
    const { archive, options } = await made({
      prefix: '/msk/orders/',
      replica: { region: pulumi.output(DR) },
      maintenanceRoleArns: [pruner],
      packStorageClass: 'STANDARD_IA',
      oldVersionDays: 90,
    });
    expect(engine.names()).toEqual(
      [
        ...[keyOf('orders'), ...bucketParts('orders')],
        ...[keyOf('orders-replica'), ...bucketParts('orders-replica')],
        ...REPLICATION,
      ].sort(),
    );
    for (const { type, name, inputs } of engine.made.filter(({ custom }) => custom))
      expect([name, inputs.region]).toEqual([
        name,
        type.startsWith('aws:iam') ? undefined : name.startsWith('orders-replica-') ? DR : REGION,
      ]);
    expect(inputs('aws:kms/key:Key', 'orders-replica-key').policy).toBe(
      JSON.stringify(archiveKeyPolicy({ ...home, region: DR })),
    );
    const source = {
      bucketArn: await resolved(archive.bucketArn),
      prefix: 'msk/orders',
      keyArn: await resolved(archive.keyArn!),
    };
    const destination = {
      bucketArn: await resolved(archive.replicaBucketArn!),
      prefix: 'msk/orders',
      keyArn: await resolved(archive.replicaKeyArn!),
    };
    expect(destination.keyArn).toBe(key(DR, 'orders-replica-key-1a2b3c4'));
    for (const [place, name] of [
      [source, 'orders'],
      [destination, 'orders-replica'],
    ] as const)
      expect(inputs('aws:s3/bucketPolicy:BucketPolicy', `${name}-bucket-policy`).policy).toBe(
        JSON.stringify(
          archiveBucketPolicy({
            bucketArn: place.bucketArn,
            prefixes: ['msk/orders', 'msk/orders-restores', 'msk/orders-drills', 'msk/orders-dead-letters'],
            keyArn: place.keyArn,
            account: ACCOUNT,
            maintenanceRoleArns: [pruner],
          }),
        ),
      );
    const [primary, replica] = ['orders', 'orders-replica'].map(
      (name) => inputs('aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration', `${name}-lifecycle`).rules,
    );
    expect(replica).toEqual(primary);
    expect(primary).toMatchObject([
      { noncurrentVersionExpiration: { noncurrentDays: 90 } },
      {
        id: 'packs-msk/orders',
        filter: { prefix: 'msk/orders/packs/' },
        transitions: [{ days: 30, storageClass: 'STANDARD_IA' }],
      },
    ]);
    const role = engine.one('aws:iam/role:Role', 'orders-replication-role');
    expect(role.inputs.assumeRolePolicy).toBe(JSON.stringify(replicationTrustPolicy(source.bucketArn, ACCOUNT)));
    expect(inputs('aws:iam/rolePolicy:RolePolicy', 'orders-replication-policy').policy).toBe(
      JSON.stringify(replicationPolicy({ source, destination })),
    );
    const within = { minutes: 15 };
    expect(inputs('aws:s3/bucketReplicationConfig:BucketReplicationConfig', 'orders-replication')).toEqual({
      bucket: await resolved(archive.bucketName),
      region: REGION,
      role: role.outputs.arn,
      rules: [
        {
          id: 'msk-backup',
          status: 'Enabled',
          priority: 1,
          filter: { prefix: 'msk/orders/' },
          deleteMarkerReplication: { status: 'Disabled' },
          sourceSelectionCriteria: { sseKmsEncryptedObjects: { status: 'Enabled' } },
          destination: {
            bucket: destination.bucketArn,
            encryptionConfiguration: { replicaKmsKeyId: destination.keyArn },
            replicationTime: { status: 'Enabled', time: within },
            metrics: { status: 'Enabled', eventThreshold: within },
          },
        },
      ],
    });
    const dependencies = await dependenciesOf(options.get('orders-replication'));
    expect(dependencies).toEqual(
      expect.arrayContaining(['orders-versioning', 'orders-replica-versioning', 'orders-replication-policy']),
    );
    expect(await resolved(archive.prefix)).toBe('msk/orders');
    expect(await resolved(archive.replicaRegion!)).toBe(DR);
    expect(await resolved(archive.replicationRuleId!)).toBe('msk-backup');
    expect(await resolved(archive.replicationRoleArn!)).toBe(role.outputs.arn);
  });

  test('with keys and names that are given, and tags, none is made and all that can be is tagged', async () => {
    await made({
      bucketName: 'kafka-archive',
      keyArn: key(REGION),
      replica: { region: DR, bucketName: 'kafka-archive-dr', keyArn: key(DR, '2'), replicationRoleName: 'copies' },
      tags: { team: 'data' },
    });
    expect(engine.all('aws:kms/key:Key')).toEqual([]);
    expect(inputs('aws:s3/bucket:Bucket', 'orders-bucket')).toMatchObject({
      bucket: 'kafka-archive',
      tags: { team: 'data' },
    });
    expect(inputs('aws:s3/bucket:Bucket', 'orders-replica-bucket')).toMatchObject({
      bucket: 'kafka-archive-dr',
      tags: { team: 'data' },
    });
    expect(inputs('aws:iam/role:Role', 'orders-replication-role')).toMatchObject({
      name: 'copies',
      tags: { team: 'data' },
    });
    engine.clear();
    await made({ tags: { team: 'data' } });
    expect(inputs('aws:kms/key:Key', 'orders-key').tags).toEqual({ team: 'data' });
  });

  test('a replica of another account: nothing is made there, and it owns what it gets', async () => {
    const other = '210987654321';
    const destination = { bucketArn: 'arn:aws:s3:::orders-dr', prefix: '', keyArn: key(DR, '9', other) };
    const { archive } = await made({
      replica: { region: DR, accountId: other, bucketArn: destination.bucketArn, keyArn: destination.keyArn },
      objectLock: { mode: 'GOVERNANCE', days: 30 },
    });
    expect(engine.names()).toEqual(
      [keyOf('orders'), ...bucketParts('orders', lockOf('orders')), ...REPLICATION, ...LOCKS].sort(),
    );
    const [rule] = inputs('aws:s3/bucketReplicationConfig:BucketReplicationConfig', 'orders-replication').rules;
    expect(rule.filter).toEqual({});
    expect(rule.destination).toMatchObject({
      bucket: destination.bucketArn,
      account: other,
      accessControlTranslation: { owner: 'Destination' },
      encryptionConfiguration: { replicaKmsKeyId: destination.keyArn },
    });
    const source = {
      bucketArn: await resolved(archive.bucketArn),
      prefix: '',
      keyArn: await resolved(archive.keyArn!),
    };
    expect(inputs('aws:iam/rolePolicy:RolePolicy', 'orders-replication-policy').policy).toBe(
      JSON.stringify(replicationPolicy({ source, destination, otherAccount: true, objectLock: true })),
    );
    // Locks of the replica are extended in its own account.
    expect(inputs('aws:iam/rolePolicy:RolePolicy', 'orders-lock-policy').policy).toBe(
      JSON.stringify(retentionPolicy({ archive: source, mode: 'GOVERNANCE', days: 30 })),
    );
    expect(await resolved(archive.replicaBucketName!)).toBe('orders-dr');
    expect(archive.replicaBucketPolicyJson).toBeUndefined();
  });

  test('Object Lock: on both buckets, with the role that extends it, which alone may', async () => {
    const { archive, options } = await made({
      replica: { region: DR },
      objectLock: { mode: 'COMPLIANCE', days: pulumi.output(60) },
    });
    for (const [name, region] of [
      ['orders', REGION],
      ['orders-replica', DR],
    ] as const) {
      const bucket = engine.one('aws:s3/bucket:Bucket', `${name}-bucket`);
      expect(bucket.inputs.objectLockEnabled).toBe(true);
      // Turned on later, it must not replace the bucket.
      expect(options.get(`${name}-bucket`)!.ignoreChanges).toEqual(['objectLockEnabled']);
      expect(
        inputs('aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration', `${name}-object-lock`),
      ).toEqual({
        bucket: bucket.outputs.bucket,
        region,
        objectLockEnabled: 'Enabled',
        rule: { defaultRetention: { mode: 'COMPLIANCE', days: 60 } },
      });
      expect(await dependenciesOf(options.get(`${name}-object-lock`))).toEqual([`${name}-versioning`]);
    }
    expect(await dependenciesOf(options.get('orders-replication'))).toEqual(
      expect.arrayContaining(['orders-object-lock', 'orders-replica-object-lock']),
    );
    const role = engine.one('aws:iam/role:Role', 'orders-lock-role');
    expect(role.inputs.assumeRolePolicy).toBe(JSON.stringify(taskTrustPolicy(home)));
    const place = (bucketArn: string, keyArn: string) => ({ bucketArn, prefix: '', keyArn });
    expect(inputs('aws:iam/rolePolicy:RolePolicy', 'orders-lock-policy').policy).toBe(
      JSON.stringify(
        retentionPolicy({
          archive: place(await resolved(archive.bucketArn), await resolved(archive.keyArn!)),
          replica: place(await resolved(archive.replicaBucketArn!), await resolved(archive.replicaKeyArn!)),
          mode: 'COMPLIANCE',
          days: 60,
        }),
      ),
    );
    for (const json of [archive.bucketPolicyJson, archive.replicaBucketPolicyJson!]) {
      const { Statement } = JSON.parse(await resolved(json));
      const never = Statement.find(({ Sid }: { Sid: string }) => Sid === 'NeverDelete');
      expect(never.Condition.ArnNotEquals['aws:PrincipalArn']).toEqual([
        role.outputs.arn,
        `arn:aws:iam::${ACCOUNT}:root`,
      ]);
    }
    expect(await resolved(archive.lockRoleArn!)).toBe(role.outputs.arn);
  });

  test.each([
    [undefined, true],
    [true, true],
    [false, false],
  ])(
    'deletionProtection %s: buckets and keys together, and what guards a bucket stays with it',
    async (given, kept) => {
      const { options } = await made({
        replica: { region: DR },
        objectLock: { mode: 'GOVERNANCE', days: 30 },
        ...(given !== undefined && { deletionProtection: given }),
      });
      const data = ['orders-bucket', 'orders-replica-bucket', 'orders-key', 'orders-replica-key'];
      for (const name of data) expect(options.get(name)).toMatchObject({ protect: kept, retainOnDelete: kept });
      for (const [name, { protect, retainOnDelete }] of options) {
        if (data.includes(name) || name === 'orders') continue;
        const goes = /replication|lock-role|lock-policy/.test(name);
        expect([name, protect, retainOnDelete]).toEqual([name, undefined, goes ? undefined : kept]);
      }
    },
  );
});

describe('adopted', () => {
  test('nothing is made or changed, and what is needed is told', async () => {
    const { archive } = await made({
      prefix: 'orders',
      adopt: {
        bucketName: pulumi.output('team-bucket'),
        keyArn: key(REGION),
        replicaBucketName: 'team-bucket-dr',
        replicaKeyArn: key(DR),
        replicaRegion: DR,
      },
      maintenanceRoleArns: [pruner],
      packStorageClass: 'GLACIER_IR',
    });
    expect(engine.names()).toEqual([]);
    const access = {
      prefixes: ['orders', 'orders-restores', 'orders-drills', 'orders-dead-letters'],
      account: ACCOUNT,
      maintenanceRoleArns: [pruner],
    };
    const source = { bucketArn: 'arn:aws:s3:::team-bucket', prefix: 'orders', keyArn: key(REGION) };
    const destination = { bucketArn: 'arn:aws:s3:::team-bucket-dr', prefix: 'orders', keyArn: key(DR) };
    const statements = (place: { bucketArn: string; keyArn?: string }) =>
      JSON.stringify(
        policyDocument(
          sharedBucketStatements({
            bucketArn: place.bucketArn,
            ...access,
            ...(place.keyArn !== undefined && { keyArn: place.keyArn }),
          }),
        ),
      );
    expect(await resolved(archive.bucketName)).toBe('team-bucket');
    expect(await resolved(archive.bucketArn)).toBe(source.bucketArn);
    expect(await resolved(archive.keyArn!)).toBe(source.keyArn);
    expect(await resolved(archive.bucketPolicyJson)).toBe(statements(source));
    expect(await resolved(archive.replicaBucketPolicyJson!)).toBe(statements(destination));
    expect(await resolved(archive.replicaKeyArn!)).toBe(destination.keyArn);
    expect(await resolved(archive.replicaRegion!)).toBe(DR);
    expect(archive.replicationRoleArn).toBeUndefined();
    expect(JSON.parse(await resolved(archive.lifecycleRulesJson))).toMatchObject([
      { id: 'old-versions-orders', filter: { prefix: 'orders/' } },
      { id: 'old-versions-orders-restores', filter: { prefix: 'orders-restores/' } },
      { id: 'old-versions-orders-drills', filter: { prefix: 'orders-drills/' } },
      { id: 'old-versions-orders-dead-letters', filter: { prefix: 'orders-dead-letters/' } },
      {
        id: 'packs-orders',
        filter: { prefix: 'orders/packs/' },
        transitions: [{ days: 0, storageClass: 'GLACIER_IR' }],
      },
    ]);
    expect(await resolved(archive.replicationPolicyJson!)).toBe(
      JSON.stringify(replicationPolicy({ source, destination })),
    );
    expect(JSON.parse(await resolved(archive.replicationRulesJson!))).toMatchObject([
      {
        filter: { prefix: 'orders/' },
        sourceSelectionCriteria: { sseKmsEncryptedObjects: { status: 'Enabled' } },
        destination: { bucket: destination.bucketArn },
      },
    ]);
  });

  test('with keys of S3 alone, the rule replicates without one', async () => {
    const adopt = { bucketName: 'team-bucket', replicaBucketName: 'team-bucket-dr', replicaRegion: DR };
    const { archive } = await made({ adopt });
    expect(archive.replicaKeyArn).toBeUndefined();
    const [rule] = JSON.parse(await resolved(archive.replicationRulesJson!));
    expect(rule.sourceSelectionCriteria).toBeUndefined();
  });

  test('with Object Lock: the role alone', async () => {
    await made({ adopt: { bucketName: 'team-bucket' }, objectLock: { mode: 'GOVERNANCE', days: 30 } });
    expect(engine.names()).toEqual(LOCKS.toSorted());
  });
});

test.each(['STANDARD', 'INTELLIGENT_TIERING', 'STANDARD_IA', 'GLACIER_IR'])(
  'no rule lets a current version go, and packs alone move: %s',
  async (packStorageClass) => {
    const { archive } = await made({ prefix: 'a', packStorageClass });
    for (const rule of JSON.parse(await resolved(archive.lifecycleRulesJson))) {
      expect(rule.expiration ?? { expiredObjectDeleteMarker: true }).toEqual({ expiredObjectDeleteMarker: true });
      if (rule.transitions !== undefined) expect(rule.filter).toEqual({ prefix: 'a/packs/' });
    }
  },
);

test('every problem with the arguments, in one error', async () => {
  const refused = (args: BackupArchiveArgs, name = 'orders') => {
    try {
      new BackupArchive(name, args);
    } catch (error) {
      expect(pulumi.InputPropertiesError.isInstance(error)).toBe(true);
      return (error as Error).message.split('\n').slice(1);
    }
    throw new Error('it is taken');
  };
  const lines = refused({
    prefix: 'a/../b',
    bucketName: 'Kafka_Backups',
    keyArn: `arn:aws:kms:${REGION}:${ACCOUNT}:alias/kafka`,
    objectLock: { mode: 'governance', days: 1 },
    packStorageClass: 'DEEP_ARCHIVE',
    packTransitionDays: -1,
    oldVersionDays: 0,
    maintenanceRoleArns: ['prune'],
    replica: {
      region: 'Virginia',
      keyArn: 'key',
      bucketArn: 'dr',
      accountId: '1',
      bucketName: 'b',
      replicationRoleName: 'a b',
    },
  });
  expect(lines.map((line) => /^- ([^:]+):/.exec(line)![1])).toEqual([
    'prefix',
    'bucketName',
    'keyArn',
    'replica.region',
    'replica.bucketName',
    'replica.keyArn',
    'replica.bucketArn',
    'replica.accountId',
    'replica.bucketName',
    'replica.replicationRoleName',
    'objectLock.mode',
    'objectLock.days',
    'packStorageClass',
    'packTransitionDays',
    'oldVersionDays',
    'maintenanceRoleArns[0]',
  ]);
  expect(refused({ packStorageClass: 'STANDARD_IA', packTransitionDays: 7 })).toEqual([
    '- packTransitionDays: is a whole number of at least 30, not 7',
  ]);
  expect(refused({ packStorageClass: 'ONEZONE_IA' })[0]).toContain('lost with its zone');
  expect(refused({ replica: { region: undefined as unknown as string } })).toEqual(['- replica.region: is missing']);
  expect(refused({ replica: { region: DR, accountId: '210987654321' } })[0]).toMatch(/replica\.bucketArn: is missing/);
  expect(refused({ replica: { region: DR, bucketArn: 'arn:aws:s3:::orders-dr' } })[0]).toMatch(
    /replica\.keyArn: is missing/,
  );
  expect(refused({ replica: { region: DR, keyArn: key(REGION) } })[0]).toContain(`is a key of ${REGION}`);
  const adopt = { bucketName: 'team-bucket' };
  expect(
    refused({ adopt, bucketName: 'x-y', keyArn: key(REGION), replica: { region: DR }, deletionProtection: true }).map(
      (line) => line.split(':')[0],
    ),
  ).toEqual(['- bucketName', '- keyArn', '- replica', '- deletionProtection', '- replica.bucketName'].slice(0, 4));
  expect(refused({ adopt: { ...adopt, replicaBucketName: 'team-bucket' } })).toHaveLength(2);
  const replicated = { ...adopt, replicaBucketName: 'team-bucket-dr', replicaRegion: DR };
  expect(refused({ adopt: { ...replicated, keyArn: key(REGION) } })).toEqual([
    '- adopt.replicaKeyArn: is missing: S3 replicates what a KMS key encrypts only with a key of the replica',
  ]);
  expect(refused({ adopt: { ...adopt, replicaRegion: DR } })[0]).toContain('adopt.replicaBucketName: is missing');
  // Buckets that cannot be named after the component.
  expect(refused({}, 'a_b')[0]).toContain('bucketName: is needed');
  expect(refused({ bucketName: 'fits', replica: { region: DR } }, 'x'.repeat(60))[0]).toContain('replica.bucketName');
  await settled();
  expect(engine.names()).toEqual([]);
});

test.each<[string, BackupArchiveArgs, string]>([
  [
    'a replica in the same region',
    { replica: { region: REGION } },
    'replica.region: is the region of the archive itself',
  ],
  ['a key of another region', { keyArn: key(DR) }, `keyArn: is a key of ${DR}`],
  ['a prefix that shows late', { prefix: pulumi.output('../x') }, 'prefix: must not have'],
  [
    'an adopted replica in the same region',
    { adopt: { bucketName: 'team-a', replicaBucketName: 'team-b', replicaRegion: REGION } },
    'adopt.replicaRegion: is the region',
  ],
])('%s is refused when the region is known, before anything is made', async (_, args, message) => {
  const error = await failure(async () => {
    try {
      await resolved(new BackupArchive('orders', args).region);
    } catch (error) {
      // What would be made with the values fails with them, some turns later.
      for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
      throw error;
    }
  });
  expect(pulumi.InputPropertiesError.isInstance(error)).toBe(true);
  expect(error.message).toContain(message);
  expect(engine.names()).toEqual([]);
});

async function dependenciesOf(options: Options | undefined): Promise<string[]> {
  const resources = [options!.dependsOn as pulumi.Resource[]].flat();
  return Promise.all(resources.map(async ({ urn }) => (await resolved(urn)).split('::').at(-1)!));
}
