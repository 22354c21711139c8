/** What the components deployed, as AWS would know it: the mocks' record read back by ARN. */
import { intervalSeconds } from '../../components/schedule/expression.ts';
import { CONTAINER_NAME } from '../../components/task/container-name.ts';
import { type MockEngine, REGION } from '../components/support/mocks.ts';

/** One start of a task. */
export interface ScheduledRun {
  schedule: string;
  /** The longest time to the next one. */
  everySeconds: number;
  /** Of the task; its log becomes metrics there. */
  region: string;
  command: string[];
  /** The container's variables. */
  environment: Record<string, string>;
  role: DeployedRole;
}

export interface DeployedRole {
  name: string;
  policies: { name: string; document: string }[];
}

export interface DeployedAlarm {
  name: string;
  region: string;
  metricName: string;
  dimensions: Record<string, string>;
  statistic: string;
  comparisonOperator: string;
  threshold: number;
  /** Of the time that it looks back over. */
  seconds: number;
  /** Without a point in that time it is an alarm. */
  missingIsBreaching: boolean;
}

/** Name, region and dimension `Archive` of a metric of ours. */
export interface ShownMetric {
  metricName: string;
  region: string;
  archive: string;
}

interface Container {
  name: string;
  command: string[];
  environment: { name: string; value: string }[];
  logConfiguration: { options: Record<string, string> };
}

/** What each schedule starts, in no order. */
export function scheduledRuns(engine: MockEngine): ScheduledRun[] {
  return engine.all('aws:scheduler/schedule:Schedule').map(({ name, inputs }) => {
    const { ecsParameters, input } = inputs.target;
    const task = byArn(engine, 'aws:ecs/taskDefinition:TaskDefinition', ecsParameters.taskDefinitionArn);
    const container = (JSON.parse(task.inputs.containerDefinitions) as Container[]).find(isOurs)!;
    const overrides: Partial<Container>[] = input === undefined ? [] : JSON.parse(input).containerOverrides;
    return {
      schedule: name,
      everySeconds: intervalSeconds(inputs.scheduleExpression, inputs.scheduleExpressionTimezone),
      region: container.logConfiguration.options['awslogs-region']!,
      command: overrides.find(isOurs)?.command ?? container.command,
      environment: Object.fromEntries(container.environment.map(({ name, value }) => [name, value])),
      role: roleOf(engine, task.inputs.taskRoleArn),
    };
  });
}

const isOurs = ({ name }: { name?: string }) => name === CONTAINER_NAME;

function roleOf(engine: MockEngine, arn: string): DeployedRole {
  const { outputs } = byArn(engine, 'aws:iam/role:Role', arn);
  const policies = engine.all('aws:iam/rolePolicy:RolePolicy').filter(({ inputs }) => inputs.role === outputs.name);
  return {
    name: outputs.name,
    policies: policies.map(({ name, inputs }) => ({ name, document: inputs.policy })),
  };
}

function byArn(engine: MockEngine, type: string, arn: string) {
  const found = engine.all(type).filter(({ outputs }) => outputs.arn === arn);
  if (found.length !== 1) throw new Error(`${found.length} of ${type} ${arn}`);
  return found[0]!;
}

/** Those on the metrics of the runtime. */
export function alarmsOnRuns(engine: MockEngine): DeployedAlarm[] {
  return engine
    .all('aws:cloudwatch/metricAlarm:MetricAlarm')
    .filter(({ inputs }) => inputs.namespace === 'KafkaBackup')
    .map(({ name, inputs }) => ({
      name,
      region: inputs.region ?? REGION,
      metricName: inputs.metricName,
      dimensions: inputs.dimensions,
      statistic: inputs.statistic,
      comparisonOperator: inputs.comparisonOperator,
      threshold: inputs.threshold,
      seconds: inputs.period * inputs.evaluationPeriods,
      missingIsBreaching: inputs.treatMissingData === 'breaching',
    }));
}

export function metricsOnDashboards(engine: MockEngine): ShownMetric[] {
  return engine.all('aws:cloudwatch/dashboard:Dashboard').flatMap(({ inputs }) => {
    const { widgets } = JSON.parse(inputs.dashboardBody) as {
      widgets: { properties: { region: string; metrics?: string[][] } }[];
    };
    return widgets.flatMap(({ properties: { region, metrics = [] } }) =>
      metrics
        .filter(([namespace]) => namespace === 'KafkaBackup')
        .map(([, metricName, , archive]) => ({ metricName: metricName!, region, archive: archive! })),
    );
  });
}
