import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { alarmTopicPolicy } from '../../components/policies/alarm-topic.ts';
import { archiveBucketPolicy } from '../../components/policies/archive-bucket.ts';
import { backupPolicy } from '../../components/policies/backup.ts';
import { deadLetterQueuePolicy } from '../../components/policies/dead-letter-queue.ts';
import { policyDocument } from '../../components/policies/document.ts';
import { drillPolicy } from '../../components/policies/drill.ts';
import { executionPolicy } from '../../components/policies/execution.ts';
import { groupsPolicy } from '../../components/policies/groups.ts';
import { alarmKeyPolicy, archiveKeyPolicy } from '../../components/policies/keys.ts';
import { prunePolicy } from '../../components/policies/prune.ts';
import { replicationPolicy } from '../../components/policies/replication.ts';
import { exactRestorePolicy, restorePolicy } from '../../components/policies/restore.ts';
import { retentionPolicy } from '../../components/policies/retention.ts';
import { schedulerPolicy } from '../../components/policies/scheduler.ts';
import { replicationTrustPolicy, schedulerTrustPolicy, taskTrustPolicy } from '../../components/policies/trust.ts';
import { matchesAnyPattern } from '../../runtime/src/config/topic-patterns.ts';
import { ACCOUNT, type Asked, type Deciding, decide, ROLE } from './support/evaluate.ts';
import {
  ARCHIVE,
  BUCKET,
  CLUSTER,
  KAFKA_REQUESTS,
  KEY,
  kafkaRequest,
  kmsRequest,
  LAMBDA_COMMANDS,
  s3Request,
} from './support/requests.ts';

/** A key is governed by its own policy first: that of an archive, which hands over to the roles' policies. */
const keyPolicy = archiveKeyPolicy({ partition: 'aws', region: 'us-west-2', account: ACCOUNT });
const ask = async (asked: Asked, by: Deciding) => {
  const ofKey = asked.action.startsWith('kms:') && by.identity !== undefined;
  return [asked, await decide(asked, ofKey ? { resource: keyPolicy, ...by } : by)];
};
const allowed = async (requests: Asked[], by: Deciding) => {
  for (const asked of requests) expect(await ask(asked, by)).toEqual([asked, 'Allowed']);
};
const denied = async (requests: Asked[], by: Deciding) => {
  for (const asked of requests) expect(await ask(asked, by)).not.toEqual([asked, 'Allowed']);
};
const kafka = (...names: string[]) => names.flatMap((name) => kafkaRequest(name));

const READS = [
  'ApiVersions',
  'Metadata',
  'ListOffsets',
  'DescribeProducers',
  'OffsetForLeaderEpoch',
  'Fetch',
  'DescribeConfigs',
];
const GROUP_READS = ['ListGroups', 'FindCoordinator group', 'OffsetFetch'];
const COMMITS = [...GROUP_READS, 'DescribeGroups', 'ConsumerGroupDescribe', 'OffsetCommit'];
const WRITES = ['IncrementalAlterConfigs', 'CreateTopics', 'Produce', 'InitProducerId'];
const TRANSACTIONS = [
  'FindCoordinator transactional',
  'InitProducerId transactional',
  'AddPartitionsToTxn',
  'EndTxn',
  'DescribeTransactions',
];
const DELETES = ['DeleteTopics', 'DeleteRecords'];

