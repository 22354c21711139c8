import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import type { Keeping } from './keeping.ts';
import type { LifecycleRule } from './lifecycle.ts';
import type { ObjectLockValues } from './object-lock.ts';

export interface ArchiveBucketOptions {
  /** What the resources' names begin with: `orders`, `orders-replica`. */
  name: string;
  region: pulumi.Output<string>;
  /** Undefined for one that is made of the resource's name. */
  bucketName?: pulumi.Input<string | undefined>;
  /** Every object is encrypted with it. */
  keyArn: pulumi.Input<string>;
  lifecycle: pulumi.Output<LifecycleRule[]>;
  /** Undefined without Object Lock. */
  objectLock?: pulumi.Output<ObjectLockValues>;
  /** The bucket's policy, as JSON. */
  policy: (bucketArn: pulumi.Output<string>) => pulumi.Output<string>;
  keeping: Keeping;
  tags?: pulumi.Input<Record<string, pulumi.Input<string>>>;
}

export interface ArchiveBucket {
  bucket: aws.s3.Bucket;
  policyJson: pulumi.Output<string>;
  /** All that has to be in place before an object may come in. */
  guards: pulumi.CustomResource[];
}

/** A bucket for an archive or its replica, with all that guards it. */
export function makeArchiveBucket(options: ArchiveBucketOptions): ArchiveBucket {
  const { name, region, bucketName, keyArn, lifecycle, objectLock, keeping, tags } = options;
  const bucket = new aws.s3.Bucket(
    `${name}-bucket`,
    {
      bucket: bucketName,
      region,
      forceDestroy: false,
      ...(objectLock !== undefined && { objectLockEnabled: true }),
      tags,
    },
    // A bucket that was there before gets Object Lock from its configuration below; replacing it would lose the archive.
    { ...keeping.data, ignoreChanges: ['objectLockEnabled'] },
  );
  const at = { bucket: bucket.bucket, region };
  const guard = keeping.guard;
  const versioning = new aws.s3.BucketVersioning(
    `${name}-versioning`,
    { ...at, versioningConfiguration: { status: 'Enabled' } },
    guard,
  );
  const afterVersioning = { ...guard, dependsOn: [versioning] };
  const policyJson = options.policy(bucket.arn);
  const guards: pulumi.CustomResource[] = [
    versioning,
    new aws.s3.BucketPublicAccessBlock(
      `${name}-public-access-block`,
      { ...at, blockPublicAcls: true, blockPublicPolicy: true, ignorePublicAcls: true, restrictPublicBuckets: true },
      guard,
    ),
    new aws.s3.BucketOwnershipControls(
      `${name}-ownership`,
      { ...at, rule: { objectOwnership: 'BucketOwnerEnforced' } },
      guard,
    ),
    new aws.s3.BucketServerSideEncryptionConfiguration(
      `${name}-encryption`,
      {
        ...at,
        rules: [
          {
            applyServerSideEncryptionByDefault: { sseAlgorithm: 'aws:kms', kmsMasterKeyId: keyArn },
            // One request to KMS for many objects.
            bucketKeyEnabled: true,
            blockedEncryptionTypes: ['SSE-C'],
          },
        ],
      },
      guard,
    ),
    new aws.s3.BucketLifecycleConfiguration(`${name}-lifecycle`, { ...at, rules: lifecycle }, afterVersioning),
    new aws.s3.BucketPolicy(`${name}-bucket-policy`, { ...at, policy: policyJson }, guard),
  ];
  if (objectLock !== undefined)
    guards.push(
      new aws.s3.BucketObjectLockConfiguration(
        `${name}-object-lock`,
        {
          ...at,
          objectLockEnabled: 'Enabled',
          rule: { defaultRetention: { mode: objectLock.mode, days: objectLock.days } },
        },
        afterVersioning,
      ),
    );
  return { bucket, policyJson, guards };
}

/**
 * The value, for others only once the resources are there. Their URNs are known in a preview already, so that it shows no more
 * unknown values for it.
 */
export function after(value: pulumi.Output<string>, resources: pulumi.Resource[]): pulumi.Output<string> {
  return pulumi.all([value, pulumi.all(resources.map(({ urn }) => urn))]).apply(([value]) => value);
}
