import { readArn } from '../policies/arn.ts';
import type { ArgumentProblem } from './refuse.ts';

/** A check of an argument that may not be left out. */
export function required<T>(check: (value: T, propertyPath: string) => ArgumentProblem[]) {
  return (value: T, propertyPath: string): ArgumentProblem[] =>
    value === undefined || value === null || value === ''
      ? [{ propertyPath, reason: 'is missing' }]
      : check(value, propertyPath);
}

/**
 * A check that an argument is the ARN of one thing; undefined passes.
 * @param what names it, with its article: `an ECS cluster`
 * @param shape what the ARN looks like: `arn:aws:ecs:REGION:ACCOUNT:cluster/NAME`
 * @param resource that the last part matches
 */
export function arnOf(what: string, shape: string, resource: RegExp) {
  const service = shape.split(':')[2];
  return (value: string | undefined, propertyPath: string): ArgumentProblem[] => {
    if (value === undefined) return [];
    const arn = readArn(value);
    if (arn !== undefined && arn.service === service && arn.account !== '' && resource.test(arn.resource)) return [];
    return [{ propertyPath, reason: `is not the ARN of ${what} (${shape}): ${value}` }];
  };
}

export const ecsClusterArn = arnOf('an ECS cluster', 'arn:aws:ecs:REGION:ACCOUNT:cluster/NAME', /^cluster\/[^/]+$/);
export const taskDefinitionArn = arnOf(
  'a task definition',
  'arn:aws:ecs:REGION:ACCOUNT:task-definition/FAMILY:REVISION',
  /^task-definition\/[^/:]+(:\d+)?$/,
);
export const roleArn = arnOf('a role', 'arn:aws:iam::ACCOUNT:role/NAME', /^role\/.+/);
export const topicArn = arnOf('an SNS topic', 'arn:aws:sns:REGION:ACCOUNT:NAME', /^[A-Za-z0-9_-]+$/);
/** Neither EventBridge nor Lambda send what they could not deliver to a FIFO queue. */
export const queueArn = arnOf('a standard SQS queue', 'arn:aws:sqs:REGION:ACCOUNT:NAME', /^[A-Za-z0-9_-]+$/);
