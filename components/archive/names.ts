import { readArn } from '../policies/arn.ts';
import type { PolicyProblem } from '../policies/problems.ts';

/** Pulumi adds a hyphen and seven digits to the names that it makes. */
const MADE_SUFFIX = 8;
const MOST = 63;

export function bucketNameProblems(propertyPath: string, bucketName: string | undefined): PolicyProblem[] {
  if (bucketName === undefined || isBucketName(bucketName)) return [];
  const reason = `is not the name of a bucket (3 to 63 lower-case letters, digits, hyphens and dots): ${bucketName}`;
  return [{ propertyPath, reason }];
}

/**
 * Whether a bucket can be named after the component.
 * @param logicalName of the bucket in the program, which its name begins with
 */
export function madeNameProblems(propertyPath: string, logicalName: string): PolicyProblem[] {
  const made = logicalName.toLowerCase();
  if (made.length + MADE_SUFFIX > MOST) {
    const reason = `is needed: ${logicalName} and ${MADE_SUFFIX} characters more are too long for the name of a bucket (${MOST})`;
    return [{ propertyPath, reason }];
  }
  if (isBucketName(made)) return [];
  return [
    {
      propertyPath,
      reason: `is needed: the component's name has characters that a bucket's cannot have (${logicalName})`,
    },
  ];
}

function isBucketName(name: string): boolean {
  return /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name) && !name.includes('..') && !/^[\d.]+$/.test(name);
}

export function bucketArnProblems(propertyPath: string, arn: string | undefined): PolicyProblem[] {
  if (arn === undefined) return [];
  const bucket = readArn(arn);
  if (bucket?.service === 's3' && bucket.region === '' && isBucketName(bucket.resource)) return [];
  return [{ propertyPath, reason: `is not the ARN of a bucket (arn:aws:s3:::NAME): ${arn}` }];
}

/** @param region that the bucket is in; undefined while it is not known */
export function keyArnProblems(
  propertyPath: string,
  arn: string | undefined,
  region: string | undefined,
): PolicyProblem[] {
  if (arn === undefined) return [];
  const key = readArn(arn);
  if (key?.service !== 'kms' || !key.resource.startsWith('key/')) {
    const alias = key?.service === 'kms' ? ': an alias may change to another key' : '';
    return [
      { propertyPath, reason: `is not the ARN of a KMS key (arn:aws:kms:REGION:ACCOUNT:key/ID)${alias}: ${arn}` },
    ];
  }
  if (region === undefined || key.region === region) return [];
  return [{ propertyPath, reason: `is a key of ${key.region}, and the bucket is in ${region}: ${arn}` }];
}

export function roleArnProblems(propertyPath: string, arn: string | undefined): PolicyProblem[] {
  if (arn === undefined) return [];
  const role = readArn(arn);
  if (role?.service === 'iam' && /^role\/[^*?]+$/.test(role.resource)) return [];
  return [
    { propertyPath, reason: `is not the ARN of a role (arn:aws:iam::ACCOUNT:role/NAME), without wildcards: ${arn}` },
  ];
}

export function roleArnsProblems(propertyPath: string, arns: readonly string[] | undefined): PolicyProblem[] {
  return (arns ?? []).flatMap((arn, i) => roleArnProblems(`${propertyPath}[${i}]`, arn));
}

export function regionProblems(propertyPath: string, region: string | undefined): PolicyProblem[] {
  if (region === undefined || /^[a-z]{2}(-[a-z]+)+-\d$/.test(region)) return [];
  return [{ propertyPath, reason: `is not the name of a region such as us-east-1: ${region}` }];
}

export function accountProblems(propertyPath: string, account: string | undefined): PolicyProblem[] {
  if (account === undefined || /^\d{12}$/.test(account)) return [];
  return [{ propertyPath, reason: `is not the number of an account, twelve digits: ${account}` }];
}

/** As the runtime's configuration takes them, in what policies can hold, and short enough for keys and names made of them. */
export function prefixProblems(propertyPath: string, prefix: string | undefined): PolicyProblem[] {
  if (prefix === undefined) return [];
  if (prefix.split('/').some((part) => part === '.' || part === '..'))
    return [{ propertyPath, reason: `must not have . or .. between its slashes: ${prefix}` }];
  if (/[^\u0020-\u00ff]|\u007f/u.test(prefix))
    return [{ propertyPath, reason: `has a character that policies cannot hold: ${prefix}` }];
  return prefix.length > 200 ? [{ propertyPath, reason: `has more than 200 characters: ${prefix}` }] : [];
}
