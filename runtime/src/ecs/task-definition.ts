import { type ContainerDefinition, DescribeTaskDefinitionCommand } from '@aws-sdk/client-ecs';
import { MskBackupError } from '../errors.ts';
import type { EcsApi } from './ecs-api.ts';
import { ecsError } from './ecs-errors.ts';

/** What has to be known of a task definition to start it and to follow it. */
export interface KnownDefinition {
  /** With its revision: the one that is started, should there be a newer one meanwhile. */
  arn: string;
  container: string;
  /** Where the container's log goes; undefined when it is not CloudWatch Logs. */
  log?: LogPlace;
}

export interface LogPlace {
  group: string;
  region?: string;
  /** The stream of a task is `{prefix}/{container}/{task id}`. */
  streamPrefix: string;
}

/** The container that the components of this package make. */
const OUR_CONTAINER = 'msk-backup';

/**
 * @param container its name; undefined: `msk-backup`, or the only one
 * @throws MskBackupError `TASK_DEFINITION_CONTAINER` when there is no such container, and as `ecsError`
 */
export async function describeDefinition(
  api: EcsApi,
  taskDefinition: string,
  container: string | undefined,
  signal?: AbortSignal,
): Promise<KnownDefinition> {
  const about = `task definition ${taskDefinition}`;
  const command = new DescribeTaskDefinitionCommand({ taskDefinition });
  const { taskDefinition: found } = await api.ecs.send(command, { abortSignal: signal }).catch((error) => {
    throw ecsError(error, 'ecs:DescribeTaskDefinition', about);
  });
  const containers = found?.containerDefinitions ?? [];
  const named = containers.find(({ name }) => name === (container ?? OUR_CONTAINER));
  const chosen = named ?? (container === undefined && containers.length === 1 ? containers[0] : undefined);
  if (found?.taskDefinitionArn === undefined || chosen?.name === undefined) {
    const names = containers.map(({ name }) => name).join(', ');
    throw new MskBackupError(
      'configuration',
      'TASK_DEFINITION_CONTAINER',
      `${about}: no container ${container ?? OUR_CONTAINER} in it (it has ${names || 'none'}): name one by --container`,
    );
  }
  const log = logOf(chosen);
  return { arn: found.taskDefinitionArn, container: chosen.name, ...(log && { log }) };
}

function logOf({ logConfiguration }: ContainerDefinition): LogPlace | undefined {
  const options = logConfiguration?.options;
  const group = options?.['awslogs-group'];
  const streamPrefix = options?.['awslogs-stream-prefix'];
  if (logConfiguration?.logDriver !== 'awslogs' || group === undefined || streamPrefix === undefined) return undefined;
  const region = options?.['awslogs-region'];
  return { group, streamPrefix, ...(region !== undefined && { region }) };
}
