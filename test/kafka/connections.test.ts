import { createServer, type Server, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { KafkaEndpoint } from '../../runtime/src/config/job.ts';
import type { KafkaClient } from '../../runtime/src/kafka/client.ts';
import { describeCluster, describeWhenLed } from '../../runtime/src/kafka/describe-cluster.ts';
import { createKafkaClient, type KafkaClientOptions } from '../../runtime/src/kafka/kafkajs-client.ts';
import { fetchRequest } from '../../runtime/src/kafka/protocol/fetch.ts';
import { metadataRequest } from '../../runtime/src/kafka/protocol/metadata.ts';
import { type KafkaCluster, startKafka } from '../support/kafka/cluster.ts';
import { toolClass } from '../support/kafka/console.ts';
import { freePorts } from '../support/ports.ts';
import { run } from '../support/process.ts';
import { endpointOf, produceLines } from './support.ts';

/** Longer than any test: what comes sooner was not waited for. */
const LONG_MS = 600_000;

const clients: KafkaClient[] = [];

function clientOf(endpoint: KafkaEndpoint, options?: KafkaClientOptions): KafkaClient {
  const client = createKafkaClient(endpoint, options);
  clients.push(client);
  return client;
}

afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
});

/** A fetch that no broker answers soon: the topic is empty. */
function longFetch(client: KafkaClient) {
  return client.send(
    1,
    fetchRequest({
      isolationLevel: 'read_committed',
      maxWaitMs: LONG_MS,
      minBytes: 1,
      maxBytes: 1000,
      partitions: [{ topic: 'empty', partition: 0, fetchOffset: 0, maxBytes: 1000 }],
    }),
    'fetch',
  );
}

