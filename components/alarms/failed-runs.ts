import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import { CONTAINER_NAME } from '../task/container-name.ts';

export interface WatchedTask {
  ecsClusterArn: string;
  /** With a revision or without. */
  taskDefinitionArn: string;
}

/**
 * Events of tasks that stopped and did not succeed: whose container ended with another code than 0, and those that never started,
 * which have no exit code at all. Of every revision of the task definition, and of this cluster.
 */
export function failedRunPattern({ ecsClusterArn, taskDefinitionArn }: WatchedTask) {
  return {
    source: ['aws.ecs'],
    'detail-type': ['ECS Task State Change'],
    detail: {
      clusterArn: [ecsClusterArn],
      taskDefinitionArn: [{ prefix: `${taskDefinitionArn.replace(/:\d+$/, '')}:` }],
      lastStatus: ['STOPPED'],
      $or: [
        // Other containers of a task, which AWS may add, end as they like.
        { containers: { name: [CONTAINER_NAME], exitCode: [{ 'anything-but': [0] }] } },
        { stopCode: ['TaskFailedToStart'] },
      ],
    },
  };
}

/** The message: JSON, so that whatever ECS says is quoted. */
export const FAILED_RUN_MESSAGE = {
  inputPaths: {
    task: '$.detail.taskArn',
    definition: '$.detail.taskDefinitionArn',
    code: '$.detail.stopCode',
    reason: '$.detail.stoppedReason',
    stopped: '$.detail.stoppedAt',
  },
  inputTemplate:
    '{"alarm": "a run of msk-backup failed", "stopped": <stopped>, "code": <code>, "reason": <reason>, "task": <task>, "taskDefinition": <definition>}',
};

export interface FailedRunSettings {
  parent: pulumi.Resource;
  ecsClusterArn: pulumi.Output<string>;
  taskDefinitionArn: pulumi.Output<string>;
  topicArn: pulumi.Output<string>;
  tags?: pulumi.Input<Record<string, pulumi.Input<string>>>;
}

export function tellFailedRuns(name: string, settings: FailedRunSettings): aws.cloudwatch.EventRule {
  const { parent, ecsClusterArn, taskDefinitionArn, topicArn, tags } = settings;
  const rule = new aws.cloudwatch.EventRule(
    `${name}-failed-run`,
    {
      description: 'A task of msk-backup ended with another code than 0, or never started',
      eventPattern: pulumi
        .all([ecsClusterArn, taskDefinitionArn])
        .apply(([ecsClusterArn, taskDefinitionArn]) =>
          JSON.stringify(failedRunPattern({ ecsClusterArn, taskDefinitionArn })),
        ),
      tags,
    },
    { parent },
  );
  new aws.cloudwatch.EventTarget(
    `${name}-failed-run-topic`,
    { rule: rule.name, arn: topicArn, inputTransformer: FAILED_RUN_MESSAGE },
    { parent },
  );
  return rule;
}