const CREATES = ['PutObject', 'CreateMultipartUpload', 'UploadPart', 'CompleteMultipartUpload', 'AbortMultipartUpload'];
const readsAt = (prefix: string) => [
  s3Request('GetObject', `${prefix}/FORMAT`),
  s3Request('HeadObject', `${prefix}/packs/a/1`),
  s3Request('ListObjectsV2', `${prefix}/`),
  s3Request('ListObjectsV2', `${prefix}/commits/`),
  // S3 takes the name of an absent object for what is listed.
  s3Request('ListObjectsV2', `${prefix}/FORMAT`),
  kmsRequest('kms:Decrypt'),
  kmsRequest('kms:Decrypt', `${BUCKET}/${prefix}/FORMAT`),
];
const createsAt = (prefix: string) => [
  ...readsAt(prefix),
  ...CREATES.map((command) => s3Request(command, `${prefix}/x`)),
  kmsRequest('kms:GenerateDataKey'),
];
const overwrites = (key: string): Asked => ({
  action: 's3:PutObject',
  resource: `${BUCKET}/${key}`,
  context: { 's3:ObjectCreationOperation': 'true' },
});
const deletes = (key: string): Asked[] => [
  { action: 's3:DeleteObject', resource: `${BUCKET}/${key}` },
  { action: 's3:DeleteObjectVersion', resource: `${BUCKET}/${key}` },
];
/** What nobody who reads one archive has to do with. */
const ELSEWHERE = [
  s3Request('GetObject', 'payments/FORMAT'),
  s3Request('GetObject', 'orders2/FORMAT'),
  s3Request('GetObject', 'orders/FORMAT', 'arn:aws:s3:::other'),
  s3Request('ListObjectsV2', ''),
  s3Request('ListObjectsV2', 'payments/'),
  s3Request('ListObjectsV2', 'orders'),
  { action: 's3:ListBucket', resource: BUCKET },
  kmsRequest('kms:Decrypt', BUCKET, 's3.us-west-2.amazonaws.com', KEY.replace('key/1', 'key/2')),
  kmsRequest('kms:Decrypt', 'arn:aws:s3:::other'),
  kmsRequest('kms:Decrypt', `${BUCKET}/payments/FORMAT`),
  kmsRequest('kms:Decrypt', BUCKET, 'sqs.us-west-2.amazonaws.com'),
  { action: 'kms:Decrypt', resource: KEY },
];
const OTHER_CLUSTERS = [
  CLUSTER.replace('0b1c2d3e', '11111111'),
  CLUSTER.replace('cluster/shop', 'cluster/other'),
  CLUSTER.replace('us-west-2', 'us-east-1'),
  CLUSTER.replace('123456789012', '210987654321'),
];
const clusterless = (names: string[]) =>
  OTHER_CLUSTERS.flatMap((cluster) => names.flatMap((name) => kafkaRequest(name, { cluster })));

describe('backup', () => {
  const cluster = {
    clusterArn: CLUSTER,
    topics: ['orders', 'audit-*'],
    excludedTopics: ['audit-secret*'],
    groups: ['billing'],
  };
  const by = { identity: backupPolicy({ cluster, archive: ARCHIVE }) };

  test('every call it makes', () =>
    allowed(
      [...kafka(...READS, ...GROUP_READS), ...kafkaRequest('Fetch', { topic: 'audit-1' }), ...createsAt('orders')],
      by,
    ));

  test('nothing that changes the cluster', () =>
    denied(
      kafka(...WRITES, ...DELETES, 'WriteTxnMarkers', 'EndTxn').concat(asksOnly('kafka-cluster:AlterGroup', 'group/')),
      by,
    ));

  test('no other topic, group, cluster', () =>
    denied(
      [
        ...['payments', 'orders2', 'audit-secret', 'audit-secret-1'].flatMap((topic) =>
          kafkaRequest('Fetch', { topic }),
        ),
        ...kafkaRequest('FindCoordinator group', { group: 'billing2' }),
        ...clusterless([...READS, 'FindCoordinator group']),
      ],
      by,
    ));

  test('no overwriting, no deleting, nothing elsewhere', () =>
    denied(
      [
        overwrites('orders/FORMAT'),
        ...deletes('orders/FORMAT'),
        ...CREATES.map((command) => s3Request(command, 'orders-restores/x')),
        ...ELSEWHERE,
        { action: 's3:PutObjectRetention', resource: `${BUCKET}/orders/FORMAT` },
        { action: 's3:BypassGovernanceRetention', resource: `${BUCKET}/orders/FORMAT` },
      ],
      by,
    ));

  test('covers what the policy on the seed page grants for its topics and its archive', async () => {
    const seed = {
      clusterArn: CLUSTER,
      topics: ['orders', 'order-events', 'notifications'],
      groups: ['amazon.lambda.*'],
    };
    const identity = backupPolicy({ cluster: seed, archive: { bucketArn: BUCKET, prefix: 'msk/orders' } });
    const lambda = 'amazon.lambda.12345678-1234-1234-1234-123456789012';
    const asked: Asked[] = [
      asksOnly('kafka-cluster:Connect', ''),
      ...seed.topics.flatMap((topic) => [
        asksOnly('kafka-cluster:DescribeTopic', `topic/${topic}`),
        asksOnly('kafka-cluster:ReadData', `topic/${topic}`),
      ]),
      asksOnly('kafka-cluster:DescribeGroup', `group/${lambda}`),
      s3Request('PutObject', 'msk/orders/packs/orders/1'),
      s3Request('GetObject', 'msk/orders/commits/0000000001.json'),
      s3Request('ListObjectsV2', 'msk/orders/'),
    ];
    await allowed(asked, { identity });
  });

  test('patterns mean to IAM what they mean to the runtime', () =>
    fc.assert(
      fc.asyncProperty(
        fc.string({ unit: fc.constantFrom('a', 'b', '-', '.', '*', '?'), minLength: 1, maxLength: 6 }),
        fc.string({ unit: fc.constantFrom('a', 'b', '-', '.'), minLength: 1, maxLength: 6 }),
        async (pattern, topic) => {
          const identity = backupPolicy({ cluster: { clusterArn: CLUSTER, topics: [pattern] }, archive: ARCHIVE });
          const [asked] = kafkaRequest('Fetch', { topic });
          const decision = await decide(asked!, { identity });
          expect(decision === 'Allowed').toBe(matchesAnyPattern(topic, [pattern]));
        },
      ),
      { numRuns: 200 },
    ));

  test('groups with characters that mean something to IAM', async () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a group may be called so
    const group = '${aws:username}/a:b';
    const identity = backupPolicy({
      cluster: { clusterArn: CLUSTER, topics: ['orders'], groups: [group] },
      archive: ARCHIVE,
    });
    await allowed(kafkaRequest('FindCoordinator group', { group }), { identity });
    await denied(kafkaRequest('FindCoordinator group', { group: 'orders-backup/a:b' }), { identity });
  });

  test('a prefix with characters that mean something to IAM stands for itself', async () => {
    const identity = backupPolicy({ archive: { bucketArn: BUCKET, prefix: 'a?' } });
    await allowed([s3Request('GetObject', 'a?/FORMAT'), s3Request('ListObjectsV2', 'a?/')], { identity });
    await denied([s3Request('GetObject', 'ab/FORMAT'), s3Request('ListObjectsV2', 'ab/')], { identity });
  });
});

