import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import type { ArchivePlace } from '../policies/archive-place.ts';
import type { AwsPlace } from '../policies/arn.ts';
import { retentionPolicy } from '../policies/retention.ts';
import { taskTrustPolicy } from '../policies/trust.ts';
import type { ObjectLockValues } from './object-lock.ts';

/** The role of the task that extends locks. Made before the buckets, whose policies name it. */
export function makeLockRole(
  name: string,
  parent: pulumi.Resource,
  home: pulumi.Output<AwsPlace>,
  tags?: pulumi.Input<Record<string, pulumi.Input<string>>>,
): aws.iam.Role {
  return new aws.iam.Role(
    `${name}-lock-role`,
    {
      description: 'Extends the Object Lock of what the snapshots of a Kafka archive need',
      assumeRolePolicy: home.apply((home) => JSON.stringify(taskTrustPolicy(home))),
      tags,
    },
    { parent },
  );
}

export function allowExtendingLocks(
  name: string,
  parent: pulumi.Resource,
  role: aws.iam.Role,
  lock: pulumi.Output<ObjectLockValues>,
  archive: pulumi.Output<ArchivePlace>,
  replica?: pulumi.Output<ArchivePlace>,
): aws.iam.RolePolicy {
  const policy = pulumi
    .all([lock, archive, replica])
    .apply(([{ mode, days }, archive, replica]) =>
      JSON.stringify(retentionPolicy({ archive, ...(replica !== undefined && { replica }), mode, days })),
    );
  return new aws.iam.RolePolicy(`${name}-lock-policy`, { role: role.name, policy }, { parent });
}
