import { neverOverwrite } from './archive-access.ts';
import { objectsOf } from './archive-place.ts';
import { parseArn } from './arn.ts';
import { type PolicyDocument, policyDocument, type Statement } from './document.ts';

export interface ArchiveBucketAccess {
  bucketArn: string;
  /** The archives and journals in it, where objects are created and never overwritten. `['']` for the whole bucket. */
  prefixes: readonly string[];
  /** The bucket's KMS key, by its ARN: no object may be encrypted with another one. Undefined for S3's own encryption. */
  keyArn?: string;
  /** Twelve digits: whose bucket it is. */
  account: string;
  /**
   * Roles that may delete there, or change for how long objects are locked, as far as their own policies let them: the one that
   * prunes, the one that extends locks. Beside them only the account's root user may. Default none.
   */
  maintenanceRoleArns?: readonly string[];
  /** Role of another account whose replication writes here. It need not exist yet. */
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
  const { keyArn, replicationRoleArn } = access;
  const objects = objectsIn(access);
  return [
    { ...neverOverwrite('NeverOverwrite', objects), Principal: '*' },
    denyTo('*', 'NoCustomerKeys', ['s3:PutObject'], objects, {
      Null: { 's3:x-amz-server-side-encryption-customer-algorithm': 'false' },
    }),
    ...(keyArn === undefined ? [] : ownKeyOnly(keyArn, objects)),
    neverDeletedExceptBy(access, objects),
    ...(replicationRoleArn === undefined ? [] : replicatedBy(replicationRoleArn, access.bucketArn, objects)),
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

/**
 * By their ARNs in a condition: as principals they would be bound to the ids of today's roles, and have to exist first. What
 * the lifecycle rules do is no request, and goes on.
 */
function neverDeletedExceptBy(
  { bucketArn, account, maintenanceRoleArns = [] }: ArchiveBucketAccess,
  objects: string[],
) {
  const root = `arn:${parseArn(bucketArn).partition}:iam::${account}:root`;
  return denyTo(
    '*',
    'NeverDelete',
    ['s3:DeleteObject', 's3:DeleteObjectVersion', 's3:PutObjectRetention', 's3:BypassGovernanceRetention'],
    objects,
    { ArnNotEquals: { 'aws:PrincipalArn': [root, ...new Set(maintenanceRoleArns)].sort() } },
  );
}

/** The account as principal and the role in a condition: a principal has to exist, and the role is made after this bucket. */
function replicatedBy(roleArn: string, bucketArn: string, objects: string[]): Statement[] {
  const { partition, account } = parseArn(roleArn);
  const byRole = {
    Effect: 'Allow' as const,
    Principal: { AWS: `arn:${partition}:iam::${account}:root` },
    Condition: { ArnEquals: { 'aws:PrincipalArn': roleArn } },
  };
  return [
    {
      Sid: 'ReplicatedFromOtherAccount',
      ...byRole,
      Action: [
        's3:ReplicateObject',
        's3:ReplicateTags',
        // The replicas become this account's
        's3:ObjectOwnerOverrideToBucketOwner',
      ],
      Resource: objects,
    },
    {
      Sid: 'SeenFromOtherAccount',
      ...byRole,
      // Amazon S3 user guide, "Configuring replication for buckets in different accounts"; there as s3:List*, and with
      // s3:PutBucketVersioning, which the bucket's own component sees to
      Action: ['s3:GetBucketVersioning', 's3:ListBucket', 's3:ListBucketVersions'],
      Resource: [bucketArn],
    },
  ];
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
