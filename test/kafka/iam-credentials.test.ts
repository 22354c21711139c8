import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { withRetries } from '../../runtime/src/kafka/retry.ts';
import { type KafkaCluster, startKafka } from '../support/kafka/cluster.ts';
import { type AwsEmulator, startMinistack } from '../support/s3/emulator.ts';
import { startStsRelay } from '../support/s3/sts-relay.ts';
import {
  askThrough,
  BACKUP,
  brokersOf,
  iamEndpoint,
  keysOf,
  REGION,
  SESSION_MS,
  useCredentials,
  verdictsDuring,
} from './iam-client.ts';

const ROLE = 'arn:aws:iam::210987654321:role/other-account';

afterEach(() => {
  vi.unstubAllEnvs();
});

describe('credentials for AWS_MSK_IAM', () => {
  let kafka: KafkaCluster;
  let aws: AwsEmulator;
  let directory: string;

  beforeAll(async () => {
    [kafka, aws] = await Promise.all([
      startKafka({ iam: { region: REGION, keys: [BACKUP], sessionMs: SESSION_MS } }),
      startMinistack(),
    ]);
    directory = await mkdtemp(join(tmpdir(), 'msk-backup-iam-'));
  });
  afterAll(async () => {
    await Promise.all([kafka?.stop(), aws?.stop()]);
    await rm(directory, { recursive: true, force: true });
  });

  it('none at all', async () => {
    useCredentials({});
    await expect(brokersOf(iamEndpoint(kafka))).rejects.toMatchObject({
      kind: 'configuration',
      code: 'CREDENTIALS_UNAVAILABLE',
      message: expect.stringMatching(/^security: there are no AWS credentials \(.*\); give the task/),
    });
  });

  it('the region comes from the environment where nothing else tells', async () => {
    useCredentials({ ...keysOf(BACKUP), AWS_DEFAULT_REGION: REGION });
    expect(await brokersOf(iamEndpoint(kafka, { region: undefined }))).toBe(1);
    useCredentials(keysOf(BACKUP));
    await expect(brokersOf(iamEndpoint(kafka, { region: undefined }))).rejects.toMatchObject({
      kind: 'configuration',
      code: 'REGION_MISSING',
      message: expect.stringMatching(/127\.0\.0\.1:\d+ does not name; set security\.region or AWS_REGION$/),
    });
  });

  it('a role of another account, whose credentials end during the run', async () => {
    const sts = await startStsRelay(aws, 60_000, (key) => kafka.iam.allow(key));
    try {
      useCredentials({ ...keysOf(BACKUP), AWS_ENDPOINT_URL_STS: sts.url });
      const before = (await kafka.iam.verdicts()).accepted.length;
      const assumeRole = { arn: ROLE, externalId: 'msk-backup-42' };
      expect(await askThrough(1.5, iamEndpoint(kafka, { assumeRole }))).toBeGreaterThan(30);
      const accepted = (await kafka.iam.verdicts()).accepted.slice(before);
      expect(new Set(accepted)).toEqual(new Set(['arn:aws:sts::210987654321:assumed-role/other-account/msk-backup']));
      expect(accepted.length).toBeGreaterThanOrEqual(3);
      // Less than 15 minutes are left of them each time.
      expect(sts.requests.length).toBeGreaterThanOrEqual(2);
      for (const request of sts.requests) {
        expect(Object.fromEntries(request)).toMatchObject({
          Action: 'AssumeRole',
          RoleArn: ROLE,
          RoleSessionName: 'msk-backup',
          ExternalId: 'msk-backup-42',
        });
      }
    } finally {
      await sts.close();
    }
  });

  it('a role that cannot be assumed', async () => {
    useCredentials({ ...keysOf(BACKUP), AWS_ENDPOINT_URL_STS: 'http://127.0.0.1:9' });
    await expect(brokersOf(iamEndpoint(kafka, { assumeRole: { arn: ROLE } }))).rejects.toMatchObject({
      kind: 'configuration',
      code: 'CREDENTIALS_UNAVAILABLE',
      message: expect.stringMatching(
        /^security: cannot assume arn:aws:iam::210987654321:role\/other-account \(.*trust/,
      ),
    });
  });

  it("a web identity, whose sessions keep one name: a new principal's renewal would be refused", async () => {
    const sts = await startStsRelay(aws, 60_000, (key) => kafka.iam.allow(key));
    try {
      const token = join(directory, 'web-identity');
      await writeFile(token, 'eyJhbGciOiJub25lIn0.e30.');
      useCredentials({ AWS_ENDPOINT_URL_STS: sts.url, AWS_WEB_IDENTITY_TOKEN_FILE: token, AWS_ROLE_ARN: ROLE });
      expect(await askThrough(1.5, iamEndpoint(kafka))).toBeGreaterThan(30);
      expect(new Set(sts.requests.map((request) => request.get('RoleSessionName')))).toEqual(new Set(['msk-backup']));
      expect(sts.requests.length).toBeGreaterThanOrEqual(2);
    } finally {
      await sts.close();
    }
  });

  it('a profile whose principal changes: the broker does not renew, and the requests go over new connections', async () => {
    const names = ['first', 'second', 'third', 'fourth', 'fifth', 'sixth', 'seventh', 'eighth'];
    for (const name of names) {
      await kafka.iam.allow({
        accessKeyId: `ASIA${name}`,
        secretAccessKey: `secret-${name}`,
        principal: `arn:aws:sts::123456789012:assumed-role/backup/${name}`,
      });
    }
    // A minute to live is little enough to be asked for again at each login.
    await useProcess(
      names.map((name) => ({ accessKeyId: `ASIA${name}`, secretAccessKey: `secret-${name}`, lifeMs: 60_000 })),
    );
    const before = (await kafka.iam.verdicts()).accepted.length;
    expect(await askThrough(1.5, iamEndpoint(kafka))).toBeGreaterThan(30);
    const accepted = (await kafka.iam.verdicts()).accepted.slice(before);
    expect(new Set(accepted).size).toBeGreaterThanOrEqual(2);
    const log = await readFile(kafka.brokers[0]!.logFile, 'utf8');
    expect(log).toMatch(/Cannot change principals during re-authentication/);
  });

  it('credentials at their end, as MSK refuses them, are waited out', async () => {
    const { accessKeyId, secretAccessKey } = BACKUP;
    const lives = [1500, 1500, 1500, 60_000];
    await useProcess(lives.map((lifeMs) => ({ accessKeyId, secretAccessKey, lifeMs })));
    const { result, accepted, refused } = await verdictsDuring(kafka, () =>
      withRetries(() => brokersOf(iamEndpoint(kafka))),
    );
    expect({ result, accepted }).toEqual({ result: 1, accepted: [BACKUP.principal] });
    expect(refused).toEqual(['session too short', 'session too short', 'session too short']);
  });

  /** A profile whose program answers with the next of the keys at each call, and with the last one ever after. */
  async function useProcess(
    answers: { accessKeyId: string; secretAccessKey: string; lifeMs: number }[],
  ): Promise<void> {
    const place = await mkdtemp(join(directory, 'process-'));
    const program = join(place, 'credentials.mjs');
    await writeFile(
      program,
      `#!${process.execPath}
import { appendFileSync, readFileSync } from 'node:fs';
const calls = ${JSON.stringify(join(place, 'calls'))};
appendFileSync(calls, 'x');
const answers = ${JSON.stringify(answers)};
const { accessKeyId, secretAccessKey, lifeMs } = answers[Math.min(readFileSync(calls).length, answers.length) - 1];
console.log(JSON.stringify({
  Version: 1,
  AccessKeyId: accessKeyId,
  SecretAccessKey: secretAccessKey,
  Expiration: new Date(Date.now() + lifeMs).toISOString(),
}));
`,
    );
    await chmod(program, 0o755);
    const config = join(place, 'config');
    await writeFile(config, `[profile backup]\ncredential_process = ${program}\n`);
    useCredentials({ AWS_CONFIG_FILE: config, AWS_PROFILE: 'backup' });
  }
});
