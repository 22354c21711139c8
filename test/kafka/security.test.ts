import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { KafkaEndpoint, KafkaSecurity } from '../../runtime/src/config/job.ts';
import { Secret } from '../../runtime/src/config/secret.ts';
import { createKafkaClient } from '../../runtime/src/kafka/kafkajs-client.ts';
import { metadataRequest } from '../../runtime/src/kafka/protocol/metadata.ts';
import { type KafkaCluster, startKafka } from '../support/kafka/cluster.ts';
import { toolClass } from '../support/kafka/console.ts';
import { STORE_PASSWORD, tlsKey } from '../support/kafka/tls.ts';
import { endpointOf } from './support.ts';

const LOGIN_MODULES = 'org.apache.kafka.common.security';
/** Renewed in its last fifth. Brokers refuse to do that within a second. */
const SESSION_MS = 2000;

/** Listener settings; the test cluster's listener is called PLAINTEXT whatever it speaks. */
function speaking(protocol: KafkaSecurity['protocol'], config: Record<string, string>): Record<string, string> {
  return {
    'listener.security.protocol.map': `PLAINTEXT:${protocol},CONTROLLER:PLAINTEXT`,
    'inter.broker.listener.name': 'PLAINTEXT',
    ...config,
  };
}

async function connectAndAsk(endpoint: KafkaEndpoint): Promise<number> {
  const client = createKafkaClient(endpoint);
  try {
    await client.connect();
    await client.send(1, metadataRequest([]), 'fetch');
    return (await client.brokers()).length;
  } finally {
    await client.close();
  }
}

