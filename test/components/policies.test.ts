import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { alarmTopicPolicy } from '../../components/policies/alarm-topic.ts';
import { archiveBucketPolicy, sharedBucketStatements } from '../../components/policies/archive-bucket.ts';
import { journalsBeside } from '../../components/policies/archive-place.ts';
import { backupPolicy } from '../../components/policies/backup.ts';
import { deadLetterQueuePolicy } from '../../components/policies/dead-letter-queue.ts';
import type { PolicyDocument } from '../../components/policies/document.ts';
import { drillPolicy } from '../../components/policies/drill.ts';
import { executionPolicy } from '../../components/policies/execution.ts';
import { groupsPolicy } from '../../components/policies/groups.ts';
import { alarmKeyPolicy, archiveKeyPolicy } from '../../components/policies/keys.ts';
import {
  clusterArnProblems,
  drillPrefixProblems,
  groupPatternProblems,
  sizeProblems,
  topicPatternProblems,
} from '../../components/policies/problems.ts';
import { prunePolicy } from '../../components/policies/prune.ts';
import { replicationPolicy } from '../../components/policies/replication.ts';
import { exactRestorePolicy, restorePolicy } from '../../components/policies/restore.ts';
import { retentionPolicy } from '../../components/policies/retention.ts';
import { schedulerPolicy } from '../../components/policies/scheduler.ts';
import {
  executionTrustPolicy,
  functionTrustPolicy,
  replicationTrustPolicy,
  schedulerTrustPolicy,
  taskTrustPolicy,
} from '../../components/policies/trust.ts';
import { stateLocation } from '../../runtime/src/journal/state-location.ts';
import { ARCHIVE, BUCKET, CLUSTER, KAFKA_REQUESTS, KEY, LAMBDA_COMMANDS, S3_COMMANDS } from './support/requests.ts';

const inCluster = (type: string, name: string) => `${CLUSTER.replace(':cluster/', `:${type}/`)}/${name}`;
const actions = ({ Statement }: PolicyDocument) =>
  Statement.filter(({ Effect }) => Effect === 'Allow').flatMap(({ Action }) => Action);

test('a backup reads what it was asked for, and creates in its archive', () => {
  const policy = backupPolicy({
    cluster: {
      clusterArn: CLUSTER,
      topics: ['orders', 'notif-*'],
      excludedTopics: ['notif-x'],
      groups: ['amazon.lambda.*'],
    },
    archive: ARCHIVE,
  });
  const read = ['DescribeTopic', 'DescribeTopicDynamicConfiguration', 'ReadData'].map((it) => `kafka-cluster:${it}`);
  expect(policy).toEqual({
    Version: '2012-10-17',
    Statement: [
      {
        Sid: 'ClusterConnect',
        Effect: 'Allow',
        Action: ['kafka-cluster:Connect', 'kafka-cluster:DescribeCluster'],
        Resource: [CLUSTER],
      },
      {
        Sid: 'TopicsRead',
        Effect: 'Allow',
        Action: read,
        Resource: [inCluster('topic', 'notif-*'), inCluster('topic', 'orders')],
      },
      { Sid: 'TopicsExcluded', Effect: 'Deny', Action: read, Resource: [inCluster('topic', 'notif-x')] },
      {
        Sid: 'GroupsRead',
        Effect: 'Allow',
        Action: ['kafka-cluster:DescribeGroup'],
        Resource: [inCluster('group', 'amazon.lambda.*')],
      },
      {
        Sid: 'ArchiveList',
        Effect: 'Allow',
        Action: ['s3:ListBucket'],
        Resource: [BUCKET],
        Condition: { StringLike: { 's3:prefix': ['orders/*'] } },
      },
      {
        Sid: 'ArchiveCreate',
        Effect: 'Allow',
        Action: ['s3:GetObject', 's3:PutObject', 's3:AbortMultipartUpload'],
        Resource: [`${BUCKET}/orders/*`],
      },
      {
        Sid: 'ArchiveNeverOverwrite',
        Effect: 'Deny',
        Action: ['s3:PutObject'],
        Resource: [`${BUCKET}/orders/*`],
        Condition: { Null: { 's3:if-none-match': 'true' }, Bool: { 's3:ObjectCreationOperation': 'true' } },
      },
      {
        Sid: 'ArchiveKey',
        Effect: 'Allow',
        Action: ['kms:GenerateDataKey', 'kms:Decrypt'],
        Resource: [KEY],
        Condition: {
          StringEquals: { 'kms:ViaService': ['s3.us-west-2.amazonaws.com'] },
          StringLike: { 'kms:EncryptionContext:aws:s3:arn': [BUCKET, `${BUCKET}/orders/*`] },
        },
      },
    ],
  });
});

