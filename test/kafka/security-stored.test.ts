import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { stringify } from 'yaml';
import { parseConfiguration } from '../../runtime/src/config/parse-configuration.ts';
import { createKafkaClient } from '../../runtime/src/kafka/kafkajs-client.ts';
import { type KafkaCluster, startKafka } from '../support/kafka/cluster.ts';
import { toolClass } from '../support/kafka/console.ts';
import { tlsKey } from '../support/kafka/tls.ts';
import { type AwsEmulator, startMinistack } from '../support/s3/emulator.ts';
import { REGION } from './iam-client.ts';

/** A listener that wants a client certificate and SCRAM-SHA-512; everything for it is kept in AWS. */
let kafka: KafkaCluster;
let aws: AwsEmulator;
let directory: string;
let arns: Record<'login' | 'ca' | 'certificate' | 'key', string>;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'msk-backup-stored-'));
  const [broker, client] = [await tlsKey('broker'), await tlsKey('client')];
  const trusted = join(directory, 'trusted.pem');
  await writeFile(
    trusted,
    `${await readFile(broker.certificate, 'utf8')}${await readFile(client.certificate, 'utf8')}`,
  );
  [kafka, aws] = await Promise.all([
    startKafka({
      iam: { region: REGION, keys: [] },
      config: {
        'listener.name.iam.ssl.client.auth': 'required',
        'listener.name.iam.ssl.truststore.location': trusted,
        'listener.name.iam.ssl.truststore.type': 'PEM',
      },
    }),
    startMinistack(),
  ]);
  const { code, stderr } = await kafka.tool(toolClass(kafka, 'configs'), [
    ...['--bootstrap-server', kafka.bootstrapServers[0]!, '--alter', '--entity-type', 'users'],
    ...['--entity-name', 'backup', '--add-config', 'SCRAM-SHA-512=[password=five12]'],
  ]);
  if (code !== 0) throw new Error(stderr);

  const settings = { endpoint: aws.endpoint, credentials: aws.credentials, region: aws.region };
  const secrets = new SecretsManagerClient(settings);
  const login = await secrets.send(
    // As MSK wants it, name and all.
    new CreateSecretCommand({
      Name: 'AmazonMSK_backup',
      SecretString: '{"username":"backup","password":"five12","wrong":"hunter2"}',
    }),
  );
  const key = await secrets.send(
    new CreateSecretCommand({ Name: 'kafka/client-key', SecretBinary: await readFile(client.key) }),
  );
  const parameters = new SSMClient(settings);
  for (const [name, file] of [
    ['/kafka/ca', broker.certificate],
    ['/kafka/client', client.certificate],
  ] as const) {
    await parameters.send(new PutParameterCommand({ Name: name, Type: 'String', Value: await readFile(file, 'utf8') }));
  }
  const parameter = `arn:aws:ssm:${aws.region}:000000000000:parameter/kafka`;
  arns = {
    login: login.ARN as string,
    key: key.ARN as string,
    ca: `${parameter}/ca`,
    certificate: `${parameter}/client`,
  };
});
afterAll(async () => {
  await Promise.all([kafka?.stop(), aws?.stop()]);
  await rm(directory, { recursive: true, force: true });
});
beforeEach(() => {
  for (const [name, value] of Object.entries(aws.env)) vi.stubEnv(name, value);
});
afterEach(() => {
  vi.unstubAllEnvs();
});

/** From the text of a configuration to the brokers. */
async function brokersWith(security: Record<string, string>): Promise<number> {
  const text = stringify({
    mode: 'backup',
    source: {
      bootstrap_servers: kafka.iam.bootstrapServers,
      security: { security_protocol: 'SASL_SSL', sasl_mechanism: 'SCRAM-SHA512', ...security },
    },
    storage: { backend: 'filesystem', path: '/b' },
  });
  const { job } = parseConfiguration(text, { file: 'stored.yaml', env: {}, now: new Date() });
  if (job.mode !== 'backup') throw new Error('another job');
  const client = createKafkaClient(job.source);
  try {
    await client.connect();
    return (await client.brokers()).length;
  } finally {
    await client.close();
  }
}

const whole = () => ({
  sasl_username: arns.login,
  sasl_password: arns.login,
  ssl_ca_location: arns.ca,
  ssl_certificate_location: arns.certificate,
  ssl_key_location: arns.key,
});

it('user name, password, authority, certificate and key come from Secrets Manager and SSM', async () => {
  expect(await brokersWith(whole())).toBe(1);
  expect(await brokersWith({ ...whole(), sasl_username: 'backup', sasl_password: `${arns.login}:password::` })).toBe(1);
});

it('another value of the same secret does not let us in, and is not shown', async () => {
  const failure = await brokersWith({ ...whole(), sasl_password: `${arns.login}:wrong::` }).catch((reason) => reason);
  expect(failure).toMatchObject({ kind: 'connection', code: 'AUTHENTICATION_FAILED' });
  expect(failure.message).not.toContain('hunter2');
});

it('without its certificate the broker does not listen', async () => {
  const { ssl_certificate_location: _certificate, ssl_key_location: _key, ...others } = whole();
  await expect(brokersWith(others)).rejects.toMatchObject({
    kind: 'connection',
    message: expect.stringMatching(/certificate/),
  });
});

it('a value that is no PEM text is told, not shown', async () => {
  const failure = await brokersWith({ ...whole(), ssl_ca_location: `${arns.login}:wrong::` }).catch((reason) => reason);
  expect(failure).toMatchObject({
    kind: 'configuration',
    code: 'SECURITY_FILE_INVALID',
    message: `security.ssl_ca_location: ${arns.login}:wrong:: holds no PEM text`,
  });
});