describe('restore', () => {
  const cluster = { clusterArn: CLUSTER, topics: ['orders'], groups: ['billing'] };
  const FUNCTION = 'arn:aws:lambda:us-west-2:123456789012:function:order-processor';
  const mappings = { functionArns: [FUNCTION] };
  const identity = restorePolicy({ cluster, archive: ARCHIVE, mappings });
  const RESTORES = [...READS, ...COMMITS, ...WRITES];

  test('every call it makes; the archive is read, the journal written', () =>
    allowed([...kafka(...RESTORES), ...readsAt('orders'), ...createsAt('orders-restores')], { identity }));

  test('no writing to the archive, no overwriting of the journal, no deleting', () =>
    denied(
      [
        ...CREATES.map((command) => s3Request(command, 'orders/x')),
        overwrites('orders-restores/1/00000000.taken'),
        ...deletes('orders-restores/1/00000000.taken'),
        ...deletes('orders/FORMAT'),
        ...ELSEWHERE,
      ],
      { identity },
    ));

  test('nothing that only an exact one needs, no other topic and cluster', () =>
    denied(
      [
        ...kafka(...DELETES, ...TRANSACTIONS.filter((name) => name !== 'AddPartitionsToTxn'), 'WriteTxnMarkers'),
        ...WRITES.filter((name) => name !== 'InitProducerId').flatMap((name) =>
          kafkaRequest(name, { topic: 'payments' }),
        ),
        ...clusterless([...WRITES, 'FindCoordinator group']),
      ],
      { identity },
    ));

  test('exact: by transactions, or by markers', async () => {
    const byTransactions = { identity: exactRestorePolicy({ cluster, archive: ARCHIVE }) };
    await allowed(kafka(...RESTORES, ...DELETES, ...TRANSACTIONS), byTransactions);
    await denied(kafka('WriteTxnMarkers'), byTransactions);
    await denied(kafkaRequest('EndTxn', { id: 'payments-1' }), byTransactions);
    await denied(
      DELETES.flatMap((name) => kafkaRequest(name, { topic: 'payments' })),
      byTransactions,
    );
    const byMarkers = { identity: exactRestorePolicy({ cluster, archive: ARCHIVE, fillHolesWith: 'markers' }) };
    await allowed(kafka(...RESTORES, ...DELETES, 'WriteTxnMarkers'), byMarkers);
    await denied(kafka('EndTxn'), byMarkers);
  });

  test('a journal elsewhere', async () => {
    const elsewhere = { bucketArn: 'arn:aws:s3:::journals', prefix: 'here' };
    const by = { identity: restorePolicy({ cluster, archive: ARCHIVE, journals: elsewhere }) };
    await allowed([s3Request('PutObject', 'here/x', elsewhere.bucketArn)], by);
    await denied([s3Request('PutObject', 'orders-restores/x')], by);
  });

  test('Lambda mappings of the functions named', async () => {
    const resource = 'arn:aws:lambda:us-west-2:123456789012:event-source-mapping:12345678-1234-1234-1234-123456789012';
    const of = (functionArn: string, names = Object.keys(LAMBDA_COMMANDS)) =>
      names.flatMap((name) =>
        LAMBDA_COMMANDS[name]!.map(({ action, on }) => ({
          action,
          resource: on === 'everything' ? '*' : resource,
          ...(on !== 'untold mapping' &&
            name !== 'ListEventSourceMappings' && { context: { 'lambda:FunctionArn': functionArn } }),
        })),
      );
    await allowed([...of(FUNCTION), ...of(`${FUNCTION}:live`)], { identity });
    const changing = ['UpdateEventSourceMapping', 'DeleteEventSourceMapping'];
    await denied([...of(`${FUNCTION}-2`, changing), of(`${FUNCTION}-2`, ['CreateEventSourceMapping'])[0]!], {
      identity,
    });
  });
});

