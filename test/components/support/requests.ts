import type { Asked } from './evaluate.ts';

/** A cluster, an archive and what is in them, as the tests of policies ask for them. */
export const CLUSTER = 'arn:aws:kafka:us-west-2:123456789012:cluster/shop/0b1c2d3e-aaaa-bbbb-cccc-0123456789ab-7';
export const BUCKET = 'arn:aws:s3:::kafka-backups';
export const KEY = 'arn:aws:kms:us-west-2:123456789012:key/11111111-2222-3333-4444-555555555555';
export const ARCHIVE = { bucketArn: BUCKET, prefix: 'orders', keyArn: KEY };

type Part = 'cluster' | 'topic' | 'group' | 'transactional-id';

const on = (part: Part, ...actions: string[]) => actions.map((action) => ({ part, action: `kafka-cluster:${action}` }));

/**
 * What each request of the runtime's Kafka client needs on MSK. The key is the request's name, with its kind behind a space
 * where that decides. A test compares the names with runtime/src/kafka/protocol.
 */
export const KAFKA_REQUESTS: Record<string, { part: Part; action: string }[]> = {
  ApiVersions: on('cluster', 'Connect'),
  Metadata: on('topic', 'DescribeTopic'),
  ListOffsets: on('topic', 'DescribeTopic'),
  OffsetForLeaderEpoch: on('topic', 'DescribeTopic'),
  Fetch: on('topic', 'ReadData'),
  DescribeConfigs: on('topic', 'DescribeTopicDynamicConfiguration'),
  IncrementalAlterConfigs: on('topic', 'AlterTopicDynamicConfiguration'),
  CreateTopics: on('topic', 'CreateTopic'),
  DeleteTopics: on('topic', 'DeleteTopic'),
  DeleteRecords: on('topic', 'DeleteTopic'),
  Produce: on('topic', 'WriteData'),
  InitProducerId: on('cluster', 'WriteDataIdempotently'),
  'InitProducerId transactional': on('transactional-id', 'AlterTransactionalId'),
  AddPartitionsToTxn: [...on('transactional-id', 'AlterTransactionalId'), ...on('topic', 'WriteData')],
  EndTxn: on('transactional-id', 'AlterTransactionalId'),
  DescribeTransactions: on('transactional-id', 'DescribeTransactionalId'),
  WriteTxnMarkers: on('cluster', 'AlterCluster'),
  ListGroups: on('cluster', 'DescribeCluster'),
  'FindCoordinator group': on('group', 'DescribeGroup'),
  'FindCoordinator transactional': on('transactional-id', 'DescribeTransactionalId'),
  DescribeGroups: on('group', 'DescribeGroup'),
  ConsumerGroupDescribe: on('group', 'DescribeGroup'),
  OffsetFetch: [...on('group', 'DescribeGroup'), ...on('topic', 'DescribeTopic')],
  OffsetCommit: [...on('group', 'AlterGroup'), ...on('topic', 'ReadData')],
  DeleteGroups: on('group', 'DeleteGroup'),
  DescribeProducers: on('topic', 'ReadData'),
  // Told are transactions that the caller may describe; names of producers only, so that a backup does without.
  ListTransactions: on('transactional-id', 'DescribeTransactionalId'),
  OffsetDelete: [...on('group', 'DeleteGroup'), ...on('topic', 'ReadData')],
};

/** Names of one topic, group and transactional id. */
export interface Names {
  cluster?: string;
  topic?: string;
  group?: string;
  id?: string;
}

export function kafkaRequest(name: string, names: Names = {}): Asked[] {
  const { cluster = CLUSTER, topic = 'orders', group = 'billing', id = 'msk-backup-0a1b2c3d-0' } = names;
  const resources = {
    cluster,
    topic: `${part(cluster, 'topic')}/${topic}`,
    group: `${part(cluster, 'group')}/${group}`,
    'transactional-id': `${part(cluster, 'transactional-id')}/${id}`,
  };
  return KAFKA_REQUESTS[name]!.map(({ part, action }) => ({ action, resource: resources[part] }));
}

function part(cluster: string, type: string): string {
  return cluster.replace(':cluster/', `:${type}/`);
}

const CREATES = { 's3:if-none-match': '*', 's3:ObjectCreationOperation': 'true' };
const PREPARES = { 's3:ObjectCreationOperation': 'false' };

/** What each command of the runtime's S3 client needs, by its name in the SDK; compared with runtime/src/storage. */
export const S3_COMMANDS: Record<string, { action: string; context?: Record<string, string> }> = {
  PutObject: { action: 's3:PutObject', context: CREATES },
  CreateMultipartUpload: { action: 's3:PutObject', context: PREPARES },
  UploadPart: { action: 's3:PutObject', context: PREPARES },
  CompleteMultipartUpload: { action: 's3:PutObject', context: CREATES },
  AbortMultipartUpload: { action: 's3:AbortMultipartUpload' },
  GetObject: { action: 's3:GetObject' },
  HeadObject: { action: 's3:GetObject' },
  ListObjectsV2: { action: 's3:ListBucket' },
  GetObjectLockConfiguration: { action: 's3:GetBucketObjectLockConfiguration' },
  GetObjectRetention: { action: 's3:GetObjectRetention' },
  PutObjectRetention: { action: 's3:PutObjectRetention' },
};

/** @param key of the object, or what is listed */
export function s3Request(command: string, key = 'orders/packs/orders/1-000001.pack', bucket = BUCKET): Asked {
  const { action, context } = S3_COMMANDS[command]!;
  if (action === 's3:GetBucketObjectLockConfiguration') return { action, resource: bucket };
  return action === 's3:ListBucket'
    ? { action, resource: bucket, context: { 's3:prefix': key } }
    : { action, resource: `${bucket}/${key}`, ...(context !== undefined && { context }) };
}

/** What S3 asks KMS for on behalf of whoever reads or writes an object. */
export function kmsRequest(action: string, arn = BUCKET, service = 's3.us-west-2.amazonaws.com', key = KEY): Asked {
  return { action, resource: key, context: { 'kms:ViaService': service, 'kms:EncryptionContext:aws:s3:arn': arn } };
}

/** Of Lambda's API; compared with runtime/src/mappings. */
export const LAMBDA_COMMANDS: Record<string, { action: string; on: 'everything' | 'mapping' | 'untold mapping' }[]> = {
  ListEventSourceMappings: [{ action: 'lambda:ListEventSourceMappings', on: 'everything' }],
  GetEventSourceMapping: [{ action: 'lambda:GetEventSourceMapping', on: 'mapping' }],
  UpdateEventSourceMapping: [{ action: 'lambda:UpdateEventSourceMapping', on: 'mapping' }],
  DeleteEventSourceMapping: [{ action: 'lambda:DeleteEventSourceMapping', on: 'mapping' }],
  CreateEventSourceMapping: [
    { action: 'lambda:CreateEventSourceMapping', on: 'everything' },
    { action: 'lambda:TagResource', on: 'untold mapping' },
  ],
  ListTags: [{ action: 'lambda:ListTags', on: 'untold mapping' }],
};
