/** CloudWatch's logs, alarms and dashboards, and EventBridge's rules. */

import {
  CloudWatchClient,
  DeleteAlarmsCommand,
  DeleteDashboardsCommand,
  DescribeAlarmsCommand,
  GetDashboardCommand,
  PutDashboardCommand,
  PutMetricAlarmCommand,
  type PutMetricAlarmCommandInput,
} from '@aws-sdk/client-cloudwatch';
import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  DeleteLogGroupCommand,
  DescribeLogGroupsCommand,
  PutRetentionPolicyCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import {
  DeleteRuleCommand,
  DescribeRuleCommand,
  EventBridgeClient,
  ListTargetsByRuleCommand,
  PutRuleCommand,
  PutTargetsCommand,
  RemoveTargetsCommand,
  type RuleState,
} from '@aws-sdk/client-eventbridge';
import { drifted, type Kind, unlessMissing } from '../kind.ts';
import { holds, lower, type Properties, same, tagList, upper } from '../values.ts';

const differs = (a: unknown, b: unknown) => !same(a, b);

const logGroup: Kind = {
  named: { property: 'name', length: 512 },
  // https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/cloudwatch_log_group
  replaces: ['name', 'namePrefix', 'logGroupClass'],
  async create(inputs, at) {
    const { name, kmsKeyId, tags } = inputs;
    const call = new CreateLogGroupCommand({ logGroupName: name, kmsKeyId, tags });
    await at.client(CloudWatchLogsClient).send(call);
    await logGroup.update(name, inputs, at, {});
    return name;
  },
  async read(id, inputs, at) {
    const call = new DescribeLogGroupsCommand({ logGroupNamePrefix: id });
    const { logGroups } = await at.client(CloudWatchLogsClient).send(call);
    const seen = logGroups?.find(({ logGroupName }) => logGroupName === id);
    if (!seen) return undefined;
    const arn = seen.arn?.replace(/:\*$/, '');
    return { inputs: drifted(inputs, { retentionInDays: seen.retentionInDays ?? 0 }, differs), outputs: { arn } };
  },
  async update(id, { retentionInDays }, at) {
    if (!retentionInDays) return;
    const call = new PutRetentionPolicyCommand({ logGroupName: id, retentionInDays });
    await at.client(CloudWatchLogsClient).send(call);
  },
  async remove(id, _inputs, at) {
    await at.client(CloudWatchLogsClient).send(new DeleteLogGroupCommand({ logGroupName: id }));
  },
};

const alarmProperties = [
  ...['comparisonOperator', 'evaluationPeriods', 'datapointsToAlarm', 'period', 'statistic', 'extendedStatistic'],
  ...[
    'threshold',
    'namespace',
    'metricName',
    'treatMissingData',
    'alarmActions',
    'okActions',
    'actionsEnabled',
    'unit',
  ],
];

function alarmRequest(inputs: Properties): PutMetricAlarmCommandInput {
  const given = Object.fromEntries(Object.entries(inputs).filter(([key]) => alarmProperties.includes(key)));
  const { okActions, ...others } = upper(given) as Properties;
  return {
    ...(others as object),
    AlarmName: inputs.name,
    AlarmDescription: inputs.alarmDescription,
    OKActions: inputs.okActions,
    Dimensions: Object.entries(inputs.dimensions ?? {}).map(([Name, Value]) => ({ Name, Value: Value as string })),
    ...(inputs.metricQueries && { Metrics: inputs.metricQueries.map(metricQuery) }),
    ...(inputs.tags && { Tags: tagList(inputs.tags) }),
  } as PutMetricAlarmCommandInput;
}

function metricQuery({ id, expression, label, returnData, period, metric }: Properties) {
  const dimensions = Object.entries(metric?.dimensions ?? {}).map(([Name, Value]) => ({ Name, Value }));
  return {
    Id: id,
    Expression: expression,
    Label: label,
    ReturnData: returnData,
    ...(!metric && { Period: period }),
    ...(metric && {
      MetricStat: {
        Metric: { Namespace: metric.namespace, MetricName: metric.metricName, Dimensions: dimensions },
        Period: metric.period,
        Stat: metric.stat,
        Unit: metric.unit,
      },
    }),
  };
}

const alarm: Kind = {
  named: { property: 'name', length: 255 },
  // https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/cloudwatch_metric_alarm
  replaces: ['name'],
  async create(inputs, at) {
    await at.client(CloudWatchClient).send(new PutMetricAlarmCommand(alarmRequest(inputs)));
    return inputs.name;
  },
  async read(id, inputs, at) {
    const { MetricAlarms } = await at.client(CloudWatchClient).send(new DescribeAlarmsCommand({ AlarmNames: [id] }));
    const seen = MetricAlarms?.[0];
    if (!seen) return undefined;
    const now = Object.fromEntries(
      Object.entries(lower(seen) as Properties).filter(([key]) => alarmProperties.includes(key)),
    );
    return { inputs: drifted(inputs, now, differs), outputs: { arn: seen.AlarmArn } };
  },
  async update(_id, inputs, at) {
    await at.client(CloudWatchClient).send(new PutMetricAlarmCommand(alarmRequest(inputs)));
  },
  async remove(id, _inputs, at) {
    await at.client(CloudWatchClient).send(new DeleteAlarmsCommand({ AlarmNames: [id] }));
  },
};

