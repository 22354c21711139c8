import * as pulumi from '@pulumi/pulumi';
import { after, makeArchiveBucket } from './archive/bucket.ts';
import { checkedArchive } from './archive/check-archive.ts';
import { guardedPrefixes } from './archive/guarded-prefixes.ts';
import { homeOf } from './archive/home.ts';
import { keeping } from './archive/keeping.ts';
import { makeArchiveKey } from './archive/key.ts';
import { lifecycleRules } from './archive/lifecycle.ts';
import { allowExtendingLocks, makeLockRole } from './archive/lock-role.ts';
import type { ObjectLockValues } from './archive/object-lock.ts';
import {
  makeReplication,
  REPLICATION_RULE,
  type ReplicaPlace,
  replicationPolicyJson,
  replicationRule,
} from './archive/replication.ts';
import type { ArchiveRulesArgs } from './archive/rules-args.ts';
import { archiveBucketPolicy, sharedBucketStatements } from './policies/archive-bucket.ts';
import { type ArchivePlace, trimmedPrefix } from './policies/archive-place.ts';
import { policyDocument } from './policies/document.ts';

export interface BackupArchiveArgs extends ArchiveRulesArgs {
  /**
   * Name of the bucket that is made.
   * @default the component's name and some digits
   */
  bucketName?: pulumi.Input<string>;
  /**
   * ARN of a KMS key in the bucket's region that encrypts the archive. Its policy must let the account's IAM policies decide, as a
   * new key's does, and it must not be deleted.
   * @default a key is made, with rotation: 1 USD a month
   */
  keyArn?: pulumi.Input<string>;
  /**
   * A copy in another region, made by S3 within 15 minutes, of all that is written from then on; S3 Batch Replication copies what was
   * there before. It costs the transfer between the regions, Replication Time Control, and the storage once more.
   * @default none
   */
  replica?: ReplicaArgs;
  /**
   * A bucket that exists. Nothing is changed there, since a bucket has one policy, one lifecycle and one replication: what the
   * archive needs in them is told by `bucketPolicyJson`, `lifecycleRulesJson` and `replicationRulesJson`.
   * @default a bucket is made
   */
  adopt?: AdoptedBucketArgs;
}

/** A replica: made in another region of this account, or a `ReplicaArchive` of another account, by its ARNs. */
export interface ReplicaArgs {
  /** Region of the replica: another one than the archive's. `us-east-1` */
  region: pulumi.Input<string>;
  /**
   * Name of the bucket that is made.
   * @default the component's name and some digits
   */
  bucketName?: pulumi.Input<string>;
  /**
   * ARN of a KMS key in the replica's region. Needed with `bucketArn`.
   * @default a key is made, with rotation: 1 USD a month
   */
  keyArn?: pulumi.Input<string>;
  /**
   * ARN of a bucket that exists, versioned: that of a `ReplicaArchive`. Nothing is changed there.
   * @default a bucket is made
   */
  bucketArn?: pulumi.Input<string>;
  /**
   * Account that has that bucket, twelve digits; the replicas become its own.
   * @default this account
   */
  accountId?: pulumi.Input<string>;
  /**
   * Name of the role with which S3 replicates. A `ReplicaArchive` of another account is deployed first and names the role.
   * @default the component's name and some digits
   */
  replicationRoleName?: pulumi.Input<string>;
}

/** A bucket that exists, in the provider's region. */
export interface AdoptedBucketArgs {
  /** Its name. */
  bucketName: pulumi.Input<string>;
  /**
   * ARN of the KMS key that it encrypts with.
   * @default none: S3's own encryption
   */
  keyArn?: pulumi.Input<string>;
  /**
   * Name of the bucket that it is replicated to.
   * @default none
   */
  replicaBucketName?: pulumi.Input<string>;
  /**
   * ARN of the KMS key of that one.
   * @default none: S3's own encryption
   */
  replicaKeyArn?: pulumi.Input<string>;
  /** Region of that one; needed with its name. */
  replicaRegion?: pulumi.Input<string>;
}

/**
 * Where backups are kept: a bucket and its replica in another region, both versioned, encrypted with keys of their own, closed to
 * the public, and guarded by policies by which nobody overwrites an object of the archive, and nobody deletes one but the roles
 * that are named.
 */
