import { MskBackupError } from '../errors.ts';

/** The Fargate task that a function starts in place of working itself. */
export interface FargateTarget {
  cluster: string;
  taskDefinition: string;
  /** Undefined: `msk-backup`, or the only one. */
  container?: string;
  subnets: string[];
  securityGroups: string[];
}

/**
 * From `BACKUP_ECS_CLUSTER`, `BACKUP_ECS_TASK_DEFINITION`, `BACKUP_ECS_CONTAINER`, `BACKUP_ECS_SUBNETS` and
 * `BACKUP_ECS_SECURITY_GROUPS` (lists with commas between). Undefined when no cluster is named.
 * @throws MskBackupError `ENVIRONMENT_INCOMPLETE`
 */
export function fargateTarget(env: NodeJS.ProcessEnv): FargateTarget | undefined {
  const { BACKUP_ECS_CLUSTER: cluster, BACKUP_ECS_TASK_DEFINITION: taskDefinition } = env;
  if (!cluster) return undefined;
  if (!taskDefinition) {
    throw new MskBackupError(
      'configuration',
      'ENVIRONMENT_INCOMPLETE',
      'BACKUP_ECS_CLUSTER is set: set BACKUP_ECS_TASK_DEFINITION too, and BACKUP_ECS_SUBNETS',
    );
  }
  const { BACKUP_ECS_CONTAINER: container } = env;
  return {
    cluster,
    taskDefinition,
    ...(container && { container }),
    subnets: listOf(env.BACKUP_ECS_SUBNETS),
    securityGroups: listOf(env.BACKUP_ECS_SECURITY_GROUPS),
  };
}

function listOf(text = ''): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean);
}
