import * as pulumi from '@pulumi/pulumi';
import { after, makeArchiveBucket } from './archive/bucket.ts';
import { guardedPrefixes } from './archive/guarded-prefixes.ts';
import { keeping } from './archive/keeping.ts';
import { makeArchiveKey } from './archive/key.ts';
import { lifecycleProblems, lifecycleRules } from './archive/lifecycle.ts';
import { allowExtendingLocks, makeLockRole } from './archive/lock-role.ts';
import {
  bucketNameProblems,
  keyArnProblems,
  madeNameProblems,
  prefixProblems,
  roleArnProblems,
  roleArnsProblems,
} from './archive/names.ts';
import { type ObjectLockValues, objectLockProblems } from './archive/object-lock.ts';
import type { ArchiveRulesArgs } from './archive/rules-args.ts';
import { checked } from './arguments/checked.ts';
import { homeOf } from './arguments/home.ts';
import type { ArgumentProblem } from './arguments/refuse.ts';
import { archiveBucketPolicy } from './policies/archive-bucket.ts';
import { trimmedPrefix } from './policies/archive-place.ts';
import { parseArn } from './policies/arn.ts';

export interface ReplicaArchiveArgs extends ArchiveRulesArgs {
  /**
   * ARN of the role that replicates into this bucket, of the account that has the archive:
   * `arn:aws:iam::111122223333:role/orders-replication`. It need not exist yet: `replica.replicationRoleName` of the
   * `BackupArchive` gives it that name.
   */
  sourceReplicationRoleArn: pulumi.Input<string>;
  /**
   * Name of the bucket.
   * @default the component's name and some digits
   */
  bucketName?: pulumi.Input<string>;
  /**
   * ARN of a KMS key of this account and region. Its policy must let the replication role use it for `kms:Encrypt` and
   * `kms:GenerateDataKey`, and the account's IAM policies decide about the rest.
   * @default a key is made, with rotation and that policy: 1 USD a month
   */
  keyArn?: pulumi.Input<string>;
}

/**
 * The replica of an archive of another account, deployed with that account's provider in the replica's region, before the
 * `BackupArchive` that names it. Give both the same `prefix` and `objectLock`.
 */
export class ReplicaArchive extends pulumi.ComponentResource {
  /** Resolves when replicas may come in: after everything that guards the bucket. */
  readonly bucketName: pulumi.Output<string>;
  /** For `replica.bucketArn` of the BackupArchive. */
  readonly bucketArn: pulumi.Output<string>;
  /** For `replica.keyArn` of the BackupArchive. */
  readonly keyArn: pulumi.Output<string>;
  /** For `replica.accountId` of the BackupArchive. */
  readonly accountId: pulumi.Output<string>;
  /** For `replica.region` of the BackupArchive. */
  readonly region: pulumi.Output<string>;
  readonly bucketPolicyJson: pulumi.Output<string>;
  /** Of a task in this account that extends locks (`msk-backup locks extend`). Undefined without `objectLock`. */
  readonly lockRoleArn?: pulumi.Output<string>;