test('every request of the runtime is made by somebody', () => {
  const made = [
    ...READS,
    ...COMMITS,
    ...WRITES,
    ...TRANSACTIONS,
    ...DELETES,
    'WriteTxnMarkers',
    'OffsetDelete',
    'DeleteGroups',
  ];
  // No role may describe the transactional ids of other programs: a backup names a producer that hangs by its id alone.
  const passedOver = ['ListTransactions'];
  expect([...new Set([...made, ...passedOver])].sort()).toEqual(Object.keys(KAFKA_REQUESTS).sort());
});

test('groups: commits, and undoes; nothing is produced', async () => {
  const cluster = { clusterArn: CLUSTER, topics: ['orders'], groups: ['billing'] };
  const by = { identity: groupsPolicy({ cluster, archive: ARCHIVE }) };
  await allowed([...kafka('ApiVersions', 'Metadata', ...COMMITS, 'OffsetDelete'), ...createsAt('orders-restores')], by);
  await denied([...kafka(...WRITES, ...DELETES), ...kafkaRequest('FindCoordinator group', { group: 'other' })], by);
});

test('a drill makes, writes and deletes below its prefix only', async () => {
  const cluster = { clusterArn: CLUSTER, topicPrefix: 'drill-', exact: true };
  const by = { identity: drillPolicy({ cluster, archive: ARCHIVE }) };
  const CHANGES = [...WRITES, ...DELETES, 'DeleteGroups', 'OffsetDelete', 'OffsetCommit', ...TRANSACTIONS];
  const own = { topic: 'drill-orders', group: 'drill-billing' };
  await allowed(
    [...READS, ...CHANGES].flatMap((name) => kafkaRequest(name, own)),
    by,
  );
  await allowed([...readsAt('orders'), ...createsAt('orders-restores'), ...createsAt('orders-drills')], by);
  const ON_TOPIC = ['Fetch', 'CreateTopics', 'Produce', 'IncrementalAlterConfigs', ...DELETES];
  await denied(
    ON_TOPIC.flatMap((name) => kafkaRequest(name, { topic: 'orders' })),
    by,
  );
  await denied(
    [asksOnly('kafka-cluster:AlterGroup', 'group/billing'), asksOnly('kafka-cluster:DeleteGroup', 'group/billing')],
    by,
  );
  await denied([...clusterless(ON_TOPIC), ...deletes('orders/FORMAT'), s3Request('PutObject', 'orders/x')], by);
});

test('prune deletes snapshots and their data, not what makes the archive', async () => {
  const by = { identity: prunePolicy({ archive: ARCHIVE }) };
  const version = (key: string) => deletes(key)[1]!;
  const current = (key: string) => deletes(key)[0]!;
  await allowed(
    [...createsAt('orders'), ...['commits/1', 'index/1', 'packs/a/1'].map((key) => current(`orders/${key}`))],
    by,
  );
  await denied(
    [current('orders/FORMAT'), version('orders/packs/a/1'), current('payments/packs/a/1'), overwrites('orders/x')],
    by,
  );
});