describe('SASL', () => {
  let cluster: KafkaCluster;

  beforeAll(async () => {
    cluster = await startKafka({
      config: speaking('SASL_PLAINTEXT', {
        'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
        'sasl.mechanism.inter.broker.protocol': 'PLAIN',
        'connections.max.reauth.ms': String(SESSION_MS),
        'listener.name.plaintext.plain.sasl.jaas.config': `${LOGIN_MODULES}.plain.PlainLoginModule required username="admin" password="s3cret" user_admin="s3cret";`,
        'listener.name.plaintext.scram-sha-256.sasl.jaas.config': `${LOGIN_MODULES}.scram.ScramLoginModule required;`,
        'listener.name.plaintext.scram-sha-512.sasl.jaas.config': `${LOGIN_MODULES}.scram.ScramLoginModule required;`,
      }),
    });
    const directory = await mkdtemp(join(tmpdir(), 'msk-backup-sasl-'));
    try {
      const admin = join(directory, 'admin.properties');
      const login = `${LOGIN_MODULES}.plain.PlainLoginModule required username="admin" password="s3cret";`;
      await writeFile(admin, `security.protocol=SASL_PLAINTEXT\nsasl.mechanism=PLAIN\nsasl.jaas.config=${login}\n`);
      for (const credential of ['SCRAM-SHA-256=[password=two56]', 'SCRAM-SHA-512=[password=five12]']) {
        const { code, stderr } = await cluster.tool(toolClass(cluster, 'configs'), [
          ...['--bootstrap-server', cluster.bootstrapServers[0]!, '--command-config', admin, '--alter'],
          ...['--entity-type', 'users', '--entity-name', 'backup=up, really', '--add-config', credential],
        ]);
        if (code !== 0) throw new Error(stderr);
      }
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  afterAll(() => cluster?.stop());

  const login = (mechanism: KafkaSecurity['mechanism'], username: string, password: string) =>
    endpointOf(cluster, {
      security: { protocol: 'SASL_PLAINTEXT', mechanism, username, password: new Secret(password) },
    });

  it('PLAIN and SCRAM let us in', async () => {
    expect(await connectAndAsk(login('PLAIN', 'admin', 's3cret'))).toBe(1);
    expect(await connectAndAsk(login('SCRAM-SHA-256', 'backup=up, really', 'two56'))).toBe(1);
    expect(await connectAndAsk(login('SCRAM-SHA-512', 'backup=up, really', 'five12'))).toBe(1);
  });

  it.each([
    ['PLAIN', 'admin'],
    ['SCRAM-SHA-512', 'backup=up, really'],
    ['SCRAM-SHA-512', 'nobody'],
  ] as const)('%s as %s with a wrong password is refused, without showing it', async (mechanism, username) => {
    const failure = await connectAndAsk(login(mechanism, username, 'hunter2')).catch((reason) => reason);
    expect(failure).toMatchObject({
      kind: 'connection',
      code: 'AUTHENTICATION_FAILED',
      message: expect.stringContaining(cluster.bootstrapServers[0]!),
    });
    expect(failure.message).not.toContain('hunter2');
  });

  it('sessions are renewed while requests are in flight', async () => {
    const client = createKafkaClient(login('SCRAM-SHA-512', 'backup=up, really', 'five12'));
    try {
      await client.connect();
      const answers: Promise<unknown>[] = [];
      for (const end = Date.now() + 2 * SESSION_MS; Date.now() < end; await sleep(100)) {
        for (let i = 0; i < 5; i++) answers.push(client.send(1, metadataRequest([])));
      }
      await Promise.all(answers);
    } finally {
      await client.close();
    }
  });

  it('that is missing is told', async () => {
    await expect(connectAndAsk(endpointOf(cluster))).rejects.toMatchObject({
      code: 'CONNECTION_LOST',
      message: expect.stringContaining('expect TLS or SASL'),
    });
  });
});

describe('TLS with client certificates', () => {
  let directory: string;
  let cluster: KafkaCluster;
  let security: KafkaSecurity;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'msk-backup-tls-'));
    const [broker, client] = [await tlsKey('broker'), await tlsKey('client')];
    // A broker refuses to start when it does not trust its own certificate.
    const trusted = join(directory, 'trusted.pem');
    await writeFile(trusted, (await Promise.all([broker, client].map((key) => readFile(key.certificate)))).join(''));
    security = {
      protocol: 'SSL',
      caFile: broker.certificate,
      certificateFile: client.certificate,
      keyFile: client.key,
    };
    cluster = await startKafka({
      config: speaking('SSL', {
        'ssl.client.auth': 'required',
        'ssl.keystore.location': broker.store,
        'ssl.keystore.type': 'PKCS12',
        'ssl.keystore.password': STORE_PASSWORD,
        'ssl.truststore.location': trusted,
        'ssl.truststore.type': 'PEM',
      }),
    });
  });

  afterAll(async () => {
    await cluster?.stop();
    await rm(directory, { recursive: true, force: true });
  });

  it('works with the right files', async () => {
    expect(await connectAndAsk(endpointOf(cluster, { security }))).toBe(1);
  });

  it('does not trust a broker with a certificate of somebody else', async () => {
    const trusting = { ...security, caFile: undefined };
    await expect(connectAndAsk(endpointOf(cluster, { security: trusting }))).rejects.toMatchObject({
      kind: 'connection',
      code: 'BROKER_UNREACHABLE',
      message: expect.stringMatching(
        /^cannot reach 127\.0\.0\.1:\d+: .*certificate.*; check security\.ssl_ca_location/,
      ),
    });
  });

  it('is refused without a certificate of our own', async () => {
    const anonymous: KafkaSecurity = { protocol: 'SSL', caFile: security.caFile };
    await expect(connectAndAsk(endpointOf(cluster, { security: anonymous }))).rejects.toMatchObject({
      kind: 'connection',
      message: expect.stringMatching(/127\.0\.0\.1:\d+.*certificate/),
    });
  });

  it('that is missing is told', async () => {
    await expect(connectAndAsk(endpointOf(cluster))).rejects.toMatchObject({
      kind: 'connection',
      message: expect.stringContaining('expect TLS or SASL'),
    });
  });
});
