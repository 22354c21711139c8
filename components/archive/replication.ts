import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import type { ArchivePlace } from '../policies/archive-place.ts';
import type { AwsPlace } from '../policies/arn.ts';
import { replicationPolicy } from '../policies/replication.ts';
import { replicationTrustPolicy } from '../policies/trust.ts';
import { below } from './lifecycle.ts';

/** Also a dimension of S3's replication metrics. */
export const REPLICATION_RULE = 'msk-backup';

/** The minutes of S3 Replication Time Control; there is no other choice. */
const MINUTES = 15;

export interface ReplicaPlace extends ArchivePlace {
  /** Account that owns the replica, where it is another one. */
  otherAccount?: string;
}

type ReplicationRule = aws.types.input.s3.BucketReplicationConfigRule;

/** What of the bucket is replicated, and how: within 15 minutes and measured, without delete markers, with the replica's key. */
export function replicationRule(source: ArchivePlace, replica: ReplicaPlace): ReplicationRule {
  const within = { status: 'Enabled', time: { minutes: MINUTES } };
  return {
    id: REPLICATION_RULE,
    status: 'Enabled',
    priority: 1,
    filter: below(source.prefix),
    deleteMarkerReplication: { status: 'Disabled' },
    // Without it, S3 leaves out whatever is encrypted with a KMS key, in silence.
    ...(replica.keyArn !== undefined && { sourceSelectionCriteria: { sseKmsEncryptedObjects: { status: 'Enabled' } } }),
    destination: {
      bucket: replica.bucketArn,
      ...(replica.otherAccount !== undefined && {
        account: replica.otherAccount,
        accessControlTranslation: { owner: 'Destination' },
      }),
      ...(replica.keyArn !== undefined && { encryptionConfiguration: { replicaKmsKeyId: replica.keyArn } }),
      replicationTime: within,
      metrics: { status: 'Enabled', eventThreshold: { minutes: MINUTES } },
    },
  };
}

export interface ReplicationOptions {
  name: string;
  parent: pulumi.Resource;
  home: pulumi.Output<AwsPlace>;
  /** What is replicated; `bucket` is its name. */
  bucket: pulumi.Output<string>;
  source: pulumi.Output<ArchivePlace>;
  replica: pulumi.Output<ReplicaPlace>;
  /** Undefined for one made of the resource's name. */
  roleName?: pulumi.Input<string>;
  objectLock: boolean;
  /** Versioning and Object Lock of both buckets among them: S3 refuses the configuration before. */
  dependsOn: pulumi.Resource[];
  tags?: pulumi.Input<Record<string, pulumi.Input<string>>>;
}

export function makeReplication(options: ReplicationOptions) {
  const { name, parent, home, bucket, source, replica, roleName, objectLock, dependsOn, tags } = options;
  const role = new aws.iam.Role(
    `${name}-replication-role`,
    {
      name: roleName,
      description: pulumi.interpolate`S3 replicates the Kafka archive in ${bucket}`,
      assumeRolePolicy: pulumi
        .all([source, home])
        .apply(([{ bucketArn }, { account }]) => JSON.stringify(replicationTrustPolicy(bucketArn, account))),
      tags,
    },
    { parent },
  );
  const policyJson = replicationPolicyJson(source, replica, objectLock);
  const policy = new aws.iam.RolePolicy(
    `${name}-replication-policy`,
    { role: role.name, policy: policyJson },
    { parent },
  );
  const configuration = new aws.s3.BucketReplicationConfig(
    `${name}-replication`,
    {
      bucket,
      region: home.region,
      role: role.arn,
      rules: [pulumi.all([source, replica]).apply(([source, replica]) => replicationRule(source, replica))],
    },
    { parent, dependsOn: [...dependsOn, policy] },
  );
  return { role, configuration };
}

export function replicationPolicyJson(
  source: pulumi.Output<ArchivePlace>,
  replica: pulumi.Output<ReplicaPlace>,
  objectLock: boolean,
): pulumi.Output<string> {
  return pulumi.all([source, replica]).apply(([source, replica]) => {
    const otherAccount = replica.otherAccount !== undefined;
    return JSON.stringify(replicationPolicy({ source, destination: replica, otherAccount, objectLock }));
  });
}
