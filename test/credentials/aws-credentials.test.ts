import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { awsCredentials } from '../../runtime/src/credentials/aws-credentials.ts';
import { type AwsEmulator, startMinistack } from '../support/s3/emulator.ts';
import { startStsRelay } from '../support/s3/sts-relay.ts';

const ROLE = 'arn:aws:iam::210987654321:role/other-account';
const LIFE_MS = 3000;

let aws: AwsEmulator;
beforeAll(async () => {
  aws = await startMinistack();
});
afterAll(() => aws?.stop());
afterEach(() => {
  vi.unstubAllEnvs();
});

it('sessions of a role have the name that the environment gives, else ours', async () => {
  const sts = await startStsRelay(aws, LIFE_MS);
  try {
    for (const [name, value] of Object.entries(aws.env)) vi.stubEnv(name, value);
    vi.stubEnv('AWS_ENDPOINT_URL_STS', sts.url);
    await awsCredentials('eu-west-1', { arn: ROLE }).current();
    vi.stubEnv('AWS_ROLE_SESSION_NAME', 'nightly');
    await awsCredentials('eu-west-1', { arn: ROLE }).current();
    expect(sts.requests.map((request) => request.get('RoleSessionName'))).toEqual(['msk-backup', 'nightly']);
  } finally {
    await sts.close();
  }
});

it('an STS that is away counts as a mistake at first, and as an outage later', async () => {
  const sts = await startStsRelay(aws, LIFE_MS);
  for (const [name, value] of Object.entries(aws.env)) vi.stubEnv(name, value);
  vi.stubEnv('AWS_ENDPOINT_URL_STS', sts.url);
  const credentials = awsCredentials('eu-west-1', { arn: ROLE });
  const first = await credentials.current();
  await sts.close();
  // Still valid, so it serves.
  expect(await credentials.current()).toEqual(first);
  await sleep(LIFE_MS);
  await expect(credentials.current()).rejects.toMatchObject({ kind: 'connection', code: 'CREDENTIALS_UNAVAILABLE' });
  const another = awsCredentials('eu-west-1', { arn: ROLE });
  await expect(another.current()).rejects.toMatchObject({ kind: 'configuration', code: 'CREDENTIALS_UNAVAILABLE' });
});

it('a container that rotates its credentials gives the new ones at the next login', async () => {
  let calls = 0;
  // As the agent of ECS answers, some minutes before the old ones end.
  const agent = createServer((_request, response) => {
    calls += 1;
    response.setHeader('content-type', 'application/json');
    response.end(
      JSON.stringify({
        AccessKeyId: `ASIA${calls}`,
        SecretAccessKey: 'secret',
        Token: 'token',
        Expiration: new Date(Date.now() + (calls === 1 ? 10 : 360) * 60_000).toISOString(),
      }),
    );
  });
  await new Promise<void>((resolve) => agent.listen(0, '127.0.0.1', resolve));
  try {
    for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) vi.stubEnv(name, undefined);
    const { port } = agent.address() as AddressInfo;
    vi.stubEnv('AWS_CONTAINER_CREDENTIALS_FULL_URI', `http://127.0.0.1:${port}/credentials`);
    vi.stubEnv('AWS_CONFIG_FILE', '/nowhere/config');
    vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/nowhere/credentials');
    const credentials = awsCredentials('eu-west-1');
    expect(await credentials.current()).toMatchObject({ accessKeyId: 'ASIA1', sessionToken: 'token' });
    expect(await credentials.current()).toMatchObject({ accessKeyId: 'ASIA2' });
    expect(await credentials.current()).toMatchObject({ accessKeyId: 'ASIA2' });
  } finally {
    agent.close();
    agent.closeAllConnections();
  }
});
