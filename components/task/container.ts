import type { Authentication } from '../arguments/authentication.ts';
import { CONTAINER_NAME } from './container-name.ts';
import { PASSWORD, USERNAME } from './sections.ts';

/** Holds what the program writes beside its output, which is next to nothing; the rest of the disk cannot be written. */
export const TMP_VOLUME = 'tmp';

export interface ContainerSettings {
  image: string;
  command: readonly string[];
  /** The configuration: the program reads it from its environment. */
  yaml: string;
  authentication: Authentication | undefined;
  logGroupName: string;
  region: string;
}

/** The container definitions of a task definition (Amazon ECS API reference, ContainerDefinition). */
export function containerDefinitions(settings: ContainerSettings): object[] {
  const { image, command, yaml, authentication, logGroupName, region } = settings;
  return [
    {
      name: CONTAINER_NAME,
      image,
      command: [...command],
      essential: true,
      environment: [{ name: 'MSK_BACKUP_CONFIG', value: yaml }],
      secrets: [
        { name: PASSWORD, valueFrom: authentication?.passwordSecretArn },
        { name: USERNAME, valueFrom: authentication?.usernameSecretArn },
      ].filter(({ valueFrom }) => valueFrom !== undefined),
      user: '1000:1000',
      readonlyRootFilesystem: true,
      mountPoints: [{ sourceVolume: TMP_VOLUME, containerPath: '/tmp', readOnly: false }],
      // From SIGTERM to SIGKILL: the most that Fargate gives. A run that is stopped writes what it has as a partial snapshot.
      stopTimeout: 120,
      linuxParameters: { initProcessEnabled: true, capabilities: { drop: ['ALL'] } },
      logConfiguration: {
        logDriver: 'awslogs',
        options: {
          'awslogs-group': logGroupName,
          'awslogs-region': region,
          'awslogs-stream-prefix': CONTAINER_NAME,
          // A run must not stand still because CloudWatch does. All that a run prints, metrics too, fits into the buffer.
          mode: 'non-blocking',
          'max-buffer-size': '25m',
        },
      },
    },
  ];
}