describe('the policy of the archive bucket', () => {
  const everything = policyDocument([{ Effect: 'Allow', Action: ['*'], Resource: ['*'] }]);
  const pruner = `arn:aws:iam::${ACCOUNT}:role/prune`;
  const resource = archiveBucketPolicy({
    bucketArn: BUCKET,
    prefixes: ['orders', 'orders-restores'],
    keyArn: KEY,
    account: ACCOUNT,
    maintenanceRoleArns: [pruner],
  });
  const admin = { identity: everything, resource };
  const maintenance = { ...admin, caller: pruner };
  const put = (context: Record<string, string>): Asked => {
    const asked = s3Request('PutObject', 'orders/x');
    return { ...asked, context: { ...asked.context, ...context } };
  };
  const SSE = 's3:x-amz-server-side-encryption';

  test('what the runtime does goes through it', () =>
    allowed(
      createsAt('orders').filter(({ action }) => action.startsWith('s3:')),
      {
        identity: backupPolicy({ archive: ARCHIVE }),
        resource,
      },
    ));

  test('nor does it mind how the runtime signs: over TLS without a hash of the payload', () =>
    allowed([put({ 's3:x-amz-content-sha256': 'UNSIGNED-PAYLOAD' })], {
      identity: backupPolicy({ archive: ARCHIVE }),
      resource,
    }));

  test('nobody overwrites, whatever its own policy says; other prefixes are left alone', async () => {
    for (const by of [admin, maintenance]) {
      await denied([overwrites('orders/FORMAT'), overwrites('orders-restores/x')], by);
      await allowed([overwrites('payments/x')], by);
    }
  });

  test('nobody deletes or shortens a lock but maintenance roles and the root user', async () => {
    const held = [
      { action: 's3:BypassGovernanceRetention', resource: `${BUCKET}/orders/x` },
      { action: 's3:PutObjectRetention', resource: `${BUCKET}/orders/x` },
    ];
    await denied([...deletes('orders/x'), ...deletes('orders-restores/x'), ...held], admin);
    await allowed(deletes('payments/x'), admin);
    await allowed([...deletes('orders/x'), ...held], maintenance);
    await denied(deletes('orders/x'), { ...admin, caller: `${pruner}-2` });
    // The root user needs no policy of its own; its user's ARN is what the condition sees.
    const root = { ...admin, caller: `arn:aws:iam::${ACCOUNT}:root` };
    await allowed(deletes('orders/x'), root);
  });

  test('the role that prunes: its own policy and that of the bucket together', async () => {
    const prune = { identity: prunePolicy({ archive: ARCHIVE }), resource, caller: pruner };
    const [current, version] = deletes('orders/packs/a/1');
    await allowed([current!], prune);
    await denied([version!, ...deletes('orders/FORMAT'), overwrites('orders/x')], prune);
    await denied([current!], { ...prune, caller: ROLE });
  });

  test('only its own key', async () => {
    await allowed([put({}), put({ [SSE]: 'aws:kms', [`${SSE}-aws-kms-key-id`]: KEY })], admin);
    await denied(
      [
        put({ [SSE]: 'AES256' }),
        put({ [SSE]: 'aws:kms', [`${SSE}-aws-kms-key-id`]: KEY.replace('key/1', 'key/2') }),
        put({ [`${SSE}-customer-algorithm`]: 'AES256' }),
      ],
      admin,
    );
  });

  test('only TLS', () =>
    denied([{ ...s3Request('GetObject', 'any'), context: { 'aws:SecureTransport': 'false' } }], admin));

  test('replicas come in, from another account too', async () => {
    const foreign = 'arn:aws:iam::210987654321:role/replication';
    const replicate = { action: 's3:ReplicateObject', resource: `${BUCKET}/orders/x` };
    await allowed([replicate], admin);
    const open = archiveBucketPolicy({
      bucketArn: BUCKET,
      prefixes: ['orders'],
      account: ACCOUNT,
      replicationRoleArn: foreign,
    });
    await allowed([replicate], { identity: everything, resource: open, caller: foreign });
    const seen = ['GetBucketVersioning', 'ListBucket', 'ListBucketVersions'].map((action) => ({
      action: `s3:${action}`,
      resource: BUCKET,
    }));
    await allowed(seen, { identity: everything, resource: open, caller: foreign });
    await denied(seen, { identity: everything, resource: open, caller: `${foreign}-2` });
    const turnOff = { action: 's3:PutBucketVersioning', resource: BUCKET };
    await denied([turnOff], { identity: everything, resource: open, caller: foreign });
    await denied([s3Request('PutObject', 'orders/x')], { identity: everything, resource: open, caller: foreign });
    await denied([replicate], { identity: everything, resource: open, caller: `${foreign}-2` });
    await denied([{ ...replicate, resource: `${BUCKET}/payments/x` }], {
      identity: everything,
      resource: open,
      caller: foreign,
    });
  });

  test('the key of a replica, for the role of the other account and through S3 alone', async () => {
    const foreign = 'arn:aws:iam::210987654321:role/replication';
    const ofKey = archiveKeyPolicy({
      partition: 'aws',
      region: 'us-west-2',
      account: ACCOUNT,
      replicationRoleArn: foreign,
    });
    const by = { identity: everything, resource: ofKey, caller: foreign };
    const uses = (action: string, service?: string): Asked => kmsRequest(action, BUCKET, service);
    await allowed([uses('kms:Encrypt'), uses('kms:GenerateDataKey')], by);
    await denied([uses('kms:Decrypt'), uses('kms:Encrypt', 'sqs.us-west-2.amazonaws.com')], by);
    await denied([uses('kms:Encrypt')], { ...by, caller: `${foreign}-2` });
  });
});

