import { neverOverwrite } from './archive-access.ts';
import { objectsOf } from './archive-place.ts';
import { type PolicyDocument, policyDocument, type Statement } from './document.ts';

export interface ArchiveBucketAccess {
  bucketArn: string;
  /** The archives and journals in it, where objects are created and never overwritten. `['']` for the whole bucket. */
  prefixes: readonly string[];
  /** The bucket's KMS key, by its ARN: no object may be encrypted with another one. Undefined for S3's own encryption. */
  keyArn?: string;
  /** Roles that write here and may not delete, whatever their own policies say: backup, restore, drill. */
  writerRoleArns?: readonly string[];
  /** Role of another account whose replication writes here. */
  replicationRoleArn?: string;
}

/** Of a bucket that is ours as a whole. */
export function archiveBucketPolicy(access: ArchiveBucketAccess): PolicyDocument {
  const { bucketArn } = access;
  return policyDocument([tlsOnly([bucketArn, `${bucketArn}/*`]), ...onPrefixes(access)]);
}

/**
 * What has to stand in the policy of a bucket that others use, too: the same, for the given prefixes alone. Without Sids, which
 * must be unique in the document that it goes into.
 */
export function sharedBucketStatements(access: ArchiveBucketAccess): Statement[] {
  return [tlsOnly(objectsIn(access)), ...onPrefixes(access)].map(({ Sid: _, ...statement }) => statement);
}

function onPrefixes(access: ArchiveBucketAccess): Statement[] {
  const { keyArn, writerRoleArns = [], replicationRoleArn } = access;
  const objects = objectsIn(access);
  return [
    { ...neverOverwrite('NeverOverwrite', objects), Principal: '*' },
    denyTo('*', 'NoCustomerKeys', ['s3:PutObject'], objects, {
      Null: { 's3:x-amz-server-side-encryption-customer-algorithm': 'false' },
    }),
    ...(keyArn === undefined ? [] : ownKeyOnly(keyArn, objects)),
    ...(writerRoleArns.length === 0 ? [] : [neverDeletedBy(writerRoleArns, objects)]),
    ...(replicationRoleArn === undefined ? [] : [replicatedBy(replicationRoleArn, objects)]),
  ];
}

function objectsIn({ bucketArn, prefixes }: ArchiveBucketAccess): string[] {
  if (prefixes.length === 0) throw new Error(`no prefix of ${bucketArn} is to be guarded: '' is the whole bucket`);
  return [...new Set(prefixes.flatMap((prefix) => objectsOf({ bucketArn, prefix })))].sort();
}

function tlsOnly(resources: string[]): Statement {
  return denyTo('*', 'TlsOnly', ['s3:*'], resources, { Bool: { 'aws:SecureTransport': 'false' } });
}

/** A put that names no encryption gets the bucket's own. Replicas are not put: see s3:ReplicateObject. */
function ownKeyOnly(keyArn: string, objects: string[]): Statement[] {
  const other = (header: string, value: string) => ({
    Null: { [header]: 'false' },
    StringNotEquals: { [header]: value },
  });
  return [
    denyTo('*', 'NoOtherEncryption', ['s3:PutObject'], objects, other('s3:x-amz-server-side-encryption', 'aws:kms')),
    denyTo(
      '*',
      'NoOtherKeys',
      ['s3:PutObject'],
      objects,
      other('s3:x-amz-server-side-encryption-aws-kms-key-id', keyArn),
    ),
  ];
}

/** By their ARNs in a condition: as principals they would be bound to the ids of today's roles, and have to exist first. */
function neverDeletedBy(roleArns: readonly string[], objects: string[]): Statement {
  return denyTo(
    '*',
    'NeverDelete',
    [
      's3:DeleteObject',
      's3:DeleteObjectVersion',
      // Retention of locked objects is a maintenance role's
      's3:PutObjectRetention',
      's3:BypassGovernanceRetention',
    ],
    objects,
    { ArnEquals: { 'aws:PrincipalArn': [...roleArns].sort() } },
  );
}

function replicatedBy(roleArn: string, objects: string[]): Statement {
  return {
    Sid: 'ReplicatedFromOtherAccount',
    Effect: 'Allow',
    Principal: { AWS: roleArn },
    Action: [
      's3:ReplicateObject',
      's3:ReplicateTags',
      // The replicas become this account's
      's3:ObjectOwnerOverrideToBucketOwner',
    ],
    Resource: objects,
  };
}

function denyTo(
  Principal: '*',
  Sid: string,
  Action: string[],
  Resource: string[],
  Condition: NonNullable<Statement['Condition']>,
): Statement {
  return { Sid, Effect: 'Deny', Principal, Action, Resource, Condition };
}