export class BackupArchive extends pulumi.ComponentResource {
  /** Resolves when objects may come in: after everything that guards and replicates the bucket. */
  readonly bucketName: pulumi.Output<string>;
  readonly bucketArn: pulumi.Output<string>;
  /** Undefined for an adopted bucket without one. */
  readonly keyArn?: pulumi.Output<string>;
  readonly region: pulumi.Output<string>;
  /** Without slashes at either end. */
  readonly prefix: pulumi.Output<string>;
  /** Undefined without a replica, as are the others of the replica. */
  readonly replicaBucketName?: pulumi.Output<string>;
  readonly replicaBucketArn?: pulumi.Output<string>;
  readonly replicaKeyArn?: pulumi.Output<string>;
  readonly replicaRegion?: pulumi.Output<string>;
  /** The policy of the bucket. For an adopted one, the statements that have to stand in its policy, as a document. */
  readonly bucketPolicyJson: pulumi.Output<string>;
  /** The same of the replica; undefined for that of another account. */
  readonly replicaBucketPolicyJson?: pulumi.Output<string>;
  /** The lifecycle rules, as `rules` of aws.s3.BucketLifecycleConfiguration, for both buckets. */
  readonly lifecycleRulesJson: pulumi.Output<string>;
  /** The replication rules, as `rules` of aws.s3.BucketReplicationConfig. */
  readonly replicationRulesJson?: pulumi.Output<string>;
  /** The policy of the role that replicates. */
  readonly replicationPolicyJson?: pulumi.Output<string>;
  /** Dimension `RuleId` of S3's replication metrics. */
  readonly replicationRuleId?: pulumi.Output<string>;
  /** Undefined without a replica, and for an adopted bucket. */
  readonly replicationRoleArn?: pulumi.Output<string>;
  /** Of the task that extends locks (`msk-backup locks extend`). Undefined without `objectLock`. */
  readonly lockRoleArn?: pulumi.Output<string>;

