/** Buckets, and the documents that each have. */

import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteBucketEncryptionCommand,
  DeleteBucketLifecycleCommand,
  DeleteBucketOwnershipControlsCommand,
  DeleteBucketPolicyCommand,
  DeleteBucketReplicationCommand,
  DeletePublicAccessBlockCommand,
  GetBucketEncryptionCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketOwnershipControlsCommand,
  GetBucketPolicyCommand,
  GetBucketReplicationCommand,
  GetBucketTaggingCommand,
  GetBucketVersioningCommand,
  GetObjectLockConfigurationCommand,
  GetPublicAccessBlockCommand,
  HeadBucketCommand,
  PutBucketEncryptionCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketOwnershipControlsCommand,
  PutBucketPolicyCommand,
  PutBucketReplicationCommand,
  PutBucketTaggingCommand,
  PutBucketVersioningCommand,
  PutObjectLockConfigurationCommand,
  PutPublicAccessBlockCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { type Kind, unlessMissing } from '../kind.ts';
import { holds, lower, type Names, type Properties, same, tagList, tagsFrom, upper } from '../values.ts';

const bucket: Kind = {
  named: { property: 'bucket', length: 63 },
  // https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/s3_bucket
  replaces: ['bucket', 'bucketPrefix', 'objectLockEnabled'],
  async create(inputs, at) {
    const Bucket = inputs.bucket;
    const CreateBucketConfiguration =
      at.region === 'us-east-1' ? undefined : { LocationConstraint: at.region as 'eu-west-1' };
    const ObjectLockEnabledForBucket = inputs.objectLockEnabled;
    await at
      .client(S3Client)
      .send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration, ObjectLockEnabledForBucket }));
    await bucket.update(Bucket, inputs, at, {});
    return Bucket;
  },
  async read(id, inputs, at) {
    const s3 = at.client(S3Client);
    if (!(await unlessMissing(s3.send(new HeadBucketCommand({ Bucket: id }))))) return undefined;
    const tags = tagsFrom((await unlessMissing(s3.send(new GetBucketTaggingCommand({ Bucket: id }))))?.TagSet);
    const outputs = {
      arn: `arn:aws:s3:::${id}`,
      bucketDomainName: `${id}.s3.amazonaws.com`,
      bucketRegionalDomainName: `${id}.s3.${at.region}.amazonaws.com`,
      bucketRegion: at.region,
    };
    return { ...(!same(tags ?? {}, inputs.tags ?? {}) && { inputs: { tags } }), outputs };
  },
  async update(id, inputs, at, before) {
    if (same(inputs.tags ?? {}, before.tags ?? {})) return;
    const Tagging = { TagSet: tagList(inputs.tags) };
    await at.client(S3Client).send(new PutBucketTaggingCommand({ Bucket: id, Tagging }));
  },
  async remove(id, _inputs, at) {
    await at.client(S3Client).send(new DeleteBucketCommand({ Bucket: id }));
  },
};

interface BucketDocument {
  put: (bucket: string, inputs: Properties) => object;
  get: (bucket: string) => object;
  /** Undefined where taking it away from the program leaves it at AWS. */
  remove?: (bucket: string) => object;
  /** What of the command is the document, and of the answer. */
  sent: (command: Properties) => unknown;
  answered: (answer: Properties) => unknown;
  /** The arguments that an answer means. */
  inputs: (answer: unknown) => Properties;
}

/** A resource that is one document of a bucket. Its id is the bucket's name. */
function bucketDocument(document: BucketDocument): Kind {
  const { put, get, remove, sent, answered, inputs: understood } = document;
  // biome-ignore lint/suspicious/noExplicitAny: commands of one client
  const send = (at: Parameters<Kind['create']>[1], command: any): Promise<Properties> =>
    at.client(S3Client).send(command);
  const kind: Kind = {
    // "bucket - (Required, Forces new resource)" on the page of each:
    // https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/s3_bucket_versioning and the like
    replaces: ['bucket'],
    async create(inputs, at) {
      await send(at, put(inputs.bucket, inputs));
      return inputs.bucket;
    },
    async read(id, inputs, at) {
      const answer = await unlessMissing(send(at, get(id)));
      const now = answer && answered(answer);
      if (now === undefined) return undefined;
      const wanted = sent((put(id, inputs) as { input: Properties }).input);
      return holds(now, wanted) ? {} : { inputs: understood(now) };
    },
    async update(id, inputs, at) {
      await send(at, put(id, inputs));
    },
    async remove(id, _inputs, at) {
      if (remove) await send(at, remove(id));
    },
  };
  return kind;
}

const policy = bucketDocument({
  put: (Bucket, { policy }) => new PutBucketPolicyCommand({ Bucket, Policy: policy }),
  get: (Bucket) => new GetBucketPolicyCommand({ Bucket }),
  remove: (Bucket) => new DeleteBucketPolicyCommand({ Bucket }),
  sent: ({ Policy }) => Policy,
  answered: ({ Policy }) => Policy,
  inputs: (policy) => ({ policy }),
});

const versioning = bucketDocument({
  put: (Bucket, { versioningConfiguration }) =>
    new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: versioningConfiguration.status } }),
  get: (Bucket) => new GetBucketVersioningCommand({ Bucket }),
  sent: ({ VersioningConfiguration }) => VersioningConfiguration.Status,
  answered: ({ Status }) => Status ?? 'Disabled',
  inputs: (status) => ({ versioningConfiguration: { status } }),
});