const dashboard: Kind = {
  // https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/cloudwatch_dashboard
  replaces: ['dashboardName'],
  async create(inputs, at) {
    await dashboard.update(inputs.dashboardName, inputs, at, {});
    return inputs.dashboardName;
  },
  async read(id, inputs, at) {
    const call = at.client(CloudWatchClient).send(new GetDashboardCommand({ DashboardName: id }));
    const seen = await unlessMissing(call);
    if (!seen) return undefined;
    const inputsNow = drifted(inputs, { dashboardBody: seen.DashboardBody }, differs);
    return { inputs: inputsNow, outputs: { dashboardArn: seen.DashboardArn } };
  },
  async update(id, { dashboardBody }, at) {
    const call = new PutDashboardCommand({ DashboardName: id, DashboardBody: dashboardBody });
    await at.client(CloudWatchClient).send(call);
  },
  async remove(id, _inputs, at) {
    await at.client(CloudWatchClient).send(new DeleteDashboardsCommand({ DashboardNames: [id] }));
  },
};

const rule: Kind = {
  named: { property: 'name', length: 64 },
  // https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/cloudwatch_event_rule
  replaces: ['name', 'namePrefix', 'eventBusName'],
  async create(inputs, at) {
    await rule.update(inputs.name, inputs, at, {});
    return inputs.name;
  },
  async read(id, inputs, at) {
    const seen = await unlessMissing(at.client(EventBridgeClient).send(new DescribeRuleCommand({ Name: id })));
    if (!seen) return undefined;
    const now = { eventPattern: seen.EventPattern, scheduleExpression: seen.ScheduleExpression, state: seen.State };
    return { inputs: drifted(inputs, now, differs), outputs: { arn: seen.Arn } };
  },
  async update(id, { description, eventPattern, scheduleExpression, state, tags }, at) {
    const call = new PutRuleCommand({
      Name: id,
      Description: description,
      EventPattern: eventPattern,
      ScheduleExpression: scheduleExpression,
      State: state as RuleState,
      Tags: tags && tagList(tags),
    });
    await at.client(EventBridgeClient).send(call);
  },
  async remove(id, _inputs, at) {
    await at.client(EventBridgeClient).send(new DeleteRuleCommand({ Name: id }));
  },
};

function targetRequest({
  targetId,
  arn,
  input,
  inputPath,
  inputTransformer,
  roleArn,
  deadLetterConfig,
  retryPolicy,
}: Properties) {
  return {
    Id: targetId as string,
    Arn: arn as string,
    Input: input,
    InputPath: inputPath,
    RoleArn: roleArn,
    ...(inputTransformer && {
      InputTransformer: { InputPathsMap: inputTransformer.inputPaths, InputTemplate: inputTransformer.inputTemplate },
    }),
    ...(deadLetterConfig && { DeadLetterConfig: { Arn: deadLetterConfig.arn } }),
    ...(retryPolicy && { RetryPolicy: upper(retryPolicy) as object }),
  };
}

const target: Kind = {
  named: { property: 'targetId', length: 64 },
  // https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/cloudwatch_event_target
  replaces: ['rule', 'targetId', 'eventBusName'],
  async create(inputs, at) {
    await target.update('', inputs, at, {});
    return `${inputs.rule}-${inputs.targetId}`;
  },
  async read(_id, inputs, at) {
    const call = at.client(EventBridgeClient).send(new ListTargetsByRuleCommand({ Rule: inputs.rule }));
    const seen = (await unlessMissing(call))?.Targets?.find(({ Id }) => Id === inputs.targetId);
    if (!seen) return undefined;
    return holds(seen, JSON.parse(JSON.stringify(targetRequest(inputs))))
      ? {}
      : { inputs: { arn: seen.Arn, input: seen.Input } };
  },
  async update(_id, inputs, at) {
    const call = new PutTargetsCommand({ Rule: inputs.rule, Targets: [targetRequest(inputs)] });
    const { FailedEntries = [] } = await at.client(EventBridgeClient).send(call);
    if (FailedEntries.length > 0) throw new Error(JSON.stringify(FailedEntries));
  },
  async remove(_id, { rule, targetId }, at) {
    await at.client(EventBridgeClient).send(new RemoveTargetsCommand({ Rule: rule, Ids: [targetId] }));
  },
};

export const watch: Record<string, Kind> = {
  'aws:cloudwatch/logGroup:LogGroup': logGroup,
  'aws:cloudwatch/metricAlarm:MetricAlarm': alarm,
  'aws:cloudwatch/dashboard:Dashboard': dashboard,
  'aws:cloudwatch/eventRule:EventRule': rule,
  'aws:cloudwatch/eventTarget:EventTarget': target,
};
