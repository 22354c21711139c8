import { CreateSecretCommand, PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { StoredValue } from '../../runtime/src/config/job.ts';
import { parseStoredValue } from '../../runtime/src/config/stored-value.ts';
import { StoredValues } from '../../runtime/src/credentials/stored-values.ts';
import { type AwsEmulator, startMinistack } from '../support/s3/emulator.ts';

let aws: AwsEmulator;
let secrets: SecretsManagerClient;
let parameters: SSMClient;

beforeAll(async () => {
  aws = await startMinistack();
  const { endpoint, credentials } = aws;
  secrets = new SecretsManagerClient({ endpoint, credentials, region: 'us-west-2' });
  parameters = new SSMClient({ endpoint, credentials, region: 'us-west-2' });
});
afterAll(() => aws?.stop());
beforeEach(() => {
  // Not the region of the secrets: theirs is in their ARN.
  for (const [name, value] of Object.entries(aws.env)) vi.stubEnv(name, value);
});
afterEach(() => {
  vi.unstubAllEnvs();
});

let made = 0;
async function secret(value: string | Uint8Array): Promise<string> {
  made += 1;
  const content = typeof value === 'string' ? { SecretString: value } : { SecretBinary: value };
  const { ARN } = await secrets.send(new CreateSecretCommand({ Name: `kafka/${made}`, ...content }));
  return ARN as string;
}

const stored = (arn: string) => parseStoredValue(arn) as StoredValue;
const read = (arn: string, defaultKey?: string) =>
  new StoredValues().read(stored(arn), 'security.sasl_password', defaultKey);

describe('Secrets Manager', () => {
  it('the whole text, binary too', async () => {
    expect(await read(await secret('hunter2'))).toBe('hunter2');
    expect(await read(await secret(Buffer.from('hunter3')))).toBe('hunter3');
  });

  it('of a JSON object the key that the ARN names, else the usual one', async () => {
    const arn = await secret('{"username":"backup","password":"five12","port":9096}');
    expect(await read(`${arn}:username::`)).toBe('backup');
    expect(await read(arn, 'password')).toBe('five12');
    expect(await read(arn)).toContain('"username"');
    expect(await read(await secret('{not json'), 'password')).toBe('{not json');
  });

  it('a version by stage or id', async () => {
    const arn = await secret('old');
    const { VersionId } = await secrets.send(new PutSecretValueCommand({ SecretId: arn, SecretString: 'new' }));
    expect(await read(arn)).toBe('new');
    expect(await read(`${arn}::AWSPREVIOUS:`)).toBe('old');
    expect(await read(`${arn}:::${VersionId}`)).toBe('new');
  });

  it('is asked once for what is taken out of it twice', async () => {
    const arn = await secret('{"username":"backup","password":"first"}');
    const values = new StoredValues();
    expect(await values.read(stored(arn), 'security.sasl_username', 'username')).toBe('backup');
    await secrets.send(new PutSecretValueCommand({ SecretId: arn, SecretString: '{"password":"second"}' }));
    expect(await values.read(stored(arn), 'security.sasl_password', 'password')).toBe('first');
  });

  it.each([
    ['{"username":"backup","password":"hunter2"}', ':pass::', /is no JSON object with a text at pass/],
    ['hunter2', ':password::', /is no JSON object with a text at password/],
    ['{"password":2}', ':password::', /is no JSON object with a text at password/],
    ['{"password":""}', ':password::', /is no JSON object with a text at password/],
    ['{"a":"b"}', ':toString::', /is no JSON object with a text at toString/],
  ])('%s is refused with %s, without being shown', async (value, key, message) => {
    const failure = await read(`${await secret(value)}${key}`).catch((reason) => reason);
    expect(failure).toMatchObject({ kind: 'configuration', code: 'STORED_VALUE_INVALID' });
    expect(failure.message).toMatch(/^security\.sasl_password: arn:aws:secretsmanager:us-west-2:/);
    expect(failure.message).toMatch(message);
    expect(failure.message).not.toContain('hunter2');
  });

  it('one that is not there, or cannot be reached', async () => {
    const arn = 'arn:aws:secretsmanager:us-west-2:000000000000:secret:gone-AbCdEf';
    await expect(read(arn)).rejects.toMatchObject({
      kind: 'configuration',
      code: 'STORED_VALUE_UNAVAILABLE',
      message: expect.stringMatching(
        /^security\.sasl_password: cannot read arn:.*:secret:gone-AbCdEf \(ResourceNotFoundException: .*secretsmanager:GetSecretValue/,
      ),
    });
    vi.stubEnv('AWS_ENDPOINT_URL_SECRETS_MANAGER', 'http://127.0.0.1:9');
    await expect(read(arn)).rejects.toMatchObject({
      code: 'STORED_VALUE_UNAVAILABLE',
      message: expect.stringContaining('ECONNREFUSED'),
    });
  });
});

describe('SSM', () => {
  it('a parameter, decrypted', async () => {
    await parameters.send(
      new PutParameterCommand({ Name: '/kafka/prod/password', Value: 'hunter2', Type: 'SecureString' }),
    );
    expect(await read('arn:aws:ssm:us-west-2:000000000000:parameter/kafka/prod/password')).toBe('hunter2');
  });

  it('one that is not there', async () => {
    await expect(read('arn:aws:ssm:us-west-2:000000000000:parameter/gone')).rejects.toMatchObject({
      code: 'STORED_VALUE_UNAVAILABLE',
      message: expect.stringMatching(/parameter\/gone \(ParameterNotFound.*ssm:GetParameter/),
    });
  });
});