const publicAccessBlock = bucketDocument({
  put: (Bucket, { blockPublicAcls, blockPublicPolicy, ignorePublicAcls, restrictPublicBuckets }) =>
    new PutPublicAccessBlockCommand({
      Bucket,
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: blockPublicAcls ?? false,
        BlockPublicPolicy: blockPublicPolicy ?? false,
        IgnorePublicAcls: ignorePublicAcls ?? false,
        RestrictPublicBuckets: restrictPublicBuckets ?? false,
      },
    }),
  get: (Bucket) => new GetPublicAccessBlockCommand({ Bucket }),
  remove: (Bucket) => new DeletePublicAccessBlockCommand({ Bucket }),
  sent: ({ PublicAccessBlockConfiguration }) => PublicAccessBlockConfiguration,
  answered: ({ PublicAccessBlockConfiguration }) => PublicAccessBlockConfiguration,
  inputs: (block) => lower(block) as Properties,
});

const ownership = bucketDocument({
  put: (Bucket, { rule }) =>
    new PutBucketOwnershipControlsCommand({
      Bucket,
      OwnershipControls: { Rules: [{ ObjectOwnership: rule.objectOwnership }] },
    }),
  get: (Bucket) => new GetBucketOwnershipControlsCommand({ Bucket }),
  remove: (Bucket) => new DeleteBucketOwnershipControlsCommand({ Bucket }),
  sent: ({ OwnershipControls }) => OwnershipControls.Rules,
  answered: ({ OwnershipControls }) => OwnershipControls?.Rules,
  inputs: (rules) => ({ rule: lower((rules as unknown[])[0]) }),
});

const encryptionNames: Names = { sseAlgorithm: 'SSEAlgorithm', kmsMasterKeyId: 'KMSMasterKeyID' };

const encryption = bucketDocument({
  put: (Bucket, { rules }) => {
    const Rules = rules.map(({ blockedEncryptionTypes, ...rule }: Properties) => ({
      ...(upper(rule, encryptionNames) as object),
      ...(blockedEncryptionTypes && { BlockedEncryptionTypes: { EncryptionType: blockedEncryptionTypes } }),
    }));
    return new PutBucketEncryptionCommand({ Bucket, ServerSideEncryptionConfiguration: { Rules } });
  },
  get: (Bucket) => new GetBucketEncryptionCommand({ Bucket }),
  remove: (Bucket) => new DeleteBucketEncryptionCommand({ Bucket }),
  sent: ({ ServerSideEncryptionConfiguration }) => ServerSideEncryptionConfiguration.Rules,
  answered: ({ ServerSideEncryptionConfiguration }) => ServerSideEncryptionConfiguration?.Rules,
  inputs: (rules) => ({ rules: lower(rules, encryptionNames) }),
});

const ruleNames: Names = { id: 'ID' };

/** S3 wants a filter in each rule, if an empty one. */
function lifecycleRule(rule: Properties): Properties {
  const { filter, ...others } = rule;
  return { ...(upper(others, ruleNames) as Properties), Filter: { Prefix: '', ...(upper(filter ?? {}) as object) } };
}

const lifecycle = bucketDocument({
  put: (Bucket, { rules }) =>
    new PutBucketLifecycleConfigurationCommand({
      Bucket,
      LifecycleConfiguration: { Rules: (rules ?? []).map(lifecycleRule) },
    }),
  get: (Bucket) => new GetBucketLifecycleConfigurationCommand({ Bucket }),
  remove: (Bucket) => new DeleteBucketLifecycleCommand({ Bucket }),
  sent: ({ LifecycleConfiguration }) => LifecycleConfiguration.Rules,
  answered: ({ Rules }) => Rules,
  inputs: (rules) => ({ rules: lower(rules, ruleNames) }),
});

const replicationNames: Names = { ...ruleNames, replicaKmsKeyId: 'ReplicaKmsKeyID' };

const replication = bucketDocument({
  put: (Bucket, { role, rules }) => {
    const Rules = rules.map(({ filter, ...rule }: Properties) => ({
      ...(upper(rule, replicationNames) as object),
      Filter: { Prefix: '', ...(upper(filter ?? {}) as object) },
    }));
    return new PutBucketReplicationCommand({ Bucket, ReplicationConfiguration: { Role: role, Rules } });
  },
  get: (Bucket) => new GetBucketReplicationCommand({ Bucket }),
  remove: (Bucket) => new DeleteBucketReplicationCommand({ Bucket }),
  sent: ({ ReplicationConfiguration }) => ReplicationConfiguration,
  answered: ({ ReplicationConfiguration }) => ReplicationConfiguration,
  inputs: (configuration) => lower(configuration, replicationNames) as Properties,
});

const objectLock = bucketDocument({
  put: (Bucket, { rule }) =>
    new PutObjectLockConfigurationCommand({
      Bucket,
      ObjectLockConfiguration: { ObjectLockEnabled: 'Enabled', Rule: upper(rule) as object },
    }),
  get: (Bucket) => new GetObjectLockConfigurationCommand({ Bucket }),
  sent: ({ ObjectLockConfiguration }) => ObjectLockConfiguration,
  answered: ({ ObjectLockConfiguration }) => ObjectLockConfiguration,
  inputs: (configuration) => lower(configuration) as Properties,
});

export const s3: Record<string, Kind> = {
  'aws:s3/bucket:Bucket': bucket,
  'aws:s3/bucketPolicy:BucketPolicy': policy,
  'aws:s3/bucketVersioning:BucketVersioning': versioning,
  'aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock': publicAccessBlock,
  'aws:s3/bucketOwnershipControls:BucketOwnershipControls': ownership,
  'aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration': encryption,
  'aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration': lifecycle,
  'aws:s3/bucketReplicationConfig:BucketReplicationConfig': replication,
  'aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration': objectLock,
};
