import * as pulumi from '@pulumi/pulumi';
import { after, makeArchiveBucket } from './archive/bucket.ts';
import { checkedArchive } from './archive/check-archive.ts';
import { guardedPrefixes } from './archive/guarded-prefixes.ts';
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
import { homeOf } from './arguments/home.ts';
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
   * ARN of the KMS key of that one; needed with `keyArn`: S3 replicates what a KMS key encrypts only with a key of the replica.
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
    const parent = this;
    const home = values.home;
    const prefix = values.apply(({ prefix }) => trimmedPrefix(prefix ?? ''));
    const lock = args.objectLock && values.apply(({ objectLock }) => objectLock as ObjectLockValues);
    const lockRole = lock && makeLockRole(name, this, home, tags);
    const keep = keeping(this, args.deletionProtection ?? true);
    const lifecycle = pulumi
      .all([values, prefix])
      .apply(([{ lifecycle }, prefix]) =>
        lifecycleRules(lifecycle, prefix, adopt === undefined ? [''] : guardedPrefixes(prefix)),
      );

    const archive = adopt === undefined ? createBucket() : adoptBucket(adopt);
    const copy = adopt === undefined ? replica && createReplica(replica) : adoptReplica(adopt);
    const source = placeOf(archive);
    const destination = copy && destinationOf(copy);
    const replication = adopt === undefined && destination !== undefined ? replicate(destination) : undefined;
    if (lock !== undefined && lockRole !== undefined) {
      const ownReplica = copy === undefined || replica?.accountId !== undefined ? undefined : placeOf(copy);
      allowExtendingLocks(name, this, lockRole, lock, source, ownReplica);
      this.lockRoleArn = lockRole.arn;
    }

    // Whatever comes in before replication is on is never replicated.
    this.bucketName = after(
      archive.bucketName,
      replication ? [...archive.guards, replication.configuration] : archive.guards,
    );
    this.bucketArn = archive.bucketArn;
    if (archive.keyArn !== undefined) this.keyArn = archive.keyArn;
    this.region = home.region;
    this.prefix = prefix;
    this.bucketPolicyJson = archive.policyJson;
    this.lifecycleRulesJson = lifecycle.apply((rules) => JSON.stringify(rules));
    if (copy !== undefined && destination !== undefined) {
      this.replicaBucketName = after(copy.bucketName, copy.guards);
      this.replicaBucketArn = copy.bucketArn;
      if (copy.keyArn !== undefined) this.replicaKeyArn = copy.keyArn;
      this.replicaRegion = values.apply(({ adopt, replica }) => (adopt?.replicaRegion ?? replica?.region)!);
      if (copy.policyJson !== undefined) this.replicaBucketPolicyJson = copy.policyJson;
      this.replicationRuleId = pulumi.output(REPLICATION_RULE);
      this.replicationPolicyJson = replicationPolicyJson(source, destination, lock !== undefined);
      this.replicationRulesJson = pulumi
        .all([source, destination])
        .apply(([source, destination]) => JSON.stringify([replicationRule(source, destination)]));
    }
    if (replication !== undefined) this.replicationRoleArn = replication.role.arn;
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

    function createBucket() {
      const keyArn =
        args.keyArn === undefined
          ? makeArchiveKey({
              name: `${name}-key`,
              description: `Kafka archive ${name}`,
              owner: home,
              keeping: keep,
              tags,
            }).arn
          : values.apply((values) => values.keyArn!);
      const bucketName = values.apply((values) => values.bucketName);
      return guardedBucket(name, home.region, bucketName, keyArn);
    }

    function createReplica({ keyArn: given, bucketArn }: ReplicaArgs): Place & { policyJson?: pulumi.Output<string> } {
      const replicaOf = <T>(read: (replica: pulumi.Unwrap<ReplicaArgs>) => T) =>
        values.apply(({ replica }) => read(replica!));
      if (bucketArn !== undefined) {
        const bucketArn = replicaOf((replica) => replica.bucketArn!);
        const bucketName = bucketArn.apply((arn) => arn.split(':::')[1]!);
        return { bucketName, bucketArn, keyArn: replicaOf((replica) => replica.keyArn!), guards: [] };
      }
      const elsewhere = values.apply(({ home, replica }) => ({ ...home, region: replica!.region }));
      const keyArn =
        given === undefined
          ? makeArchiveKey({
              name: `${name}-replica-key`,
              description: `Replica of the Kafka archive ${name}`,
              owner: elsewhere,
              keeping: keep,
              tags,
            }).arn
          : replicaOf((replica) => replica.keyArn!);
      const bucketName = replicaOf((replica) => replica.bucketName);
      return guardedBucket(`${name}-replica`, elsewhere.region, bucketName, keyArn);
    }

    function adoptBucket(adopt: AdoptedBucketArgs) {
      const bucketName = values.apply((values) => values.adopt!.bucketName);
      const keyArn = adopt.keyArn === undefined ? undefined : values.apply((values) => values.adopt!.keyArn!);
      return sharedBucket(bucketName, keyArn);
    }

    function adoptReplica(adopt: AdoptedBucketArgs) {
      if (adopt.replicaBucketName === undefined) return undefined;
      const bucketName = values.apply((values) => values.adopt!.replicaBucketName!);
      const keyArn = adopt.replicaKeyArn === undefined ? undefined : values.apply(({ adopt }) => adopt!.replicaKeyArn!);
      return sharedBucket(bucketName, keyArn);
    }

    function guardedBucket(
      name: string,
      region: pulumi.Output<string>,
      bucketName: pulumi.Output<string | undefined>,
      keyArn: pulumi.Output<string>,
    ) {
      const { bucket, policyJson, guards } = makeArchiveBucket({
        name,
        region,
        bucketName,
        keyArn,
        lifecycle,
        ...(lock !== undefined && { objectLock: lock }),
        policy: (bucketArn) =>
          accessTo(bucketArn, keyArn).apply((access) => JSON.stringify(archiveBucketPolicy(access))),
        keeping: keep,
        tags,
      });
      return { bucketName: bucket.bucket, bucketArn: bucket.arn, keyArn, policyJson, guards };
    }

    function sharedBucket(bucketName: pulumi.Output<string>, keyArn: pulumi.Output<string> | undefined) {
      const bucketArn = pulumi
        .all([home, bucketName])
        .apply(([{ partition }, bucketName]) => `arn:${partition}:s3:::${bucketName}`);
      const policyJson = accessTo(bucketArn, keyArn).apply((access) =>
        JSON.stringify(policyDocument(sharedBucketStatements(access))),
      );
      return { bucketName, bucketArn, policyJson, guards: [], ...(keyArn !== undefined && { keyArn }) };
    }

    function accessTo(bucketArn: pulumi.Output<string>, keyArn: pulumi.Output<string> | undefined) {
      return pulumi
        .all([bucketArn, keyArn, prefix, values, lockRole?.arn])
        .apply(([bucketArn, keyArn, prefix, { home, maintenanceRoleArns = [] }, lockRoleArn]) => ({
          bucketArn,
          prefixes: guardedPrefixes(prefix),
          ...(keyArn !== undefined && { keyArn }),
          account: home.account,
          maintenanceRoleArns: lockRoleArn === undefined ? maintenanceRoleArns : [...maintenanceRoleArns, lockRoleArn],
        }));
    }

    function placeOf({ bucketArn, keyArn }: Place): pulumi.Output<ArchivePlace> {
      return pulumi
        .all([bucketArn, keyArn, prefix])
        .apply(([bucketArn, keyArn, prefix]) => ({ bucketArn, prefix, ...(keyArn !== undefined && { keyArn }) }));
    }

    function destinationOf(copy: Place): pulumi.Output<ReplicaPlace> {
      return pulumi.all([placeOf(copy), values]).apply(([place, { replica, home }]) => {
        const owner = replica?.accountId;
        return owner === undefined || owner === home.account ? place : { ...place, otherAccount: owner };
      });
    }

    function replicate(destination: pulumi.Output<ReplicaPlace>) {
      return makeReplication({
        name,
        parent,
        home,
        bucket: archive.bucketName,
        source,
        replica: destination,
        ...(replica?.replicationRoleName !== undefined && { roleName: replica.replicationRoleName }),
        objectLock: lock !== undefined,
        dependsOn: [...archive.guards, ...(copy?.guards ?? [])],
        tags,
      });
    }
  }
}

/** A bucket, made or adopted. */
interface Place {
  bucketName: pulumi.Output<string>;
  bucketArn: pulumi.Output<string>;
  keyArn?: pulumi.Output<string>;
  /** What has to be there before an object may come in. */
  guards: pulumi.Resource[];
}