test('a backup without IAM at the cluster, without a key, at the root of a bucket', () => {
  const { Statement } = backupPolicy({ archive: { bucketArn: BUCKET, prefix: '/' } });
  expect(Statement.map(({ Sid }) => Sid)).toEqual(['ArchiveList', 'ArchiveCreate', 'ArchiveNeverOverwrite']);
  expect(Statement[0]).not.toHaveProperty('Condition');
  expect(Statement[1]!.Resource).toEqual([`${BUCKET}/*`]);
});

test('the order of topics is no change, and the pattern * says all', () => {
  const of = (topics: string[]) =>
    backupPolicy({ cluster: { clusterArn: CLUSTER, topics, groups: [] }, archive: ARCHIVE });
  expect(of(['b', 'a', 'b'])).toEqual(of(['a', 'b']));
  expect(of(['b', '*'])).toEqual(of([]));
  expect(of([]).Statement[1]!.Resource).toEqual([inCluster('topic', '*')]);
});

test('what a restore may do beside a backup, and an exact one beside that', () => {
  const cluster = { clusterArn: CLUSTER, topics: ['orders'] };
  const access = { cluster, archive: ARCHIVE };
  const plain = actions(restorePolicy(access));
  const beside = (more: string[]) => more.filter((action) => !plain.includes(action));
  expect(plain).toEqual(expect.arrayContaining(['kafka-cluster:WriteDataIdempotently', 'kafka-cluster:CreateTopic']));
  expect(plain.filter((action) => /Delete|AlterCluster|AlterGroup|lambda/.test(action))).toEqual([]);
  expect(beside(actions(restorePolicy({ ...access, cluster: { ...cluster, recreate: true } })))).toEqual([
    'kafka-cluster:DeleteTopic',
  ]);
  expect(beside(actions(exactRestorePolicy(access)))).toEqual([
    'kafka-cluster:DeleteTopic',
    'kafka-cluster:DescribeTransactionalId',
    'kafka-cluster:AlterTransactionalId',
  ]);
  expect(beside(actions(exactRestorePolicy({ ...access, fillHolesWith: 'markers' })))).toEqual([
    'kafka-cluster:AlterCluster',
    'kafka-cluster:DeleteTopic',
  ]);
  expect(() => restorePolicy({ ...access, cluster: { ...cluster, topics: [] } })).toThrow('without topics');
});

test.each(['', 'orders', 'msk/orders'])('journals lie where the runtime keeps them, archive at "%s"', (prefix) => {
  const storage = {
    backend: 's3',
    bucket: 'kafka-backups',
    prefix,
    pathStyle: false,
    maxConcurrentUploads: 4,
  } as const;
  const runtime = stateLocation({ storage });
  expect(journalsBeside({ bucketArn: BUCKET, prefix: `/${prefix}/` }).prefix).toBe(runtime.prefix);
});

test('statements for a bucket that others use concern the given prefixes alone', () => {
  const statements = sharedBucketStatements({
    bucketArn: BUCKET,
    prefixes: ['orders', 'orders-restores'],
    keyArn: KEY,
    account: '123456789012',
  });
  for (const { Sid, Resource } of statements) {
    expect(Sid).toBeUndefined();
    expect(Resource).toEqual([`${BUCKET}/orders-restores/*`, `${BUCKET}/orders/*`]);
  }
  expect(() => sharedBucketStatements({ bucketArn: BUCKET, prefixes: [], account: '123456789012' })).toThrow(
    'the whole bucket',
  );
});