  constructor(name: string, args: BackupArchiveArgs, opts?: pulumi.ComponentResourceOptions) {
    super('msk-backup:index:BackupArchive', name, args, opts);
    const { adopt, replica, tags } = args;
    const values = checkedArchive(name, args, homeOf(this));
    const home = values.home;
    const lock = args.objectLock && values.apply(({ objectLock }) => objectLock as ObjectLockValues);
    const region = values.apply(({ home }) => home.region);
    const replicaRegion = values.apply(({ adopt, replica }) =>
      adopt === undefined ? replica?.region : adopt.replicaRegion,
    );
    const prefix = values.apply(({ prefix }) => trimmedPrefix(prefix ?? ''));
    const keep = keeping(this, args.deletionProtection ?? true);
    const lockRole = lock && makeLockRole(name, this, values.home, tags);
    const maintenanceRoleArns = pulumi
      .all([values.apply(({ maintenanceRoleArns }) => maintenanceRoleArns ?? []), lockRole?.arn])
      .apply(([given, lockRole]) => (lockRole === undefined ? given : [...given, lockRole]));

    const policyOf = (shared: boolean) => (bucketArn: pulumi.Input<string>, keyArn?: pulumi.Input<string>) =>
      pulumi
        .all([bucketArn, keyArn, prefix, home, maintenanceRoleArns])
        .apply(([bucketArn, keyArn, prefix, { account }, roles]) => {
          const access = {
            bucketArn,
            prefixes: guardedPrefixes(prefix),
            ...(keyArn !== undefined && { keyArn }),
            account,
            maintenanceRoleArns: roles,
          };
          return JSON.stringify(shared ? policyDocument(sharedBucketStatements(access)) : archiveBucketPolicy(access));
        });
    const placeOf = (bucketArn: pulumi.Input<string>, keyArn?: pulumi.Input<string>): pulumi.Output<ArchivePlace> =>
      pulumi
        .all([bucketArn, keyArn, prefix])
        .apply(([bucketArn, keyArn, prefix]) => ({ bucketArn, prefix, ...(keyArn !== undefined && { keyArn }) }));
    const arnOf = (bucketName: pulumi.Output<string>) =>
      pulumi.all([home, bucketName]).apply(([{ partition }, bucketName]) => `arn:${partition}:s3:::${bucketName}`);
    const lifecycle = pulumi
      .all([values, prefix])
      .apply(([{ lifecycle }, prefix]) =>
        lifecycleRules(lifecycle, prefix, adopt === undefined ? [''] : guardedPrefixes(prefix)),
      );

    this.region = region;
    this.prefix = prefix;
    this.lifecycleRulesJson = lifecycle.apply((rules) => JSON.stringify(rules));
    if (lockRole !== undefined) this.lockRoleArn = lockRole.arn;

    if (adopt !== undefined) {
      const policy = policyOf(true);
      this.bucketName = values.apply((values) => values.adopt!.bucketName);
      this.bucketArn = arnOf(this.bucketName);
      if (adopt.keyArn !== undefined) this.keyArn = values.apply((values) => values.adopt!.keyArn!);
      this.bucketPolicyJson = policy(this.bucketArn, this.keyArn);
      if (adopt.replicaBucketName !== undefined) {
        this.replicaBucketName = values.apply((values) => values.adopt!.replicaBucketName!);
        this.replicaBucketArn = arnOf(this.replicaBucketName);
        if (adopt.replicaKeyArn !== undefined)
          this.replicaKeyArn = values.apply((values) => values.adopt!.replicaKeyArn!);
        this.replicaBucketPolicyJson = policy(this.replicaBucketArn, this.replicaKeyArn);
      }
    } else {
      const bucketPolicy = policyOf(false);
      const key =
        args.keyArn === undefined
          ? makeArchiveKey({
              name: `${name}-key`,
              description: `Kafka archive ${name}`,
              owner: home,
              keeping: keep,
              tags,
            })
          : undefined;
      const keyArn = key?.arn ?? values.apply((values) => values.keyArn!);
      const made = makeArchiveBucket({
        name,
        region,
        bucketName: values.apply(({ bucketName }) => bucketName),
        keyArn,
        lifecycle,
        ...(lock !== undefined && { objectLock: lock }),
        policy: (bucketArn) => bucketPolicy(bucketArn, keyArn),
        keeping: keep,
        tags,
      });
      const ready: pulumi.Resource[] = [...made.guards];
      this.bucketArn = made.bucket.arn;
      this.keyArn = keyArn;
      this.bucketPolicyJson = made.policyJson;

      if (replica !== undefined) {
        const dependsOn: pulumi.Resource[] = [...made.guards];
        if (replica.bucketArn === undefined) {
          const elsewhere = values.apply(({ home, replica }) => ({ ...home, region: replica!.region }));
          const replicaKey =
            replica.keyArn === undefined
              ? makeArchiveKey({
                  name: `${name}-replica-key`,
                  description: `Replica of the Kafka archive ${name}`,
                  owner: elsewhere,
                  keeping: keep,
                  tags,
                })
              : undefined;
          const replicaKeyArn = replicaKey?.arn ?? values.apply((values) => values.replica!.keyArn!);
          const replicaBucket = makeArchiveBucket({
            name: `${name}-replica`,
            region: elsewhere.region,
            bucketName: values.apply((values) => values.replica!.bucketName),
            keyArn: replicaKeyArn,
            lifecycle,
            ...(lock !== undefined && { objectLock: lock }),
            policy: (bucketArn) => bucketPolicy(bucketArn, replicaKeyArn),
            keeping: keep,
            tags,
          });
          dependsOn.push(...replicaBucket.guards);
          this.replicaBucketArn = replicaBucket.bucket.arn;
          this.replicaBucketName = after(replicaBucket.bucket.bucket, replicaBucket.guards);
          this.replicaKeyArn = replicaKeyArn;
          this.replicaBucketPolicyJson = replicaBucket.policyJson;
        } else {
          this.replicaBucketArn = values.apply((values) => values.replica!.bucketArn!);
          this.replicaBucketName = this.replicaBucketArn.apply((arn) => arn.split(':::')[1]!);
          this.replicaKeyArn = values.apply((values) => values.replica!.keyArn!);
        }
        const { role, configuration } = makeReplication({
          name,
          parent: this,
          home,
          bucket: made.bucket.bucket,
          source: placeOf(this.bucketArn, this.keyArn),
          replica: pulumi
            .all([placeOf(this.replicaBucketArn, this.replicaKeyArn), values])
            .apply(([place, values]) => replicaPlace(place, values.replica!.accountId, values.home.account)),
          ...(replica.replicationRoleName !== undefined && { roleName: replica.replicationRoleName }),
          objectLock: lock !== undefined,
          dependsOn,
          tags,
        });
        ready.push(configuration);
        this.replicationRoleArn = role.arn;
      }
      // Whatever comes in before replication is on is never replicated.
      this.bucketName = after(made.bucket.bucket, ready);
    }

    const source = placeOf(this.bucketArn, this.keyArn);
    if (this.replicaBucketArn !== undefined) {
      const destination = pulumi
        .all([placeOf(this.replicaBucketArn, this.replicaKeyArn), values])
        .apply(([place, values]) => replicaPlace(place, values.replica?.accountId, values.home.account));
      this.replicaRegion = replicaRegion.apply((region) => region!);
      this.replicationRuleId = pulumi.output(REPLICATION_RULE);
      this.replicationPolicyJson = replicationPolicyJson(source, destination, lock !== undefined);
      this.replicationRulesJson = pulumi
        .all([source, destination])
        .apply(([source, destination]) => JSON.stringify([replicationRule(source, destination)]));
    }
    if (lock !== undefined && lockRole !== undefined) {
      const ownReplica =
        this.replicaBucketArn === undefined || replica?.accountId !== undefined
          ? undefined
          : placeOf(this.replicaBucketArn, this.replicaKeyArn);
      allowExtendingLocks(name, this, lockRole, lock, source, ownReplica);
    }
    this.registerOutputs({
      bucketName: this.bucketName,
      bucketArn: this.bucketArn,
      keyArn: this.keyArn,
      region: this.region,
      prefix: this.prefix,
      replicaBucketName: this.replicaBucketName,
      replicaBucketArn: this.replicaBucketArn,
      replicaKeyArn: this.replicaKeyArn,
      replicaRegion: this.replicaRegion,
      bucketPolicyJson: this.bucketPolicyJson,
      replicaBucketPolicyJson: this.replicaBucketPolicyJson,
      lifecycleRulesJson: this.lifecycleRulesJson,
      replicationRulesJson: this.replicationRulesJson,
      replicationPolicyJson: this.replicationPolicyJson,
      replicationRuleId: this.replicationRuleId,
      replicationRoleArn: this.replicationRoleArn,
      lockRoleArn: this.lockRoleArn,
    });
  }
}

function replicaPlace(place: ArchivePlace, accountId: string | undefined, ownAccount: string): ReplicaPlace {
  return accountId === undefined || accountId === ownAccount ? place : { ...place, otherAccount: accountId };
}
