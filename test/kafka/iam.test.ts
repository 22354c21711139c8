import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { generateAuthTokenFromCredentialsProvider } from 'aws-msk-iam-sasl-signer-js';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { parseAddress } from '../../runtime/src/kafka/address.ts';
import { BrokerConnection } from '../../runtime/src/kafka/kafkajs-connection.ts';
import { type KafkaCluster, startKafka } from '../support/kafka/cluster.ts';
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

afterEach(() => {
  vi.unstubAllEnvs();
});

describe.each(['4', '3.9'])('AWS_MSK_IAM with Kafka %s', (version) => {
  let kafka: KafkaCluster;

  beforeAll(async () => {
    kafka = await startKafka({ version, iam: { region: REGION, keys: [BACKUP], sessionMs: SESSION_MS } });
  });
  afterAll(() => kafka?.stop());
  beforeEach(() => useCredentials(keysOf(BACKUP)));

  const verdictsOf = (work: () => Promise<unknown>) => verdictsDuring(kafka, work);

  it('a signature with the right key lets us in, as the principal that the key belongs to', async () => {
    const { result, accepted, refused } = await verdictsOf(() => brokersOf(iamEndpoint(kafka)));
    expect({ result, accepted, refused }).toEqual({ result: 1, accepted: [BACKUP.principal], refused: [] });
  });

  it('a wrong key is refused, in the words of the broker', async () => {
    useCredentials(keysOf({ ...BACKUP, secretAccessKey: 'another' }));
    const { result, refused } = await verdictsOf(() => brokersOf(iamEndpoint(kafka)));
    expect(result).toMatchObject({
      kind: 'connection',
      code: 'AUTHENTICATION_FAILED',
      message: expect.stringMatching(/^127\.0\.0\.1:\d+ refused .*: Access denied; check kafka-cluster:Connect/),
    });
    expect(refused).toEqual(['wrong signature']);
  });

  it('a wrong region is refused, with the reason in the answer of the mechanism', async () => {
    const { result } = await verdictsOf(() => brokersOf(iamEndpoint(kafka, { region: 'us-east-1' })));
    expect(result).toMatchObject({
      code: 'AUTHENTICATION_FAILED',
      message: expect.stringMatching(/signed for us-east-1, this is eu-central-1.*security\.region/),
    });
  });

  it('a token that has expired is refused', async () => {
    const credentials = { ...BACKUP, expiration: new Date(Date.now() + 1000) };
    const { token, expiryTime } = await generateAuthTokenFromCredentialsProvider({
      region: REGION,
      awsCredentialsProvider: async () => credentials,
    });
    await sleep(expiryTime - Date.now() + 50);
    const connection = new BrokerConnection(parseAddress(kafka.iam.bootstrapServers[0]!), {
      tls: { ca: await readFile(kafka.iam.caFile) },
      sasl: { mechanism: 'OAUTHBEARER', token: async () => token },
      clientId: 'test',
      connectTimeoutMs: 5000,
      requestTimeoutMs: 5000,
    });
    await expect(connection.opened()).rejects.toMatchObject({
      code: 'AUTHENTICATION_FAILED',
      message: expect.stringContaining('invalid_token: expired'),
    });
  });

  it('sessions are renewed on each connection, and no request is lost', async () => {
    const { result, accepted, ...others } = await verdictsOf(() => askThrough(1.75, iamEndpoint(kafka)));
    expect(result).toBeGreaterThan(100);
    // Each of the two connections was renewed, the first one twice.
    expect(accepted.length).toBeGreaterThanOrEqual(5);
    expect(new Set(accepted)).toEqual(new Set([BACKUP.principal]));
    expect(others).toEqual({ refused: [], connections: 2, expired: 0 });
  });
});

it('a session as long as its token, which is as MSK has them', async () => {
  const kafka = await startKafka({ iam: { region: REGION, keys: [BACKUP] } });
  try {
    useCredentials(keysOf(BACKUP));
    for (let attempt = 0; attempt < 3; attempt++) expect(await brokersOf(iamEndpoint(kafka))).toBe(1);
  } finally {
    await kafka.stop();
  }
});