describe('a broker', () => {
  let cluster: KafkaCluster;

  beforeAll(async () => {
    cluster = await startKafka();
    const client = clientOf(endpointOf(cluster));
    await client.connect();
    await client.createTopics([{ name: 'empty', partitions: 1, replicationFactor: 1, config: {} }]);
    await describeWhenLed(client, ['empty']);
  });

  afterAll(() => cluster?.stop());

  async function connected(settings: Partial<KafkaEndpoint> = {}, options?: KafkaClientOptions) {
    const client = clientOf(endpointOf(cluster, settings), options);
    await client.connect();
    return client;
  }

  it('is found behind dead bootstrap servers', async () => {
    const [dead] = await freePorts(1);
    const client = await connected({ bootstrapServers: [`127.0.0.1:${dead}`, ...cluster.bootstrapServers] });
    expect(await client.brokers()).toHaveLength(1);
  });

  it('answers several requests of one connection in order, beside a long fetch', async () => {
    const client = await connected();
    const fetching = longFetch(client);
    const order: number[] = [];
    await Promise.all([1, 2, 3, 4].map((n) => client.send(1, metadataRequest([])).then(() => order.push(n))));
    expect(order).toEqual([1, 2, 3, 4]);
    fetching.catch(() => {});
  });

  it('leaves a closed client nothing to wait for', async () => {
    const client = await connected();
    const fetching = longFetch(client);
    await client.send(1, metadataRequest([]));
    await client.close();
    await expect(fetching).rejects.toMatchObject({ kind: 'connection', code: 'CLIENT_CLOSED' });
    await expect(client.send(1, metadataRequest([]))).rejects.toMatchObject({ code: 'CLIENT_CLOSED' });
    await client.close();
  }, 20_000);

  it('leaves a process nothing to wait for or to be warned of', async () => {
    const program = new URL('one-run.ts', import.meta.url).pathname;
    const { stdout, stderr, code } = await run(process.execPath, [program, cluster.bootstrapServers[0]!], {
      timeoutMs: 20_000,
    });
    expect({ stdout, stderr, code }).toEqual({ stdout: 'CLIENT_CLOSED', stderr: '', code: 0 });
  }, 30_000);

  it('is let go of by a signal', async () => {
    const controller = new AbortController();
    const client = await connected({}, { signal: controller.signal });
    const fetching = longFetch(client);
    await client.send(1, metadataRequest([]));
    controller.abort();
    await expect(fetching).rejects.toMatchObject({ kind: 'interrupted', code: 'INTERRUPTED' });
    await expect(client.brokers().then(() => client.refreshBrokers())).rejects.toMatchObject({ kind: 'interrupted' });
  });

  it('that throttles us is heeded, and answers what had to wait', async () => {
    const client = await connected({}, { clientId: 'slow' });
    await client.createTopics([{ name: 'full', partitions: 1, replicationFactor: 1, config: {} }]);
    await describeWhenLed(client, ['full']);
    await produceLines(
      cluster,
      'full',
      Array.from({ length: 300 }, () => 'x'.repeat(1000)),
    );
    const { code, stderr } = await cluster.tool(toolClass(cluster, 'configs'), [
      ...['--bootstrap-server', cluster.bootstrapServers[0]!, '--alter', '--add-config', 'consumer_byte_rate=20000'],
      ...['--entity-type', 'clients', '--entity-name', 'slow'],
    ]);
    expect(code, stderr).toBe(0);
    const partitions = [{ topic: 'full', partition: 0, fetchOffset: 0, maxBytes: 1_000_000 }];
    const request = {
      isolationLevel: 'read_committed',
      maxWaitMs: 0,
      minBytes: 1,
      maxBytes: 1_000_000,
      partitions,
    } as const;
    const answer = await client.send(1, fetchRequest(request));
    expect(answer.throttleTimeMs).toBeGreaterThan(0);
    const later = await Promise.all([1, 2].map(() => client.send(1, metadataRequest([]))));
    expect(later.map(({ brokers }) => brokers.length)).toEqual([1, 1]);
  }, 60_000);

  it('that is not part of the cluster is told', async () => {
    const client = await connected();
    await expect(client.send(7, metadataRequest([]))).rejects.toMatchObject({
      code: 'BROKER_UNREACHABLE',
      message: expect.stringContaining('broker 7 is not part of the cluster'),
    });
  });

  it('that freezes is given up when the time is over, and found again', async () => {
    const client = await connected({ requestTimeoutMs: 1000 });
    const [broker] = cluster.brokers;
    broker!.pause();
    try {
      await expect(client.send(1, metadataRequest([]))).rejects.toMatchObject({
        kind: 'connection',
        code: 'BROKER_UNREACHABLE',
        message: expect.stringContaining(`cannot reach ${broker!.address}: no answer to Metadata`),
      });
    } finally {
      broker!.resume();
    }
    const patient = await connected();
    expect((await describeCluster(patient, [])).brokers).toHaveLength(1);
    await expect
      .poll(() => describeCluster(client, []), { timeout: 20_000 })
      .toMatchObject({ brokers: [{ nodeId: 1 }] });
  }, 60_000);

  it('that dies takes its requests with it at once, and is found when it is back', async () => {
    const client = await connected({ requestTimeoutMs: LONG_MS });
    const fetching = longFetch(client);
    await client.send(1, metadataRequest([]));
    const [broker] = cluster.brokers;
    const outcome = fetching.catch((reason) => reason);
    await broker!.kill();
    expect(await outcome).toMatchObject({
      kind: 'connection',
      code: 'CONNECTION_LOST',
      message: expect.stringContaining(broker!.address),
    });
    // The other connection may not know yet that it has ended.
    const next = () => client.send(1, metadataRequest([])).catch((reason) => reason);
    await expect.poll(async () => (await next()).code, { timeout: 30_000 }).toBe('BROKER_UNREACHABLE');
    expect(await next()).toMatchObject({ kind: 'connection', message: expect.stringContaining(broker!.address) });
    await broker!.start();
    expect((await describeCluster(client, ['empty'])).topics[0]!.errorCode).toBe(0);
  }, 60_000);
});