test('locks are extended, on the archive and its replica, in their mode and not beyond their days', async () => {
  const replica = {
    bucketArn: 'arn:aws:s3:::kafka-backups-replica',
    prefix: 'orders',
    keyArn: 'arn:aws:kms:us-east-1:123456789012:key/22222222-2222-3333-4444-555555555555',
  };
  const by = { identity: retentionPolicy({ archive: ARCHIVE, replica, mode: 'GOVERNANCE', days: 30 }) };
  const extend = (key: string, mode: string, days: number, bucket = BUCKET): Asked => ({
    ...s3Request('PutObjectRetention', key, bucket),
    context: { 's3:object-lock-mode': mode, 's3:object-lock-remaining-retention-days': String(days) },
  });
  const rules = (bucket: string) => s3Request('GetObjectLockConfiguration', '', bucket);
  const until = (key: string) => s3Request('GetObjectRetention', key);
  await allowed(
    [
      ...readsAt('orders'),
      rules(BUCKET),
      rules(replica.bucketArn),
      until('orders/packs/a/1'),
      extend('orders/packs/a/1', 'GOVERNANCE', 30),
      extend('orders/packs/a/1', 'GOVERNANCE', 30, replica.bucketArn),
      kmsRequest('kms:Decrypt', replica.bucketArn, 's3.us-east-1.amazonaws.com', replica.keyArn),
    ],
    by,
  );
  await denied(
    [
      extend('orders/packs/a/1', 'COMPLIANCE', 30),
      extend('orders/packs/a/1', 'GOVERNANCE', 32),
      extend('payments/packs/a/1', 'GOVERNANCE', 30),
      until('payments/packs/a/1'),
      { action: 's3:BypassGovernanceRetention', resource: `${BUCKET}/orders/x` },
      { action: 's3:PutObjectLegalHold', resource: `${BUCKET}/orders/x` },
      s3Request('PutObject', 'orders/x'),
      ...deletes('orders/x'),
      ...ELSEWHERE,
    ],
    by,
  );
});

test('replication reads the source and writes the replica, each with its key', async () => {
  const destination = {
    bucketArn: 'arn:aws:s3:::kafka-backups-replica',
    prefix: 'orders',
    keyArn: 'arn:aws:kms:us-east-1:123456789012:key/22222222-2222-3333-4444-555555555555',
  };
  const by = { identity: replicationPolicy({ source: ARCHIVE, destination }) };
  const at = (bucket: string, action: string, key = 'orders/x') => ({ action, resource: `${bucket}/${key}` });
  const there = (action: string, service = 's3.us-east-1.amazonaws.com') =>
    kmsRequest(action, destination.bucketArn, service, destination.keyArn);
  await allowed(
    [
      { action: 's3:GetReplicationConfiguration', resource: BUCKET },
      { action: 's3:ListBucket', resource: BUCKET },
      at(BUCKET, 's3:GetObjectVersionForReplication'),
      at(BUCKET, 's3:GetObjectVersionAcl'),
      at(BUCKET, 's3:GetObjectVersionTagging'),
      at(destination.bucketArn, 's3:ReplicateObject'),
      at(destination.bucketArn, 's3:ReplicateTags'),
      kmsRequest('kms:Decrypt'),
      there('kms:Encrypt'),
      there('kms:GenerateDataKey'),
    ],
    by,
  );
  await denied(
    [
      at(destination.bucketArn, 's3:ReplicateDelete'),
      at(destination.bucketArn, 's3:DeleteObject'),
      at(destination.bucketArn, 's3:PutObject'),
      at(BUCKET, 's3:ReplicateObject'),
      at(BUCKET, 's3:GetObjectVersionForReplication', 'payments/x'),
      kmsRequest('kms:GenerateDataKey'),
      there('kms:Decrypt'),
      there('kms:Encrypt', 's3.us-west-2.amazonaws.com'),
    ],
    by,
  );
});

