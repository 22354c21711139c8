/** EventBridge Scheduler. */

import {
  CreateScheduleCommand,
  CreateScheduleGroupCommand,
  DeleteScheduleCommand,
  DeleteScheduleGroupCommand,
  type FlexibleTimeWindow,
  GetScheduleCommand,
  GetScheduleGroupCommand,
  SchedulerClient,
  type ScheduleState,
  type Target,
  UpdateScheduleCommand,
} from '@aws-sdk/client-scheduler';
import { type Kind, unlessMissing } from '../kind.ts';
import { holds, lower, type Properties, same, tagList, upper } from '../values.ts';

const group: Kind = {
  named: { property: 'name', length: 64 },
  // https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/scheduler_schedule_group
  replaces: ['name', 'namePrefix'],
  async create({ name, tags }, at) {
    await at.client(SchedulerClient).send(new CreateScheduleGroupCommand({ Name: name, Tags: tagList(tags) }));
    return name;
  },
  async read(Name, _inputs, at) {
    const call = at.client(SchedulerClient).send(new GetScheduleGroupCommand({ Name }));
    const seen = await unlessMissing(call);
    return seen && { outputs: { arn: seen.Arn, state: seen.State } };
  },
  async update() {},
  async remove(Name, _inputs, at) {
    await at.client(SchedulerClient).send(new DeleteScheduleGroupCommand({ Name }));
  },
};

/** The target as the API has it: networks and capacity are a level deeper there. */
function targetOf({ ecsParameters, ...target }: Properties): Target {
  if (!ecsParameters) return upper(target) as Target;
  const { networkConfiguration, tags, enableEcsManagedTags, ...parameters } = ecsParameters;
  const { assignPublicIp, ...network } = networkConfiguration ?? {};
  const AssignPublicIp = assignPublicIp ? 'ENABLED' : 'DISABLED';
  const NetworkConfiguration = { awsvpcConfiguration: { ...(upper(network) as object), AssignPublicIp } };
  const EcsParameters = {
    ...(upper(parameters) as object),
    ...(networkConfiguration && { NetworkConfiguration }),
    ...(tags && { Tags: [tags] }),
    ...(enableEcsManagedTags !== undefined && { EnableECSManagedTags: enableEcsManagedTags }),
  };
  return { ...(upper(target) as Target), EcsParameters } as Target;
}

function request(inputs: Properties) {
  return {
    Name: inputs.name as string,
    GroupName: inputs.groupName as string | undefined,
    Description: inputs.description as string | undefined,
    ScheduleExpression: inputs.scheduleExpression as string,
    ScheduleExpressionTimezone: inputs.scheduleExpressionTimezone as string | undefined,
    State: inputs.state as ScheduleState | undefined,
    FlexibleTimeWindow: upper(inputs.flexibleTimeWindow) as FlexibleTimeWindow,
    KmsKeyArn: inputs.kmsKeyArn as string | undefined,
    Target: targetOf(inputs.target),
  };
}

const schedule: Kind = {
  named: { property: 'name', length: 64 },
  // https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/scheduler_schedule
  replaces: ['name', 'namePrefix', 'groupName'],
  async create(inputs, at) {
    await at.client(SchedulerClient).send(new CreateScheduleCommand(request(inputs)));
    return `${inputs.groupName ?? 'default'}/${inputs.name}`;
  },
  async read(_id, inputs, at) {
    const sent = request(inputs);
    const call = new GetScheduleCommand({ Name: sent.Name, GroupName: sent.GroupName });
    const seen = await unlessMissing(at.client(SchedulerClient).send(call));
    if (!seen) return undefined;
    const changed: Properties = {};
    for (const key of ['ScheduleExpression', 'ScheduleExpressionTimezone', 'State', 'FlexibleTimeWindow'] as const)
      if (sent[key] !== undefined && !holds(seen[key], sent[key]) && !same(seen[key], sent[key]))
        changed[key.charAt(0).toLowerCase() + key.slice(1)] = lower(seen[key]);
    if (!holds(seen.Target, sent.Target)) changed.target = lower(seen.Target);
    return { inputs: changed, outputs: { arn: seen.Arn } };
  },
  async update(_id, inputs, at) {
    await at.client(SchedulerClient).send(new UpdateScheduleCommand(request(inputs)));
  },
  async remove(_id, { name, groupName }, at) {
    await at.client(SchedulerClient).send(new DeleteScheduleCommand({ Name: name, GroupName: groupName }));
  },
};

export const scheduler: Record<string, Kind> = {
  'aws:scheduler/scheduleGroup:ScheduleGroup': group,
  'aws:scheduler/schedule:Schedule': schedule,
};
