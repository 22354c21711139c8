/** A deployed task's container, run as ECS would: with what the task definition says, and with the credentials of the task's role. */

import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { DescribeTaskDefinitionCommand, ECSClient } from '@aws-sdk/client-ecs';
import { IAMClient, UpdateAssumeRolePolicyCommand } from '@aws-sdk/client-iam';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { collect, type Finished, spawnOwned } from '../support/process.ts';
import type { AwsEmulator } from '../support/s3/emulator.ts';

const entryPoint = resolve(import.meta.dirname, '../../runtime/bin/msk-backup.js');

export interface TaskKey {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken: string;
  /** ARN of the role's session. */
  principal: string;
}

export interface Overrides {
  environment?: { name: string; value: string }[];
}

export class DeployedTask {
  /** Of the task's role. */
  readonly key: TaskKey;
  readonly environment: Record<string, string>;
  readonly command: string[];
  readonly #aws: AwsEmulator;

  private constructor(aws: AwsEmulator, key: TaskKey, environment: Record<string, string>, command: string[]) {
    this.#aws = aws;
    this.key = key;
    this.environment = environment;
    this.command = command;
  }

  /** Asks ECS in the emulator's first region for a task definition, and takes the role that it names. */
  static async of(aws: AwsEmulator, taskDefinitionArn: string): Promise<DeployedTask> {
    const { endpoint, region, credentials } = aws;
    const ecs = new ECSClient({ endpoint, region, credentials });
    const call = new DescribeTaskDefinitionCommand({ taskDefinition: taskDefinitionArn });
    const { taskDefinition } = await ecs.send(call);
    ecs.destroy();
    const [container] = taskDefinition!.containerDefinitions!;
    const environment = container!.environment!.map(({ name, value }) => [name, value]);
    const key = await take(aws, taskDefinition!.taskRoleArn!);
    return new DeployedTask(aws, key, Object.fromEntries(environment), container!.command!);
  }

  /** Runs the built command in an environment that has nothing of this process. */
  async run({ environment = [] }: Overrides = {}): Promise<Finished> {
    const home = await mkdtemp(join(tmpdir(), 'msk-backup-container-'));
    const credentials = await serveCredentials(this.key);
    try {
      const env = {
        ...this.environment,
        ...Object.fromEntries(environment.map(({ name, value }) => [name, value])),
        HOME: home,
        AWS_REGION: this.#aws.region,
        AWS_ENDPOINT_URL: this.#aws.endpoint,
        ...(this.#aws.env.NODE_EXTRA_CA_CERTS && { NODE_EXTRA_CA_CERTS: this.#aws.env.NODE_EXTRA_CA_CERTS }),
        AWS_CONTAINER_CREDENTIALS_FULL_URI: `http://127.0.0.1:${(credentials.address() as AddressInfo).port}/task`,
      };
      return await collect(spawnOwned(process.execPath, [entryPoint, ...this.command], { cwd: home, env }));
    } finally {
      credentials.closeAllConnections();
      credentials.close();
      await rm(home, { recursive: true, force: true });
    }
  }
}

/** Takes a role as ECS does. Its trust policy lets in nobody but ECS, which the emulator does not play: it is opened to the account. */
async function take(aws: AwsEmulator, RoleArn: string): Promise<TaskKey> {
  const { endpoint, region, credentials } = aws;
  const iam = new IAMClient({ endpoint, region, credentials });
  const sts = new STSClient({ endpoint, region, credentials });
  const Principal = { AWS: `arn:aws:iam::${RoleArn.split(':')[4]}:root` };
  const Statement = [{ Effect: 'Allow', Principal, Action: 'sts:AssumeRole' }];
  const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement });
  await iam.send(new UpdateAssumeRolePolicyCommand({ RoleName: RoleArn.split('/').at(-1), PolicyDocument }));
  const { Credentials: it, AssumedRoleUser } = await sts.send(
    new AssumeRoleCommand({ RoleArn, RoleSessionName: 'task' }),
  );
  iam.destroy();
  sts.destroy();
  return {
    accessKeyId: it!.AccessKeyId!,
    secretAccessKey: it!.SecretAccessKey!,
    sessionToken: it!.SessionToken!,
    principal: AssumedRoleUser!.Arn!,
  };
}

/** Where a task finds its credentials (Amazon ECS developer guide, "Task IAM role"). */
async function serveCredentials({ accessKeyId, secretAccessKey, sessionToken }: TaskKey): Promise<Server> {
  const answer = JSON.stringify({
    AccessKeyId: accessKeyId,
    SecretAccessKey: secretAccessKey,
    Token: sessionToken,
    Expiration: new Date(Date.now() + 3_600_000).toISOString(),
  });
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end(answer);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}