test('secrets by what IAM sees of them', () => {
  const secret = 'arn:aws:secretsmanager:us-west-2:123456789012:secret:kafka/user';
  const parameter = 'arn:aws:ssm:us-west-2:123456789012:parameter/kafka/ca';
  const logGroupArn = 'arn:aws:logs:us-west-2:123456789012:log-group:/msk-backup:*';
  const { Statement } = executionPolicy({
    logGroupArn,
    secretArns: [`${secret}-AbCdEf:password::`, secret, parameter],
  });
  expect(Statement.map(({ Resource }) => Resource)).toEqual([
    ['arn:aws:logs:us-west-2:123456789012:log-group:/msk-backup:log-stream:*'],
    [`${secret}-??????`, `${secret}-AbCdEf`],
    [parameter],
  ]);
  expect(() => executionPolicy({ logGroupArn, secretArns: [BUCKET] })).toThrow('neither');
});

/** Every policy, of one account in one region of a partition. */
function everyPolicy(partition: string, region: string): Record<string, PolicyDocument> {
  const arn = (service: string, resource: string) => `arn:${partition}:${service}:${region}:123456789012:${resource}`;
  const role = (name: string) => `arn:${partition}:iam::123456789012:role/${name}`;
  const bucketArn = `arn:${partition}:s3:::kafka-backups`;
  const keyArn = arn('kms', 'key/1');
  const archive = { bucketArn, prefix: 'orders', keyArn };
  const clusterArn = arn('kafka', 'cluster/shop/0b1c-7');
  const cluster = { clusterArn, topics: ['orders'], groups: ['g'] };
  const place = { partition, region, account: '123456789012' };
  return {
    backup: backupPolicy({ cluster, archive }),
    restore: restorePolicy({ cluster, archive, mappings: { functionArns: [arn('lambda', 'function:f')] } }),
    exact: exactRestorePolicy({ cluster, archive }),
    groups: groupsPolicy({ cluster, archive }),
    drill: drillPolicy({ cluster: { clusterArn, topicPrefix: 'drill-', exact: true }, archive }),
    prune: prunePolicy({ archive }),
    retention: retentionPolicy({ archive, replica: archive, mode: 'GOVERNANCE', days: 30 }),
    replication: replicationPolicy({ source: archive, destination: archive, otherAccount: true, objectLock: true }),
    scheduler: schedulerPolicy({
      ecsClusterArn: arn('ecs', 'cluster/c'),
      taskDefinitionArns: [arn('ecs', 'task-definition/t:1')],
      taskRoleArns: [role('task')],
      deadLetterQueueArn: arn('sqs', 'q'),
    }),
    execution: executionPolicy({
      repositoryArn: arn('ecr', 'repository/r'),
      logGroupArn: arn('logs', 'log-group:l'),
      secretArns: [arn('secretsmanager', 'secret:s')],
      secretKeyArns: [keyArn],
    }),
    bucket: archiveBucketPolicy({
      bucketArn,
      prefixes: [''],
      keyArn,
      account: '123456789012',
      maintenanceRoleArns: [role('prune')],
      replicationRoleArn: role('r'),
    }),
    archiveKey: archiveKeyPolicy({ ...place, replicationRoleArn: role('r') }),
    alarmKey: alarmKeyPolicy(place),
    alarmTopic: alarmTopicPolicy(arn('sns', 't')),
    deadLetters: deadLetterQueuePolicy({ queueArn: arn('sqs', 'q'), ruleArns: [arn('events', 'rule/r')] }),
    taskTrust: taskTrustPolicy(place),
    executionTrust: executionTrustPolicy(place),
    schedulerTrust: schedulerTrustPolicy(arn('scheduler', 'schedule-group/g')),
    replicationTrust: replicationTrustPolicy(bucketArn, '123456789012'),
    functionTrust: functionTrustPolicy(arn('lambda', 'function:f')),
  };
}

