import type * as pulumi from '@pulumi/pulumi';
import type { ArchivePlace } from '../policies/archive-place.ts';
import { readArn } from '../policies/arn.ts';
import type { ArgumentProblem } from './refuse.ts';

/** Where an archive is. */
export interface ArchiveLocationArgs {
  /** The bucket. Example: `orders-archive-1a2b3c4`. */
  bucketName: pulumi.Input<string>;
  /** The bucket's region. Default: that of the component. */
  region?: pulumi.Input<string>;
  /** Prefix of the archive in the bucket; slashes at either end do not count. Default: none, the whole bucket. Example: `msk/orders`. */
  prefix?: pulumi.Input<string>;
  /** KMS key with which the bucket encrypts, for the role's policy. Default: none, S3's own keys. */
  keyArn?: pulumi.Input<string>;
}

export type ArchiveLocation = pulumi.Unwrap<ArchiveLocationArgs>;

export function archiveLocationProblems(
  archive: ArchiveLocation | undefined,
  propertyPath = 'archive',
): ArgumentProblem[] {
  const at = (key: keyof ArchiveLocation, reason: string) => ({ propertyPath: `${propertyPath}.${key}`, reason });
  if (archive === undefined || archive === null)
    return [at('bucketName', 'is missing: name the bucket of the archive')];
  const { bucketName, region, prefix, keyArn } = archive;
  const problems: ArgumentProblem[] = [];
  // Amazon S3 user guide, "General purpose bucket naming rules"
  if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(bucketName ?? '')) {
    problems.push(at('bucketName', bucketName ? `is not the name of a bucket: ${bucketName}` : 'is missing'));
  }
  problems.push(...regionProblems(region, `${propertyPath}.region`));
  if (prefix !== undefined) {
    if (prefix.split('/').some((part) => part === '.' || part === '..')) {
      problems.push(at('prefix', `must not have . or .. between its slashes: ${prefix}`));
    } else if (prefix.startsWith('s3://')) {
      problems.push(at('prefix', `is the part behind the bucket, without s3:// and bucket: ${prefix}`));
    }
  }
  if (keyArn !== undefined) {
    const { service, resource } = readArn(keyArn) ?? {};
    if (service !== 'kms' || !resource?.startsWith('key/')) {
      problems.push(at('keyArn', `is not the ARN of a KMS key (of the key itself, not of an alias): ${keyArn}`));
    }
  }
  return problems;
}

export function regionProblems(region: string | undefined, propertyPath: string): ArgumentProblem[] {
  if (region === undefined || /^[a-z]{2,}(-[a-z]+)+-\d+$/.test(region)) return [];
  return [{ propertyPath, reason: `is not the name of a region, such as eu-west-1: ${region || 'it is empty'}` }];
}

/** For the policies. @param partition `aws`, `aws-cn`, … of the bucket's region */
export function placeOf({ bucketName, prefix = '', keyArn }: ArchiveLocation, partition: string): ArchivePlace {
  return {
    bucketArn: `arn:${partition}:s3:::${bucketName}`,
    prefix,
    ...(keyArn !== undefined && { keyArn }),
  };
}
