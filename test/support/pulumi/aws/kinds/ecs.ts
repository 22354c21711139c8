/** Clusters and task definitions. */

import {
  CreateClusterCommand,
  DeleteClusterCommand,
  DeregisterTaskDefinitionCommand,
  DescribeClustersCommand,
  DescribeTaskDefinitionCommand,
  ECSClient,
  RegisterTaskDefinitionCommand,
  type RegisterTaskDefinitionCommandInput,
} from '@aws-sdk/client-ecs';
import { drifted, type Kind, unlessMissing } from '../kind.ts';
import { holds, type Properties } from '../values.ts';

const tagged = (tags: Record<string, string> | undefined) =>
  Object.entries(tags ?? {}).map(([key, value]) => ({ key, value }));

const cluster: Kind = {
  named: { property: 'name', length: 255 },
  // https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/ecs_cluster
  replaces: ['name'],
  async create({ name, settings, tags }, at) {
    const call = new CreateClusterCommand({ clusterName: name, settings, tags: tagged(tags) });
    return (await at.client(ECSClient).send(call)).cluster!.clusterArn!;
  },
  async read(id, _inputs, at) {
    const { clusters } = await at.client(ECSClient).send(new DescribeClustersCommand({ clusters: [id] }));
    const seen = clusters?.find(({ status }) => status === 'ACTIVE');
    return seen && { outputs: { arn: seen.clusterArn } };
  },
  async update() {},
  async remove(id, _inputs, at) {
    await at.client(ECSClient).send(new DeleteClusterCommand({ cluster: id }));
  },
};

function request(inputs: Properties): RegisterTaskDefinitionCommandInput {
  const {
    containerDefinitions,
    ephemeralStorage,
    region: _,
    skipDestroy: __,
    tags,
    trackLatest: ___,
    ...others
  } = inputs;
  return {
    ...others,
    containerDefinitions: JSON.parse(containerDefinitions),
    ...(ephemeralStorage && { ephemeralStorage: { sizeInGiB: ephemeralStorage.sizeInGib } }),
    tags: tagged(tags),
  } as RegisterTaskDefinitionCommandInput;
}

const taskDefinition: Kind = {
  // A revision cannot be changed, each argument "forces new resource":
  // https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/ecs_task_definition
  replaces: [
    ...['containerDefinitions', 'cpu', 'memory', 'family', 'networkMode', 'runtimePlatform', 'ephemeralStorage'],
    ...['taskRoleArn', 'executionRoleArn', 'requiresCompatibilities', 'volumes', 'ipcMode', 'pidMode'],
  ],
  async create(inputs, at) {
    const answer = await at.client(ECSClient).send(new RegisterTaskDefinitionCommand(request(inputs)));
    return answer.taskDefinition!.taskDefinitionArn!;
  },
  async read(id, inputs, at) {
    const call = at.client(ECSClient).send(new DescribeTaskDefinitionCommand({ taskDefinition: id }));
    const seen = (await unlessMissing(call))?.taskDefinition;
    if (!seen || seen.status === 'INACTIVE') return undefined;
    const { cpu, memory, taskRoleArn, executionRoleArn } = seen;
    const now: Properties = { cpu, memory, taskRoleArn, executionRoleArn };
    if (!holds(seen.containerDefinitions, JSON.parse(inputs.containerDefinitions)))
      now.containerDefinitions = JSON.stringify(seen.containerDefinitions);
    const arnWithoutRevision = id.replace(/:\d+$/, '');
    return {
      inputs: drifted(inputs, now, (a, b) => a !== b),
      outputs: { arn: id, arnWithoutRevision, revision: seen.revision },
    };
  },
  async update() {}, // Tags only.
  async remove(id, _inputs, at) {
    await at.client(ECSClient).send(new DeregisterTaskDefinitionCommand({ taskDefinition: id }));
  },
};

export const ecs: Record<string, Kind> = {
  'aws:ecs/cluster:Cluster': cluster,
  'aws:ecs/taskDefinition:TaskDefinition': taskDefinition,
};
