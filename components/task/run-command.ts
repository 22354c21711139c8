import { CONTAINER_NAME } from './container-name.ts';

export interface RunPlace {
  region: string;
  ecsClusterArn: string;
  taskDefinitionArn: string;
  subnetIds: readonly string[];
  securityGroupIds: readonly string[];
  assignPublicIp: boolean;
  /** The configuration takes the brokers from the environment. */
  brokersLater: boolean;
}

/** The line that starts the task by hand. Where the brokers are not known yet, they are put in for `BROKERS`. */
export function runCommand(place: RunPlace): string {
  const network = {
    awsvpcConfiguration: {
      subnets: place.subnetIds,
      securityGroups: place.securityGroupIds,
      assignPublicIp: place.assignPublicIp ? 'ENABLED' : 'DISABLED',
    },
  };
  const brokers = { name: 'MSK_BOOTSTRAP_SERVERS', value: 'BROKERS' };
  const overrides = { containerOverrides: [{ name: CONTAINER_NAME, environment: [brokers] }] };
  return [
    `aws ecs run-task --region ${place.region} --launch-type FARGATE`,
    `--cluster ${place.ecsClusterArn} --task-definition ${place.taskDefinitionArn}`,
    `--network-configuration '${JSON.stringify(network)}'`,
    ...(place.brokersLater ? [`--overrides '${JSON.stringify(overrides)}'`] : []),
  ].join(' ');
}
