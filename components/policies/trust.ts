import { type AwsPlace, parseArn } from './arn.ts';
import { type PolicyDocument, policyDocument } from './document.ts';

/**
 * Who may take a role. Each names the account and the resource on whose behalf the service acts, so that nobody makes the
 * service use our role for something of theirs ("confused deputy").
 */
export function taskTrustPolicy({ partition, region, account }: AwsPlace): PolicyDocument {
  // Amazon ECS developer guide, "Task IAM role"; ECS does not tell which cluster.
  return trust('ecs-tasks.amazonaws.com', account, `arn:${partition}:ecs:${region}:${account}:*`, 'always told');
}

/** For the execution role AWS documents no such condition. */
export function executionTrustPolicy({ partition, region, account }: AwsPlace): PolicyDocument {
  return trust('ecs-tasks.amazonaws.com', account, `arn:${partition}:ecs:${region}:${account}:*`, 'where told');
}

/** @param scheduleGroupArn of the group of schedules: "Do not scope the aws:SourceArn statement to a specific schedule" (user guide) */
export function schedulerTrustPolicy(scheduleGroupArn: string): PolicyDocument {
  return trust('scheduler.amazonaws.com', parseArn(scheduleGroupArn).account, scheduleGroupArn, 'always told');
}

/** For replication AWS documents no such condition, and replication that cannot take its role stops without a word. */
export function replicationTrustPolicy(sourceBucketArn: string, account: string): PolicyDocument {
  return trust('s3.amazonaws.com', account, sourceBucketArn, 'where told');
}

/** Nor for functions. */
export function functionTrustPolicy(functionArn: string): PolicyDocument {
  return trust('lambda.amazonaws.com', parseArn(functionArn).account, functionArn, 'where told');
}

/** @param told a condition on something that the service does not tell would lock it out; `where told` lets it in then */
function trust(
  service: string,
  account: string,
  sourceArn: string,
  told: 'always told' | 'where told',
): PolicyDocument {
  const ifExists = told === 'always told' ? '' : 'IfExists';
  return policyDocument([
    {
      Effect: 'Allow',
      Principal: { Service: service },
      Action: ['sts:AssumeRole'],
      Condition: {
        [`StringEquals${ifExists}`]: { 'aws:SourceAccount': account },
        [`ArnLike${ifExists}`]: { 'aws:SourceArn': sourceArn },
      },
    },
  ]);
}
