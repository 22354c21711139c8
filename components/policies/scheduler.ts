import { parseArn } from './arn.ts';
import { allow, type PolicyDocument, policyDocument } from './document.ts';

export interface SchedulerAccess {
  /** Of the ECS cluster. */
  ecsClusterArn: string;
  /** As the schedules name them: with a revision, or without one for the newest. */
  taskDefinitionArns: readonly string[];
  /** Task and execution role of these task definitions. */
  taskRoleArns: readonly string[];
  /** Where calls go that ECS has refused to the end. */
  deadLetterQueueArn?: string;
}

/** Of the role with which EventBridge Scheduler starts tasks. */
export function schedulerPolicy(access: SchedulerAccess): PolicyDocument {
  const { ecsClusterArn, taskDefinitionArns, taskRoleArns, deadLetterQueueArn } = access;
  return policyDocument([
    allow(
      'TasksRun',
      // RunTask, in this cluster
      ['ecs:RunTask'],
      [...taskDefinitionArns].sort(),
      { ArnEquals: { 'ecs:cluster': ecsClusterArn } },
    ),
    allow(
      'TasksTag',
      // RunTask with tags, its own or those of the task definition
      ['ecs:TagResource'],
      [tasksOf(ecsClusterArn)],
      { StringEquals: { 'ecs:CreateAction': 'RunTask' } },
    ),
    allow(
      'TaskRolesPass',
      // RunTask hands the roles to the task
      ['iam:PassRole'],
      [...taskRoleArns].sort(),
      { StringEquals: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' } },
    ),
    ...(deadLetterQueueArn === undefined
      ? []
      : [
          allow(
            'DeadLetters',
            // Scheduler sends what it could not deliver with this role, not by the queue's policy
            ['sqs:SendMessage'],
            [deadLetterQueueArn],
          ),
        ]),
  ]);
}

/** `arn:P:ecs:R:A:cluster/NAME` has the tasks `arn:P:ecs:R:A:task/NAME/ID`. */
function tasksOf(ecsClusterArn: string): string {
  const { partition, region, account, resource } = parseArn(ecsClusterArn);
  return `arn:${partition}:ecs:${region}:${account}:task/${resource.replace(/^cluster\//, '')}/*`;
}
