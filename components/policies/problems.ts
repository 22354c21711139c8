import { readArn } from './arn.ts';
import { isClusterArn } from './cluster-resources.ts';
import type { PolicyDocument } from './document.ts';

/** Has the shape that Pulumi's InputPropertiesError takes. The reason goes on where the path ends: "topics[1] names a …". */
export interface PolicyProblem {
  propertyPath: string;
  reason: string;
}

/** What IAM calls its limits, in characters without white space (IAM and AWS STS quotas; S3, KMS, SNS and SQS quotas). */
const MOST_CHARACTERS = {
  /** All inline policies of a role together. */
  'inline role policy': 10_240,
  'managed policy': 6_144,
  'trust policy': 2_048,
  'bucket policy': 20_480,
  'key policy': 32_768,
  'topic policy': 30_720,
};

export function clusterArnProblems(propertyPath: string, arn: string): PolicyProblem[] {
  if (isClusterArn(arn)) return [];
  const reason =
    readArn(arn)?.service === 'kafka'
      ? `is not the ARN of a cluster: arn:…:cluster/NAME/UUID, without wildcards, not ${arn}`
      : `is not the ARN of an MSK cluster (arn:aws:kafka:REGION:ACCOUNT:cluster/NAME/UUID): ${arn}`;
  return [{ propertyPath, reason }];
}

/**
 * Topic patterns that no policy can express, and those that can match no topic.
 * @param wider name of the argument in which to give patterns for the policy alone; undefined where there is none
 */
export function topicPatternProblems(
  propertyPath: string,
  patterns: readonly string[],
  wider?: string,
): PolicyProblem[] {
  return patterns.flatMap((pattern, i) => {
    const reason = topicPatternProblem(pattern, wider);
    return reason === undefined ? [] : [{ propertyPath: `${propertyPath}[${i}]`, reason }];
  });
}

function topicPatternProblem(pattern: string, wider: string | undefined): string | undefined {
  if (pattern === '') return 'is empty';
  if (pattern.startsWith('~')) {
    const instead = wider === undefined ? 'give a pattern' : `give, in ${wider}, a pattern for the policy`;
    return `is a regular expression, which IAM does not have (${pattern}): ${instead} with * and ? that covers it`;
  }
  const strange = /[^A-Za-z0-9._*?-]/.exec(pattern)?.[0];
  if (strange !== undefined) return `can match no topic: no topic's name has the character ${strange} (${pattern})`;
  return pattern.replaceAll('*', '').length > 249 ? 'can match no topic: names end at 249 characters' : undefined;
}

/** Group ids may have any character, policies those up to U+00FF (IAM, "Grammar of the IAM JSON policy language"). */
export function groupPatternProblems(propertyPath: string, patterns: readonly string[]): PolicyProblem[] {
  return patterns.flatMap((pattern, i) => {
    const strange = /[^\u0020-\u00ff]|\u007f/u.exec(pattern)?.[0];
    if (pattern !== '' && strange === undefined) return [];
    const reason =
      pattern === ''
        ? 'is empty'
        : `has a character that policies cannot hold (U+${strange!.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}): put ? or * for it`;
    return [{ propertyPath: `${propertyPath}[${i}]`, reason }];
  });
}

/** What a drill's topics begin with decides what it may delete. */
export function drillPrefixProblems(propertyPath: string, prefix: string): PolicyProblem[] {
  if (/^[A-Za-z0-9._-]+$/.test(prefix)) return [];
  const reason =
    prefix === ''
      ? 'is empty: a drill could delete every topic'
      : `may have letters, digits, '.', '_' and '-' only, and no wildcards: ${prefix}`;
  return [{ propertyPath, reason }];
}

/**
 * A document that AWS would refuse for its length.
 * @param propertyPath the argument that makes it long
 */
export function sizeProblems(
  propertyPath: string,
  document: PolicyDocument,
  kind: keyof typeof MOST_CHARACTERS,
): PolicyProblem[] {
  const size = policySize(document);
  const most = MOST_CHARACTERS[kind];
  if (size <= most) return [];
  const reason = `is too long: ${kind} of ${size} characters, and AWS takes ${most}; cover several names by a pattern with *`;
  return [{ propertyPath, reason }];
}

/** As IAM counts: without white space. */
export function policySize(document: PolicyDocument): number {
  return JSON.stringify(document).replace(/\s/g, '').length;
}
