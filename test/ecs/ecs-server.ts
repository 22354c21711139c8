/**
 * ECS and CloudWatch Logs, as far as https://docs.aws.amazon.com/AmazonECS/latest/APIReference/ and
 * https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/ document them: a task's container is a process
 * of this machine, which gets the definition's environment and the overrides, and whose output becomes the log stream.
 * A definition can also say that its container never starts, with the reasons that ECS gives then.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

const ACCOUNT = '123456789012';
const REGION = 'us-east-1';

type Json = Record<string, unknown>;

export interface ServedDefinition {
  family: string;
  /** The image's entry point: the program and its first arguments; the command follows. */
  entryPoint: string[];
  command: string[];
  environment?: Record<string, string>;
  container?: string;
  /** Without one the definition has no CloudWatch log. */
  logGroup?: string;
  /** The container never starts. */
  fails?: { stopCode: string; stoppedReason: string; containerReason?: string };
}

interface ServedTask {
  arn: string;
  clientToken: string;
  definition: ServedDefinition;
  status: string;
  child?: ChildProcess;
  exitCode?: number;
  stopCode?: string;
  stoppedReason?: string;
  /** Of the first answers to DescribeTasks: ECS shows a new task late. */
  hidden: number;
}

class Refused extends Error {
  readonly status: number;
  constructor(name: string, message: string, status = 400) {
    super(message);
    this.name = name;
    this.status = status;
  }
}

export class EcsServer {
  /** Of every request, in order. */
  readonly requests: { action: string; body: Json }[] = [];
  readonly #definitions = new Map<string, ServedDefinition>();
  readonly #tasks = new Map<string, ServedTask>();
  readonly #streams = new Map<string, { text: string; lines: string[] }>();
  readonly #server = createServer((request, response) => void this.#serve(request, response));
  /** Given to the next RunTask as a failure. */
  failure: { reason: string; detail?: string } | undefined;

