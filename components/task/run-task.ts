import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import { type Authentication, brokerPort } from '../arguments/authentication.ts';
import type { Compute, ComputeArgs } from '../arguments/compute.ts';
import { fargateSize } from '../arguments/fargate-sizes.ts';
import type { Image } from '../arguments/image.ts';
import type { NetworkArgs } from '../arguments/network.ts';
import type { AwsPlace } from '../policies/arn.ts';
import type { PolicyDocument } from '../policies/document.ts';
import { containerDefinitions, TMP_VOLUME } from './container.ts';
import { CONTAINER_NAME } from './container-name.ts';
import { familyOf } from './family.ts';
import { makeExecutionRole, makeTaskRole } from './roles.ts';
import { makeSecurityGroup } from './security-group.ts';
import { makeEndpoints } from './vpc-endpoints.ts';

export interface TaskSettings {
  name: string;
  parent: pulumi.ComponentResource;
  home: pulumi.Output<AwsPlace>;
  /** The first word is the kind of the task. */
  command: readonly [string, ...string[]];
  /** The configuration, checked. */
  yaml: pulumi.Output<string>;
  /** Of the task's role. */
  policy: pulumi.Output<PolicyDocument>;
  /** Given instead of made: `policy` is then only told. */
  taskRoleArn?: pulumi.Input<string>;
  /** As given: which of its arguments are there decides what is made. */
  network: NetworkArgs;
  compute: ComputeArgs | undefined;
  /** The same, and others, after the check. */
  checkedCompute: pulumi.Output<Compute | undefined>;
  subnetIds: pulumi.Output<string[]>;
  image: pulumi.Output<Image>;
  authentication: pulumi.Output<Authentication | undefined>;
  tags?: pulumi.Input<Record<string, pulumi.Input<string>>>;
}

export interface Task {
  taskDefinitionArn: pulumi.Output<string>;
  taskRoleArn: pulumi.Output<string>;
  executionRoleArn: pulumi.Output<string>;
  ecsClusterArn: pulumi.Output<string>;
  securityGroupIds: pulumi.Output<string[]>;
  subnetIds: pulumi.Output<string[]>;
  logGroupName: pulumi.Output<string>;
  configurationYaml: pulumi.Output<string>;
  taskPolicyJson: pulumi.Output<string>;
  containerName: pulumi.Output<string>;
}

const LOG_DAYS = 90;

/** A Fargate task that runs one command of the runtime, with all that it needs around it. */
export function makeTask(settings: TaskSettings): Task {
  const { name, parent, home, network, compute, checkedCompute, image, authentication, tags } = settings;
  const region = home.region;
  const vpcId = createVpcId();
  const taskPolicyJson = settings.policy.apply((document) => JSON.stringify(document));
  const logGroup = createLogGroup();
  const roles = { name, parent, home, tags };
  const taskRole =
    settings.taskRoleArn === undefined
      ? makeTaskRole(roles, taskPolicyJson)
      : { arn: pulumi.output(settings.taskRoleArn), attached: [] };
  const executionRole = makeExecutionRole(roles, image, logGroup.arn, authentication);
  const securityGroupIds = createSecurityGroups();
  const endpoints = makeEndpoints({ name, parent, vpcId, network, region, tags });
  const ecsClusterArn = createCluster();
  const taskDefinition = createTaskDefinition();
  return {
    taskDefinitionArn: taskDefinition.arn,
    taskRoleArn: taskRole.arn,
    executionRoleArn: executionRole.arn,
    ecsClusterArn,
    securityGroupIds,
    subnetIds: settings.subnetIds,
    logGroupName: logGroup.name,
    configurationYaml: settings.yaml,
    taskPolicyJson,
    containerName: pulumi.output(CONTAINER_NAME),
  };

  function createVpcId(): pulumi.Output<string> {
    if (network.vpcId !== undefined) return pulumi.output(network.vpcId);
    const first = settings.subnetIds.apply((ids) => ids[0]!);
    return aws.ec2.getSubnetOutput({ id: first, region }, { parent }).vpcId;
  }

  function createLogGroup(): aws.cloudwatch.LogGroup {
    return new aws.cloudwatch.LogGroup(
      `${name}-log`,
      {
        retentionInDays: checkedCompute.apply((it) => it?.logRetentionDays ?? LOG_DAYS),
        ...(compute?.logKeyArn !== undefined && { kmsKeyId: compute.logKeyArn }),
        region,
        tags,
      },
      { parent },
    );
  }

  function createSecurityGroups(): pulumi.Output<string[]> {
    if (network.securityGroupIds !== undefined) return pulumi.output(network.securityGroupIds);
    const port = authentication.apply((given) => brokerPort(given));
    const group = makeSecurityGroup({ name, parent, vpcId, network, brokerPort: port, region, tags });
    return pulumi.all([group.id]);
  }

  function createCluster(): pulumi.Output<string> {
    if (compute?.ecsClusterArn !== undefined) return pulumi.output(compute.ecsClusterArn);
    const cluster = new aws.ecs.Cluster(
      name,
      { settings: [{ name: 'containerInsights', value: 'disabled' }], region, tags },
      { parent },
    );
    return cluster.arn;
  }

  function createTaskDefinition(): aws.ecs.TaskDefinition {
    const size = checkedCompute.apply((it) => fargateSize(it?.cpu, it?.memoryMiB));
    const architecture = checkedCompute.apply((it) => (it?.architecture === 'x86_64' ? 'X86_64' : 'ARM64'));
    const disk = compute?.ephemeralStorageGiB;
    const containers = pulumi
      .all([image, settings.yaml, authentication, logGroup.name, home])
      .apply(([{ uri }, yaml, given, logGroupName, place]) =>
        JSON.stringify(
          containerDefinitions({
            image: uri,
            command: settings.command,
            yaml,
            authentication: given,
            logGroupName,
            region: place.region,
          }),
        ),
      );
    return new aws.ecs.TaskDefinition(
      name,
      {
        family: familyOf(pulumi.getProject(), pulumi.getStack(), name, settings.command[0]),
        requiresCompatibilities: ['FARGATE'],
        networkMode: 'awsvpc',
        cpu: size.apply(({ cpu }) => String(cpu)),
        memory: size.apply(({ memoryMiB }) => String(memoryMiB)),
        runtimePlatform: { operatingSystemFamily: 'LINUX', cpuArchitecture: architecture },
        ...(disk !== undefined && { ephemeralStorage: { sizeInGib: disk } }),
        taskRoleArn: taskRole.arn,
        executionRoleArn: executionRole.arn,
        volumes: [{ name: TMP_VOLUME }],
        containerDefinitions: containers,
        region,
        tags,
      },
      { parent, dependsOn: [...taskRole.attached, ...executionRole.attached, ...endpoints] },
    );
  }
}
