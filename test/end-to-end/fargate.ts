/**
 * Starts what Fargate would start: the image's program with the container's variables, the few that ECS adds, and the task role's
 * credentials from an address as ECS has one. S3 and the other services of AWS are an emulator, which allows what the role's policy
 * allows. MSK's part of that policy is not enforced here, nor are the container's limits.
 */
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { CreateRoleCommand, IAMClient, PutRolePolicyCommand } from '@aws-sdk/client-iam';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import type { Image } from '../image/carry-out.ts';
import type { KafkaCluster } from '../support/kafka/cluster.ts';
import { collect, type Finished, spawnOwned } from '../support/process.ts';
import type { AwsEmulator } from '../support/s3/emulator.ts';
import type { DeployedRole, ScheduledRun } from './deployed.ts';

/** In ECS's place. */
const TAKEN_BY_THE_TEST = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { AWS: '*' }, Action: 'sts:AssumeRole' }],
});

export class Fargate {
  readonly #image: Image;
  readonly #aws: AwsEmulator;
  readonly #clusters: KafkaCluster[];
  readonly #roles = new Map<string, Promise<string>>();

  /** @param clusters that are told the keys of each run, as MSK knows AWS's */
  constructor(image: Image, aws: AwsEmulator, clusters: KafkaCluster[]) {
    this.#image = image;
    this.#aws = aws;
    this.#clusters = clusters;
  }

  async run({ region, command, environment, role }: ScheduledRun): Promise<Finished> {
    const credentials = await this.#serveCredentials(await this.#assume(role, region));
    const { root, entrypoint, env, workdir, user } = this.#image;
    const inside = (path: string) => (path.startsWith('/') ? join(root, path) : path);
    const [program, ...first] = entrypoint.map(inside);
    const [uid, gid] = user!.split(':').map(Number);
    try {
      const child = spawnOwned(program!, [...first, ...command], {
        cwd: inside(workdir),
        env: {
          ...env,
          ...environment,
          PATH: '/usr/local/bin:/usr/bin:/bin',
          AWS_REGION: region,
          AWS_DEFAULT_REGION: region,
          AWS_EXECUTION_ENV: 'AWS_ECS_FARGATE',
          AWS_CONTAINER_CREDENTIALS_FULL_URI: credentials.url,
          // The network of the task leads to AWS, which Node trusts.
          AWS_ENDPOINT_URL: this.#aws.endpoint,
          NODE_EXTRA_CA_CERTS: this.#aws.env.NODE_EXTRA_CA_CERTS!,
        },
        stdio: 'pipe',
        ...(process.getuid?.() === 0 && { uid: uid!, gid: gid! }),
      });
      return await collect(child, { timeoutMs: 45_000 });
    } finally {
      await credentials.close();
    }
  }

  /** A new session of the role, as each task has. */
  async #assume(role: DeployedRole, region: string) {
    const sts = new STSClient({ endpoint: this.#aws.endpoint, credentials: this.#aws.credentials, region });
    const RoleArn = await this.#made(role);
    const session = await sts.send(
      new AssumeRoleCommand({ RoleArn, RoleSessionName: randomUUID().replaceAll('-', '') }),
    );
    sts.destroy();
    const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = session.Credentials!;
    const key = { accessKeyId: AccessKeyId!, secretAccessKey: SecretAccessKey!, sessionToken: SessionToken! };
    const principal = session.AssumedRoleUser!.Arn!;
    for (const { iam } of this.#clusters) await iam.allow({ ...key, principal });
    return { RoleArn, AccessKeyId, SecretAccessKey, Token: SessionToken, Expiration: Expiration!.toISOString() };
  }

  /** In the emulator, with the policies that were deployed. Answers its ARN there. */
  #made(role: DeployedRole): Promise<string> {
    let made = this.#roles.get(role.name);
    if (made === undefined) {
      made = this.#make(role);
      this.#roles.set(role.name, made);
    }
    return made;
  }

  async #make({ name, policies }: DeployedRole): Promise<string> {
    const { endpoint, credentials, region } = this.#aws;
    const iam = new IAMClient({ endpoint, credentials, region });
    const { Role } = await iam.send(
      new CreateRoleCommand({ RoleName: name, AssumeRolePolicyDocument: TAKEN_BY_THE_TEST }),
    );
    for (const { name: PolicyName, document: PolicyDocument } of policies)
      await iam.send(new PutRolePolicyCommand({ RoleName: name, PolicyName, PolicyDocument }));
    iam.destroy();
    return Role!.Arn!;
  }

  async #serveCredentials(credentials: object): Promise<{ url: string; close(): Promise<void> }> {
    const path = `/v2/credentials/${randomUUID()}`;
    const server = createServer(({ url }, response) => {
      if (url !== path) response.writeHead(404).end();
      else response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(credentials));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return {
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`,
      close: () =>
        new Promise((resolve) => {
          server.close(() => resolve());
          server.closeAllConnections();
        }),
    };
  }
}
