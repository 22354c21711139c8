import type * as pulumi from '@pulumi/pulumi';

/** Options of the resources of an archive. */
export interface Keeping {
  /** Of buckets and keys. */
  data: pulumi.CustomResourceOptions;
  /**
   * Of what guards a bucket: versioning, policy, rules. A bucket that is left behind keeps them: deleting the resources would
   * suspend its versions and open it.
   */
  guard: pulumi.CustomResourceOptions;
}

/**
 * Buckets and keys are kept together: a key that is deleted takes the bucket's data with it. Both options are always set, so that
 * the argument decides and no default of the stack or of a parent.
 */
export function keeping(parent: pulumi.Resource, deletionProtection: boolean): Keeping {
  return {
    data: { parent, protect: deletionProtection, retainOnDelete: deletionProtection },
    guard: { parent, retainOnDelete: deletionProtection },
  };
}
