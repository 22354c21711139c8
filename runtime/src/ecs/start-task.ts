import { randomUUID } from 'node:crypto';
import { RunTaskCommand } from '@aws-sdk/client-ecs';
import { MskBackupError } from '../errors.ts';
import type { EcsApi } from './ecs-api.ts';
import { ecsError } from './ecs-errors.ts';

/** What is started, and where. */
export interface TaskRequest {
  /** Name or ARN of the ECS cluster. */
  cluster: string;
  /** Family, `family:revision` or ARN. */
  taskDefinition: string;
  /** Name of the container that runs `msk-backup`. */
  container: string;
  /** For its entry point, in place of what the task definition says: `['backup']`. */
  command: readonly string[];
  /** Set beside, or over, what the task definition sets. */
  environment?: Readonly<Record<string, string>>;
  /** Of the VPC; none where the cluster's own network is used. */
  subnets?: readonly string[];
  securityGroups?: readonly string[];
  /** Default: false. */
  assignPublicIp?: boolean;
}

/** AWS's limit of overrides: 8192 characters, counted as JSON. */
const MAX_OVERRIDES = 8192;

/**
 * Starts one Fargate task. A request that is repeated because its answer was lost starts no second one.
 * @returns its ARN
 * @throws MskBackupError `TASK_REFUSED` when ECS answers that it cannot place it, and as `ecsError`
 */
export async function startTask(api: EcsApi, request: TaskRequest, signal?: AbortSignal): Promise<string> {
  const { cluster, taskDefinition, container, command, environment = {}, subnets = [] } = request;
  const overrides = {
    containerOverrides: [
      {
        name: container,
        command: [...command],
        environment: Object.entries(environment).map(([name, value]) => ({ name, value })),
      },
    ],
  };
  if (JSON.stringify(overrides).length > MAX_OVERRIDES) {
    throw new MskBackupError(
      'configuration',
      'TASK_OVERRIDES_TOO_LONG',
      `${taskDefinition}: command and environment are longer than the ${MAX_OVERRIDES} characters that ECS takes: name the configuration by an s3:// URL`,
    );
  }
  const started = new RunTaskCommand({
    cluster,
    taskDefinition,
    count: 1,
    launchType: 'FARGATE',
    startedBy: 'msk-backup',
    clientToken: randomUUID(),
    overrides,
    ...(subnets.length > 0 && {
      networkConfiguration: {
        awsvpcConfiguration: {
          subnets: [...subnets],
          securityGroups: [...(request.securityGroups ?? [])],
          assignPublicIp: request.assignPublicIp ? 'ENABLED' : 'DISABLED',
        },
      },
    }),
  });
  const about = `task definition ${taskDefinition} on cluster ${cluster}`;
  const { tasks = [], failures = [] } = await api.ecs.send(started, { abortSignal: signal }).catch((error) => {
    throw ecsError(error, 'ecs:RunTask and iam:PassRole', about);
  });
  const arn = tasks[0]?.taskArn;
  if (arn !== undefined) return arn;
  const [failure] = failures;
  const why = [failure?.reason, failure?.detail].filter(Boolean).join(': ') || 'ECS says no reason';
  throw new MskBackupError('connection', 'TASK_REFUSED', `${about}: no task was started: ${why}`);
}