  static async start(): Promise<EcsServer> {
    const server = new EcsServer();
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve));
    return server;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** What the AWS SDK reads, for child processes. */
  get env(): Record<string, string> {
    return {
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_REGION: REGION,
      AWS_ENDPOINT_URL_ECS: this.endpoint,
      AWS_ENDPOINT_URL_CLOUDWATCH_LOGS: this.endpoint,
      AWS_EC2_METADATA_DISABLED: 'true',
    };
  }

  define(definition: ServedDefinition): void {
    this.#definitions.set(definition.family, definition);
  }

  /** Processes of the tasks, by their state as ECS calls it. */
  get tasks(): { arn: string; status: string; pid: number | undefined }[] {
    return [...this.#tasks.values()].map(({ arn, status, child }) => ({ arn, status, pid: child?.pid }));
  }

  async stop(): Promise<void> {
    for (const { child } of this.#tasks.values()) child?.kill('SIGKILL');
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const action = String(request.headers['x-amz-target']).split('.').at(-1)!;
    const body = JSON.parse(Buffer.concat(chunks).toString('utf8') || '{}') as Json;
    this.requests.push({ action, body });
    const answer = (status: number, value: Json) => {
      response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-requestid': randomUUID() });
      response.end(JSON.stringify(value));
    };
    try {
      answer(200, this.#answer(action, body));
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      answer(error.status, { __type: error.name, message: error.message });
    }
  }

  #answer(action: string, body: Json): Json {
    switch (action) {
      case 'DescribeTaskDefinition':
        return { taskDefinition: this.#shown(this.#definition(String(body.taskDefinition))) };
      case 'RunTask':
        return this.#run(body);
      case 'DescribeTasks':
        return this.#describe(body);
      case 'GetLogEvents':
        return this.#events(body);
      default:
        throw new Refused('InvalidAction', `${action} is not served`);
    }
  }

  #definition(named: string): ServedDefinition {
    const family = named.split('/').at(-1)!.split(':')[0]!;
    const definition = this.#definitions.get(family);
    if (definition === undefined) throw new Refused('ClientException', 'Unable to describe task definition.');
    return definition;
  }

  #shown({ family, container = 'msk-backup', logGroup, command }: ServedDefinition): Json {
    const options = { 'awslogs-group': logGroup, 'awslogs-region': REGION, 'awslogs-stream-prefix': 'run' };
    return {
      taskDefinitionArn: `arn:aws:ecs:${REGION}:${ACCOUNT}:task-definition/${family}:7`,
      family,
      revision: 7,
      networkMode: 'awsvpc',
      containerDefinitions: [
        { name: container, command, ...(logGroup && { logConfiguration: { logDriver: 'awslogs', options } }) },
      ],
    };
  }

  #run(body: Json): Json {
    if (body.cluster !== 'backups') throw new Refused('ClusterNotFoundException', 'Cluster not found.');
    const definition = this.#definition(String(body.taskDefinition));
    const { awsvpcConfiguration: network } = (body.networkConfiguration ?? {}) as { awsvpcConfiguration?: Json };
    if (network === undefined || (network.subnets as string[]).length === 0)
      throw new Refused(
        'InvalidParameterException',
        "Network Configuration must be provided when networkMode 'awsvpc' is specified.",
      );
    const { container = 'msk-backup' } = definition;
    const { containerOverrides = [] } = (body.overrides ?? {}) as { containerOverrides?: Json[] };
    const [override = {}] = containerOverrides;
    if (override.name !== container)
      throw new Refused(
        'InvalidParameterException',
        `Override for container named ${override.name} is not a container in the TaskDefinition.`,
      );
    if (this.failure !== undefined) return { tasks: [], failures: [this.failure] };
    const clientToken = String(body.clientToken);
    // A token that was seen starts nothing.
    let task = [...this.#tasks.values()].find((each) => each.clientToken === clientToken);
    if (task === undefined) {
      const arn = `arn:aws:ecs:${REGION}:${ACCOUNT}:task/backups/${randomUUID().replaceAll('-', '')}`;
      task = { arn, clientToken, definition, status: 'PROVISIONING', hidden: 1 };
      this.#tasks.set(arn, task);
      const variables = (override.environment ?? []) as { name: string; value: string }[];
      this.#start(task, (override.command as string[] | undefined) ?? definition.command, variables);
    }
    return { tasks: [{ taskArn: task.arn, lastStatus: 'PROVISIONING' }], failures: [] };
  }

  #start(task: ServedTask, command: string[], variables: { name: string; value: string }[]): void {
    const { entryPoint, environment = {}, container = 'msk-backup', fails } = task.definition;
    if (fails !== undefined) {
      Object.assign(task, { status: 'STOPPED', stopCode: fails.stopCode, stoppedReason: fails.stoppedReason });
      return;
    }
    const stream = { text: '', lines: [] as string[] };
    this.#streams.set(`run/${container}/${task.arn.split('/').at(-1)}`, stream);
    const env = { ...environment, ...Object.fromEntries(variables.map(({ name, value }) => [name, value])) };
    const [program, ...first] = entryPoint;
    const child = spawn(program!, [...first, ...command], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    Object.assign(task, { child, status: 'PENDING' });
    child.once('spawn', () => {
      task.status = 'RUNNING';
    });
    for (const output of [child.stdout, child.stderr])
      output.on('data', (chunk: Buffer) => {
        stream.text += chunk.toString('utf8');
        const lines = stream.text.split('\n');
        stream.text = lines.pop()!;
        stream.lines.push(...lines);
      });
    child.once('close', (code) => {
      Object.assign(task, {
        status: 'STOPPED',
        exitCode: code ?? 137,
        stopCode: 'EssentialContainerExited',
        stoppedReason: 'Essential container in task exited',
      });
    });
  }

  #describe(body: Json): Json {
    const [arn] = body.tasks as string[];
    const task = this.#tasks.get(arn!);
    if (task === undefined || task.hidden-- > 0) return { tasks: [], failures: [{ arn, reason: 'MISSING' }] };
    const { container: name = 'msk-backup', fails } = task.definition;
    const { status: lastStatus, stopCode, stoppedReason, exitCode } = task;
    const reason = fails?.containerReason;
    const container = { name, lastStatus, ...(exitCode !== undefined && { exitCode }), ...(reason && { reason }) };
    const shown = { taskArn: arn, lastStatus, stopCode, stoppedReason, containers: [container] };
    return { tasks: [shown], failures: [] };
  }

  /** Two events a page, so that paging is needed; at the end the token that was sent comes back. */
  #events(body: Json): Json {
    const stream = this.#streams.get(String(body.logStreamName));
    if (stream === undefined)
      throw new Refused('ResourceNotFoundException', 'The specified log stream does not exist.');
    const from = body.nextToken === undefined ? 0 : Number(String(body.nextToken).slice(2));
    const events = stream.lines.slice(from, from + 2).map((message) => ({ message, timestamp: Date.now() }));
    return { events, nextForwardToken: `f/${from + events.length}`, nextBackwardToken: `b/${from}` };
  }
}
