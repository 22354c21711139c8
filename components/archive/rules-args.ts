import type * as pulumi from '@pulumi/pulumi';
import type { LifecycleArgs } from './lifecycle.ts';
import type { ObjectLockArgs } from './object-lock.ts';

/** What the bucket of an archive and that of its replica are told alike. */
export interface ArchiveRulesArgs extends LifecycleArgs {
  /**
   * Where the archive lies in the bucket, as `storage.prefix` of the runtime's configuration: `msk/orders`. Journals of restores
   * lie beside it, under `msk/orders-restores`.
   * @default '' the bucket's root
   */
  prefix?: pulumi.Input<string>;
  /**
   * ARNs of roles that may delete objects of the archive or change for how long they are locked, as far as their own policies
   * let them: the role that prunes. Nobody else may, except the account's root user.
   * @default [] none
   */
  maintenanceRoleArns?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Protects buckets and keys: a deployment that would delete one is refused, and one whose protection is taken off in the stack's
   * state only is left in AWS. Give false and deploy before you destroy an archive on purpose; a bucket with objects in it is not
   * deleted even then.
   * @default true
   */
  deletionProtection?: boolean;
  /**
   * Object Lock, on the bucket and its replica alike. It cannot be turned off again. What kept snapshots need has to be locked
   * anew from time to time: `MskBackup` schedules that, and `msk-backup locks extend` does it.
   * @default none
   */
  objectLock?: ObjectLockArgs;
  /** Tags of all resources. Default none. */
  tags?: pulumi.Input<Record<string, pulumi.Input<string>>>;
}
