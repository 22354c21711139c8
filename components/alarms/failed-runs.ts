import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import { CONTAINER_NAME } from '../task/container-name.ts';

export interface WatchedTasks {
  ecsClusterArn: string;
  /** With a revision or without. */
  taskDefinitionArns: readonly string[];
}

/**
 * Events of tasks that stopped and did not succeed: whose container ended with another code than 0, and those that never started,
 * which have no exit code at all. Of every revision of these task definitions, in this cluster.
 */
export function failedRunPattern({ ecsClusterArn, taskDefinitionArns }: WatchedTasks) {
  return {
    source: ['aws.ecs'],
    'detail-type': ['ECS Task State Change'],
    detail: {
      clusterArn: [ecsClusterArn],
      taskDefinitionArn: taskDefinitionArns.map((arn) => ({ prefix: `${arn.replace(/:\d+$/, '')}:` })),
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
  taskDefinitionArns: pulumi.Output<string[]>;
  topicArn: pulumi.Output<string>;
  region?: pulumi.Input<string>;
  tags?: pulumi.Input<Record<string, pulumi.Input<string>>>;
}

export function tellFailedRuns(name: string, settings: FailedRunSettings): aws.cloudwatch.EventRule {
  const { parent, ecsClusterArn, taskDefinitionArns, topicArn, region, tags } = settings;
  const rule = new aws.cloudwatch.EventRule(
    `${name}-failed-run`,
    {
      description: 'A task of msk-backup ended with another code than 0, or never started',
      eventPattern: pulumi
        .all([ecsClusterArn, taskDefinitionArns])
        .apply(([ecsClusterArn, taskDefinitionArns]) =>
          JSON.stringify(failedRunPattern({ ecsClusterArn, taskDefinitionArns })),
        ),
      region,
      tags,
    },
    { parent },
  );
  new aws.cloudwatch.EventTarget(
    `${name}-failed-run-topic`,
    { rule: rule.name, arn: topicArn, inputTransformer: FAILED_RUN_MESSAGE, region },
    { parent },
  );
  return rule;
}