test.each([
  ['aws', 'us-west-2'],
  ['aws-cn', 'cn-north-1'],
  ['aws-us-gov', 'us-gov-west-1'],
])('all ARNs are of the partition and region: %s', (partition, region) => {
  for (const [name, policy] of Object.entries(everyPolicy(partition, region))) {
    const arns = JSON.stringify(policy).match(/arn:[^"]+/g) ?? [];
    for (const arn of arns) {
      const [, ofPartition, service, ofRegion] = arn.split(':');
      expect(ofPartition, `${name}: ${arn}`).toBe(partition);
      expect(ofRegion, `${name}: ${arn}`).toBe(['iam', 's3'].includes(service!) ? '' : region);
    }
  }
});

test('Sids are what IAM takes, and a lone star only where an action has no resource', () => {
  const starred = new Set<string>();
  for (const [name, { Statement }] of Object.entries(everyPolicy('aws', 'us-west-2'))) {
    const sids = Statement.map(({ Sid }) => Sid).filter((sid) => sid !== undefined);
    expect(new Set(sids).size).toBe(sids.length);
    for (const sid of sids) expect(sid).toMatch(/^[A-Za-z0-9]+$/);
    if (name.endsWith('Key')) continue; // there it means the key itself
    for (const { Resource, Action } of Statement) if (Resource?.includes('*')) for (const it of Action) starred.add(it);
  }
  expect([...starred].sort()).toEqual([
    'ecr:GetAuthorizationToken',
    'lambda:CreateEventSourceMapping',
    'lambda:ListEventSourceMappings',
  ]);
});

test.each(['taskTrust', 'executionTrust', 'schedulerTrust', 'replicationTrust', 'functionTrust'])(
  '%s names the account and the resource',
  (name) => {
    const { Statement } = everyPolicy('aws', 'us-west-2')[name]!;
    const keys = Object.values(Statement[0]!.Condition!).flatMap((condition) => Object.keys(condition));
    expect(keys).toEqual(['aws:SourceAccount', 'aws:SourceArn']);
  },
);

test('problems with what people write', () => {
  expect(clusterArnProblems('clusterArn', CLUSTER)).toEqual([]);
  expect(clusterArnProblems('clusterArn', CLUSTER.replace(/-7$/, '-s1'))).toEqual([]);
  for (const arn of ['', 'orders', BUCKET, inCluster('topic', 'x'), CLUSTER.replace(/[^/]+$/, '*'), `${CLUSTER}\n`]) {
    expect(clusterArnProblems('clusterArn', arn), arn).toMatchObject([{ propertyPath: 'clusterArn' }]);
  }
  expect(topicPatternProblems('topics', ['orders', 'a.b_c-*', '?'])).toEqual([]);
  const [regex] = topicPatternProblems('topics', ['a', '~^orders-[0-9]+$'], 'policyTopics');
  expect(regex!.propertyPath).toBe('topics[1]');
  expect(regex!.reason).toMatch(/regular expression.*policyTopics/);
  expect(topicPatternProblems('topics', ['', 'a/b', 'ä', 'x'.repeat(250)])).toHaveLength(4);
  expect(groupPatternProblems('groups', ['amazon.lambda.*', 'team/ü $x'])).toEqual([]);
  expect(groupPatternProblems('groups', ['', '注文'])).toMatchObject([
    { propertyPath: 'groups[0]' },
    { propertyPath: 'groups[1]', reason: expect.stringContaining('U+6CE8') },
  ]);
  expect(drillPrefixProblems('topicPrefix', 'drill-')).toEqual([]);
  for (const prefix of ['', '*', 'a?']) {
    expect(drillPrefixProblems('topicPrefix', prefix)).toHaveLength(1);
    expect(() => drillPolicy({ cluster: { clusterArn: CLUSTER, topicPrefix: prefix }, archive: ARCHIVE })).toThrow();
  }
  const many = Array.from({ length: 300 }, (_, i) => `topic-${i}`);
  const long = backupPolicy({ cluster: { clusterArn: CLUSTER, topics: many }, archive: ARCHIVE });
  expect(sizeProblems('topics', long, 'inline role policy')).toMatchObject([{ propertyPath: 'topics' }]);
});

const sources = (folder: string) => readdirSync(folder).map((file) => readFileSync(`${folder}/${file}`, 'utf8'));
const found = (folder: string, pattern: RegExp) =>
  [...new Set(sources(folder).flatMap((text) => [...text.matchAll(pattern)].map((match) => match[1]!)))].sort();
const known = (table: Record<string, unknown>) =>
  [...new Set(Object.keys(table).map((key) => key.split(' ')[0]!))].sort();

test('the tables of requests are those of the runtime', () => {
  expect(known(KAFKA_REQUESTS)).toEqual(found('runtime/src/kafka/protocol', /apiName: '(\w+)'/g));
  expect(known(S3_COMMANDS)).toEqual(found('runtime/src/storage', /new (\w+)Command\(/g));
  expect(known(LAMBDA_COMMANDS)).toEqual(found('runtime/src/mappings', /new (\w+)Command\(/g));
});