test('the scheduler starts this task in this cluster, with these roles', async () => {
  const ecs = (resource: string) => `arn:aws:ecs:us-west-2:${ACCOUNT}:${resource}`;
  const role = (name: string) => `arn:aws:iam::${ACCOUNT}:role/${name}`;
  const queue = `arn:aws:sqs:us-west-2:${ACCOUNT}:failed-runs`;
  const identity = schedulerPolicy({
    ecsClusterArn: ecs('cluster/backups'),
    taskDefinitionArns: [ecs('task-definition/backup:7')],
    taskRoleArns: [role('task'), role('execution')],
    deadLetterQueueArn: queue,
  });
  const run = (task: string, cluster: string): Asked => ({
    action: 'ecs:RunTask',
    resource: ecs(`task-definition/${task}`),
    context: { 'ecs:cluster': ecs(`cluster/${cluster}`) },
  });
  const pass = (name: string, service: string): Asked => ({
    action: 'iam:PassRole',
    resource: role(name),
    context: { 'iam:PassedToService': service },
  });
  const tag = (cluster: string, by: string): Asked => ({
    action: 'ecs:TagResource',
    resource: ecs(`task/${cluster}/0123456789abcdef`),
    context: { 'ecs:CreateAction': by },
  });
  await allowed(
    [
      run('backup:7', 'backups'),
      pass('task', 'ecs-tasks.amazonaws.com'),
      pass('execution', 'ecs-tasks.amazonaws.com'),
      tag('backups', 'RunTask'),
      { action: 'sqs:SendMessage', resource: queue },
    ],
    { identity },
  );
  await denied(
    [
      run('backup:7', 'other'),
      run('other:1', 'backups'),
      pass('task', 'ec2.amazonaws.com'),
      pass('admin', 'ecs-tasks.amazonaws.com'),
      tag('other', 'RunTask'),
      tag('backups', 'CreateService'),
      { action: 'sqs:SendMessage', resource: `${queue}-2` },
      { action: 'ecs:StopTask', resource: ecs('task/backups/0123456789abcdef') },
    ],
    { identity },
  );
});

test('the execution role pulls one image, writes one log, reads the secrets named', async () => {
  const arn = (service: string, resource: string) => `arn:aws:${service}:us-west-2:${ACCOUNT}:${resource}`;
  const identity = executionPolicy({
    repositoryArn: arn('ecr', 'repository/msk-backup'),
    logGroupArn: arn('logs', 'log-group:/msk-backup'),
    secretArns: [`${arn('secretsmanager', 'secret:kafka-AbCdEf')}:password::`, arn('ssm', 'parameter/kafka/ca')],
    secretKeyArns: [KEY],
  });
  const decrypt = (service: string): Asked => ({
    action: 'kms:Decrypt',
    resource: KEY,
    context: { 'kms:ViaService': `${service}.us-west-2.amazonaws.com` },
  });
  const log = (group: string) => arn('logs', `log-group:${group}:log-stream:backup/1`);
  await allowed(
    [
      { action: 'ecr:GetAuthorizationToken', resource: '*' },
      { action: 'ecr:BatchGetImage', resource: arn('ecr', 'repository/msk-backup') },
      { action: 'logs:CreateLogStream', resource: log('/msk-backup') },
      { action: 'logs:PutLogEvents', resource: log('/msk-backup') },
      { action: 'secretsmanager:GetSecretValue', resource: arn('secretsmanager', 'secret:kafka-AbCdEf') },
      { action: 'ssm:GetParameters', resource: arn('ssm', 'parameter/kafka/ca') },
      decrypt('secretsmanager'),
      decrypt('ssm'),
    ],
    { identity },
  );
  await denied(
    [
      { action: 'ecr:BatchGetImage', resource: arn('ecr', 'repository/other') },
      { action: 'logs:PutLogEvents', resource: log('/other') },
      { action: 'secretsmanager:GetSecretValue', resource: arn('secretsmanager', 'secret:kafka2-AbCdEf') },
      decrypt('s3'),
    ],
    { identity },
  );
});