  constructor(name: string, args: ReplicaArchiveArgs, opts?: pulumi.ComponentResourceOptions) {
    super('msk-backup:index:ReplicaArchive', name, args, opts);
    const { tags } = args;
    const values = checkedReplica(name, args, homeOf(this));
    const home = values.home;
    const keep = keeping(this, args.deletionProtection ?? true);
    const lock = args.objectLock && values.objectLock.apply((lock) => lock as ObjectLockValues);
    const lockRole = lock && makeLockRole(name, this, home, tags);
    const prefix = values.apply(({ prefix }) => trimmedPrefix(prefix ?? ''));
    const replicationRoleArn = values.sourceReplicationRoleArn;

    const keyArn =
      args.keyArn === undefined
        ? makeArchiveKey({
            name: `${name}-key`,
            description: `Replica of a Kafka archive ${name}`,
            owner: home,
            replicationRoleArn,
            keeping: keep,
            tags,
          }).arn
        : values.apply(({ keyArn }) => keyArn!);
    const made = makeArchiveBucket({
      name,
      region: home.region,
      bucketName: values.apply(({ bucketName }) => bucketName),
      keyArn,
      lifecycle: pulumi.all([values.lifecycle, prefix]).apply(([rules, prefix]) => lifecycleRules(rules, prefix, [''])),
      ...(lock !== undefined && { objectLock: lock }),
      policy: (bucketArn) =>
        pulumi
          .all([bucketArn, keyArn, values, prefix, lockRole?.arn])
          .apply(([bucketArn, keyArn, values, prefix, lockRoleArn]) =>
            JSON.stringify(
              archiveBucketPolicy({
                bucketArn,
                prefixes: guardedPrefixes(prefix),
                keyArn,
                account: values.home.account,
                maintenanceRoleArns: [...(values.maintenanceRoleArns ?? []), ...(lockRoleArn ? [lockRoleArn] : [])],
                replicationRoleArn: values.sourceReplicationRoleArn,
              }),
            ),
          ),
      keeping: keep,
      tags,
    });
    if (lock !== undefined && lockRole !== undefined) {
      const place = pulumi
        .all([made.bucket.arn, keyArn, prefix])
        .apply(([bucketArn, keyArn, prefix]) => ({ bucketArn, keyArn, prefix }));
      allowExtendingLocks(name, this, lockRole, lock, place);
      this.lockRoleArn = lockRole.arn;
    }
    this.bucketName = after(made.bucket.bucket, made.guards);
    this.bucketArn = after(made.bucket.arn, made.guards);
    this.keyArn = keyArn;
    this.accountId = home.account;
    this.region = home.region;
    this.bucketPolicyJson = made.policyJson;
    this.registerOutputs({
      bucketName: this.bucketName,
      bucketArn: this.bucketArn,
      keyArn: this.keyArn,
      accountId: this.accountId,
      region: this.region,
      bucketPolicyJson: this.bucketPolicyJson,
      lockRoleArn: this.lockRoleArn,
    });
  }
}

function checkedReplica(name: string, args: ReplicaArchiveArgs, home: ReturnType<typeof homeOf>) {
  const { prefix, bucketName, keyArn, sourceReplicationRoleArn, objectLock, maintenanceRoleArns } = args;
  const { packStorageClass, packTransitionDays, oldVersionDays } = args;
  return checked(
    'ReplicaArchive',
    name,
    {
      named: bucketName === undefined ? [`${name}-bucket`] : [],
      sourceReplicationRoleArn,
      prefix,
      bucketName,
      keyArn,
      objectLock,
      lifecycle: { packStorageClass, packTransitionDays, oldVersionDays },
      maintenanceRoleArns,
      home,
    },
    {
      named: (names) => names.flatMap((it) => madeNameProblems('bucketName', it)),
      sourceReplicationRoleArn: (value, path) =>
        value === undefined ? [{ propertyPath: path, reason: 'is missing' }] : roleArnProblems(path, value),
      prefix: (value, path) => prefixProblems(path, value),
      bucketName: (value, path) => bucketNameProblems(path, value),
      keyArn: (value, path) => keyArnProblems(path, value, undefined),
      objectLock: (value, path) => (value === undefined ? [] : objectLockProblems(path, value)),
      lifecycle: (value) => lifecycleProblems(value),
      maintenanceRoleArns: (value, path) => roleArnsProblems(path, value),
    },
    ({ home, keyArn, sourceReplicationRoleArn }) => [
      ...(keyArnProblems('keyArn', keyArn, undefined).length > 0 ? [] : keyArnProblems('keyArn', keyArn, home.region)),
      ...ownAccount(sourceReplicationRoleArn, home.account),
    ],
  );
}

function ownAccount(roleArn: string, account: string): ArgumentProblem[] {
  if (roleArnProblems('', roleArn).length > 0 || parseArn(roleArn).account !== account) return [];
  const reason = `is a role of this account: replica of BackupArchive makes a replica in the archive's own account (${roleArn})`;
  return [{ propertyPath: 'sourceReplicationRoleArn', reason }];
}
