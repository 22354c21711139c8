import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import type { AwsPlace } from '../policies/arn.ts';
import { archiveKeyPolicy } from '../policies/keys.ts';
import type { Keeping } from './keeping.ts';

export interface ArchiveKeyOptions {
  /** Of the resource in the program. */
  name: string;
  description: string;
  /** Account and region that the key is in. */
  owner: pulumi.Output<AwsPlace>;
  /** Role of another account that replicates into the bucket of this key. */
  replicationRoleArn?: pulumi.Input<string>;
  keeping: Keeping;
  tags?: pulumi.Input<Record<string, pulumi.Input<string>>>;
}

/** Whoever deletes the key deletes the archive: it waits for as long as AWS lets it. */
const DELETION_WINDOW_DAYS = 30;

export function makeArchiveKey(options: ArchiveKeyOptions): aws.kms.Key {
  const { name, description, owner, replicationRoleArn, keeping, tags } = options;
  const policy = pulumi
    .all([owner, replicationRoleArn])
    .apply(([owner, replicationRoleArn]) => JSON.stringify(archiveKeyPolicy({ ...owner, replicationRoleArn })));
  return new aws.kms.Key(
    name,
    {
      description,
      region: owner.region,
      enableKeyRotation: true,
      deletionWindowInDays: DELETION_WINDOW_DAYS,
      policy,
      tags,
    },
    keeping.data,
  );
}