test('who may publish alarms, and use the key of their topic', async () => {
  const topic = `arn:aws:sns:us-west-2:${ACCOUNT}:alarms`;
  const owner = { partition: 'aws', region: 'us-west-2', account: ACCOUNT };
  const alarm = (account: string) => ({
    'aws:SourceAccount': account,
    'aws:SourceArn': `arn:aws:cloudwatch:us-west-2:${account}:alarm:missed-run`,
  });
  for (const [asked, resource] of [
    [{ action: 'sns:Publish', resource: topic }, alarmTopicPolicy(topic)],
    [{ action: 'kms:GenerateDataKey', resource: KEY }, alarmKeyPolicy(owner)],
  ] as const) {
    const cloudwatch = { resource, caller: 'cloudwatch.amazonaws.com' };
    await allowed([{ ...asked, context: alarm(ACCOUNT) }], cloudwatch);
    await denied([{ ...asked, context: alarm('210987654321') }, asked], cloudwatch);
    // EventBridge tells neither account nor rule.
    await allowed([asked], { resource, caller: 'events.amazonaws.com' });
    await denied([asked], { resource, caller: 'lambda.amazonaws.com' });
  }
});

test('who may send to a dead-letter queue', async () => {
  const queueArn = `arn:aws:sqs:us-west-2:${ACCOUNT}:undelivered`;
  const rule = `arn:aws:events:us-west-2:${ACCOUNT}:rule/failed-run`;
  const by = { resource: deadLetterQueuePolicy({ queueArn, ruleArns: [rule] }), caller: 'events.amazonaws.com' };
  const from = (arn: string) => ({ action: 'sqs:SendMessage', resource: queueArn, context: { 'aws:SourceArn': arn } });
  await allowed([from(rule)], by);
  await denied([from(`${rule}-2`)], by);
  const plain = { ...from(rule), context: { 'aws:SourceArn': rule, 'aws:SecureTransport': 'false' } };
  await denied([plain], by);
});

test('services take roles on behalf of this account only', async () => {
  const assume = (account?: string, source?: string): Asked => ({
    action: 'sts:AssumeRole',
    resource: ROLE,
    ...(account !== undefined && { context: { 'aws:SourceAccount': account, 'aws:SourceArn': source! } }),
  });
  const task = { resource: taskTrustPolicy({ partition: 'aws', region: 'us-west-2', account: ACCOUNT }) };
  const ecs = (account: string) => `arn:aws:ecs:us-west-2:${account}:task/backups/1`;
  await allowed([assume(ACCOUNT, ecs(ACCOUNT))], { ...task, caller: 'ecs-tasks.amazonaws.com' });
  await denied([assume('210987654321', ecs('210987654321')), assume()], { ...task, caller: 'ecs-tasks.amazonaws.com' });
  await denied([assume(ACCOUNT, ecs(ACCOUNT))], { ...task, caller: 'ec2.amazonaws.com' });

  const group = `arn:aws:scheduler:us-west-2:${ACCOUNT}:schedule-group/backups`;
  const scheduler = { resource: schedulerTrustPolicy(group), caller: 'scheduler.amazonaws.com' };
  await allowed([assume(ACCOUNT, group)], scheduler);
  await denied([assume(ACCOUNT, `${group}-2`), assume()], scheduler);

  // S3 is not documented to tell on whose behalf: it may take the role when it does not, and not for another bucket.
  const s3 = { resource: replicationTrustPolicy(BUCKET, ACCOUNT), caller: 's3.amazonaws.com' };
  await allowed([assume(), assume(ACCOUNT, BUCKET)], s3);
  await denied([assume(ACCOUNT, `${BUCKET}-2`), assume('210987654321', BUCKET)], s3);
});

/** One action on a part of the cluster: `topic/orders`, or the cluster itself. */
function asksOnly(action: string, part: string): Asked {
  const [type, ...name] = part.split('/');
  const resource =
    part === '' ? CLUSTER : `${CLUSTER.replace(':cluster/', `:${type}/`)}/${name.join('/') || 'billing'}`;
  return { action, resource };
}
