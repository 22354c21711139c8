import type * as pulumi from '@pulumi/pulumi';
import type { PolicyProblem } from '../policies/problems.ts';

/** Object Lock: for how long S3 itself refuses to delete what a backup has written. */
export interface ObjectLockArgs {
  /**
   * `GOVERNANCE`: roles with `s3:BypassGovernanceRetention` may still delete. `COMPLIANCE`: nobody may until the time is over, not
   * even the account's root user, and an archive that was a mistake is paid for until then.
   */
  mode: pulumi.Input<string>;
  /**
   * Days for which each new object is locked, 4 to 36500. What kept snapshots need is locked anew before half of it is over, by a
   * daily task, which so has a second try; and this is how long a snapshot stays at least after it has been pruned.
   */
  days: pulumi.Input<number>;
}

export interface ObjectLockValues {
  mode: 'GOVERNANCE' | 'COMPLIANCE';
  days: number;
}

const MODES = ['GOVERNANCE', 'COMPLIANCE'];

/** @param lock what is known of it: undefined for what resolves later */
export function objectLockProblems(propertyPath: string, lock: { mode?: string; days?: number }): PolicyProblem[] {
  const { mode, days } = lock;
  const problems: PolicyProblem[] = [];
  if (mode !== undefined && !MODES.includes(mode))
    problems.push({ propertyPath: `${propertyPath}.mode`, reason: `is GOVERNANCE or COMPLIANCE, not ${mode}` });
  if (days !== undefined && !(Number.isInteger(days) && days >= 4 && days <= 36_500))
    problems.push({ propertyPath: `${propertyPath}.days`, reason: `is a whole number from 4 to 36500, not ${days}` });
  return problems;
}