describe('a server that is no broker', () => {
  const sockets = new Set<Socket>();
  const servers: Server[] = [];

  afterEach(async () => {
    for (const socket of sockets) socket.destroy();
    await Promise.all(servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
  });

  async function serve(onSocket: (socket: Socket) => void): Promise<string> {
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => {});
      onSocket(socket);
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    return `127.0.0.1:${port}`;
  }

  const endpoint = (server: string, settings: Partial<KafkaEndpoint> = {}): KafkaEndpoint => ({
    bootstrapServers: [server],
    security: { protocol: 'PLAINTEXT' },
    connectTimeoutMs: LONG_MS,
    requestTimeoutMs: LONG_MS,
    ...settings,
  });

  it('does not answer: told after the request time-out', async () => {
    const server = await serve(() => {});
    await expect(clientOf(endpoint(server, { requestTimeoutMs: 300 })).connect()).rejects.toMatchObject({
      kind: 'connection',
      code: 'BROKER_UNREACHABLE',
      message: expect.stringContaining(server),
    });
  });

  it('does not speak TLS: told after the connect time-out', async () => {
    const server = await serve(() => {});
    const settings = { security: { protocol: 'SSL' } as const, connectTimeoutMs: 300 };
    await expect(clientOf(endpoint(server, settings)).connect()).rejects.toMatchObject({
      kind: 'connection',
      code: 'BROKER_UNREACHABLE',
      message: expect.stringMatching(`^cannot reach ${server}: Connection timeout; check address, port`),
    });
  });

  it('hangs up: told with what may be the reason', async () => {
    const server = await serve((socket) => socket.once('data', () => socket.end()));
    await expect(clientOf(endpoint(server)).connect()).rejects.toMatchObject({
      kind: 'connection',
      code: 'CONNECTION_LOST',
      message: expect.stringMatching(/expect TLS or SASL/),
    });
  });

  it('answers something else: told', async () => {
    // Size 6, correlation id 0, no error, and then a count without items.
    const server = await serve((socket) =>
      socket.once('data', () => socket.write(Buffer.from('0000000a0000000000007fffffff', 'hex'))),
    );
    await expect(clientOf(endpoint(server)).connect()).rejects.toMatchObject({
      kind: 'data',
      code: 'MALFORMED_ANSWER',
      message: expect.stringContaining(`${server} answered ApiVersions v2`),
    });
  });

  it('lets close() end a connection attempt', async () => {
    const server = await serve(() => {});
    const client = clientOf(endpoint(server, { security: { protocol: 'SSL' } }));
    const connecting = client.connect();
    const outcome = connecting.catch((reason) => reason);
    await new Promise((resolve) => setTimeout(resolve, 100));
    await client.close();
    expect(await outcome).toMatchObject({ code: 'CLIENT_CLOSED' });
  });

  it('is named with all others when none can be used', async () => {
    const [first, second] = await freePorts(2);
    const bootstrapServers = [`127.0.0.1:${first}`, `[::1]:${second}`];
    const failure = await clientOf({ ...endpoint(''), bootstrapServers })
      .connect()
      .catch((reason) => reason);
    expect(failure).toMatchObject({ kind: 'connection', code: 'BROKER_UNREACHABLE' });
    expect(failure.message).toMatch(/none of the 2 bootstrap servers/);
    for (const server of bootstrapServers) expect(failure.message).toContain(server);
  });
});

describe('settings that cannot work', () => {
  const endpoint = (security: KafkaEndpoint['security'], server = '127.0.0.1:1'): KafkaEndpoint => ({
    bootstrapServers: [server],
    security,
    connectTimeoutMs: 1000,
    requestTimeoutMs: 1000,
  });

  it.each([
    ['CREDENTIALS_MISSING', endpoint({ protocol: 'SASL_SSL', mechanism: 'PLAIN', username: 'me' })],
    ['SECURITY_FILE_UNREADABLE', endpoint({ protocol: 'SSL', caFile: '/nowhere/ca.pem' })],
    ['BOOTSTRAP_INVALID', endpoint({ protocol: 'PLAINTEXT' }, 'broker')],
  ])('are refused with %s', async (code, settings) => {
    await expect(clientOf(settings).connect()).rejects.toMatchObject({ kind: 'configuration', code });
  });
});
