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
