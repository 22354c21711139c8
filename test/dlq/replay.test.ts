import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateQueueCommand, GetQueueAttributesCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import type { StorageLocation } from '../../runtime/src/config/job.ts';
import { openQueue, runKeep, runReplay } from '../../runtime/src/dlq/run-dlq.ts';
import { handler } from '../../runtime/src/lambda/dlq-replay.ts';
import { backUp, context, endpointOf, newStorage } from '../restore/harness.ts';
import { type KafkaCluster, startKafka } from '../support/kafka/cluster.ts';
import { javaClient } from '../support/kafka/java-client.ts';
import { type AwsEmulator, startMinistack } from '../support/s3/emulator.ts';

const ARN = 'arn:aws:kafka:us-west-2:123456789012:cluster/demo/6357e0b2-0e6a-4b6e-a0b4-70a6d1c0a7f6-14';

let kafka: KafkaCluster;
let aws: AwsEmulator;
let sqs: SQSClient;
let storage: StorageLocation & { path: string };
/** Of each record of the topic, by offset; retention has taken 0 to 9. */
let timestamps: number[];

beforeAll(async () => {
  [kafka, aws] = await Promise.all([startKafka(), startMinistack()]);
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
  vi.stubEnv('AWS_REGION', 'us-west-2');
  sqs = new SQSClient({ endpoint: aws.endpoint, region: 'us-west-2' });
  const client = javaClient(kafka);
  await client.createTopic('order-events', { partitions: 2 });
  await client.createTopic('plain', { partitions: 5 });
  const producer = await client.producer();
  const records = Array.from({ length: 20 }, (_, n) => ({
    partition: 1,
    key: `k${n}`,
    value: `order ${n}`,
    headers: [['trace', `t${n}`]] as [string, string][],
  }));
  await producer.send('order-events', records);
  timestamps = (await client.readAll('order-events')).map(({ timestamp }) => timestamp);
  const path = await mkdtemp(join(tmpdir(), 'msk-backup-dlq-'));
  storage = { backend: 'filesystem', path, prefix: '' };
  await backUp(kafka, ['order-events'], storage);
  await client.deleteRecords('order-events', { 1: 10 });
}, 120_000);
afterAll(async () => {
  vi.unstubAllEnvs();
  sqs?.destroy();
  await Promise.all([kafka?.stop(), aws?.stop()]);
  for (const end of ['', '-dead-letters']) await rm(`${storage.path}${end}`, { recursive: true, force: true });
});

let queues = 0;
async function newQueue(...messages: unknown[]): Promise<string> {
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: `letters-${++queues}` }));
  for (const message of messages) await send(QueueUrl!, message);
  return QueueUrl!;
}

async function send(url: string, message: unknown): Promise<void> {
  const MessageBody = typeof message === 'string' ? message : JSON.stringify(message);
  await sqs.send(new SendMessageCommand({ QueueUrl: url, MessageBody }));
}

async function waiting(url: string): Promise<number> {
  const names = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'] as const;
  const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: [...names] }));
  return names.reduce((sum, name) => sum + Number(Attributes?.[name] ?? 0), 0);
}

/** What Lambda tells of a batch that it has given up. */
function failed(first: number, last: number, over: { requestId?: string; timestamp?: number } = {}): unknown {
  const time = (offset: number) => new Date(over.timestamp ?? timestamps[offset]!).toISOString();
  return {
    requestContext: {
      requestId: over.requestId ?? `request-${first}-${last}`,
      functionArn: 'arn:aws:lambda:::function:f',
    },
    KafkaBatchInfo: {
      eventSourceArn: ARN,
      recordsInfo: {
        'order-events-1': {
          firstRecordOffset: String(first),
          lastRecordOffset: String(last),
          firstRecordTimestamp: time(first),
          lastRecordTimestamp: time(last),
        },
      },
    },
  };
}

async function replay(url: string, options: { dryRun?: boolean; limit?: number } = {}) {
  const { run } = context();
  const job = { source: endpointOf(kafka), storage };
  return runReplay(job, await openQueue(url), { dryRun: false, ...options }, run);
}

/** What has come to the topic since. */
async function producedAfter(topic: string, act: () => Promise<unknown>) {
  const client = javaClient(kafka);
  const before = await client.offsets(topic);
  await act();
  return (await client.readAll(topic))
    .filter(({ partition, offset }) => offset >= before[partition]!.end)
    .map(({ partition, key, value, timestamp, headers }) => ({
      partition,
      key: key?.toString(),
      value: value?.toString(),
      timestamp,
      headers: Object.fromEntries(headers.map(([name, content]) => [name, content?.toString()])),
    }));
}

test('records that a message names, from the topic and, where retention has taken them, from the archive', async () => {
  const url = await newQueue(failed(12, 13), failed(3, 4));
  let report: Awaited<ReturnType<typeof replay>> | undefined;
  const produced = await producedAfter('order-events', async () => {
    report = await replay(url);
  });
  expect(report).toMatchObject({ replayed: 2, records: 4, recordsFromArchive: 2, repeated: 0, left: [] });
  expect(produced.toSorted((a, b) => a.timestamp - b.timestamp || a.value!.localeCompare(b.value!))).toHaveLength(4);
  for (const n of [12, 13, 3, 4]) {
    expect(produced).toContainEqual({
      partition: 1,
      key: `k${n}`,
      value: `order ${n}`,
      timestamp: timestamps[n],
      headers: {
        trace: `t${n}`,
        'x-msk-backup-replayed-at': expect.any(String),
        'x-msk-backup-replayed-from': `order-events-1@${n}`,
        'x-msk-backup-dead-letter': expect.any(String),
      },
    });
  }
  expect(await waiting(url)).toBe(0);
});

describe('a range of which retention has taken the beginning', () => {
  test('is put together from the archive and the topic, also beyond the newest snapshot; nothing of it is left out', async () => {
    const client = javaClient(kafka);
    await client.createTopic('straddling', { partitions: 1 });
    const own = await newStorage();
    onTestFinished(() => rm(`${own.path}-dead-letters`, { recursive: true, force: true }));
    const producer = await client.producer({ 'transactional.id': 'straddling' });
    const send = async (from: number, count: number, end: 'commit' | 'abort') => {
      await producer.begin();
      await producer.send(
        'straddling',
        Array.from({ length: count }, (_, n) => ({ partition: 0, value: `${end} ${from + n}` })),
      );
      await producer[end]();
    };
    await send(0, 10, 'commit'); // 0 to 9, a marker at 10
    await backUp(kafka, ['straddling'], own);
    await send(11, 3, 'abort'); // 11 to 13, a marker at 14
    await send(15, 5, 'commit'); // 15 to 19
    const at = new Map((await client.readAll('straddling')).map(({ offset, timestamp }) => [offset, timestamp]));
    const letter = (first: number, last: number) => ({
      requestContext: { requestId: `${first}-${last}` },
      KafkaBatchInfo: {
        recordsInfo: {
          'straddling-0': {
            firstRecordOffset: String(first),
            lastRecordOffset: String(last),
            firstRecordTimestamp: new Date(at.get(first)!).toISOString(),
            lastRecordTimestamp: new Date(at.get(last)!).toISOString(),
          },
        },
      },
    });
    const replayOwn = async (url: string) =>
      runReplay({ source: endpointOf(kafka), storage: own }, await openQueue(url), { dryRun: false }, context().run);
    await client.deleteRecords('straddling', { 0: 8 });
    const whole = await newQueue(letter(3, 17));
    const produced = await producedAfter('straddling', async () => {
      expect(await replayOwn(whole)).toMatchObject({ replayed: 1, records: 10, recordsFromArchive: 5, left: [] });
    });
    const wanted = [...[3, 4, 5, 6, 7, 8, 9].map((n) => `commit ${n}`), ...[15, 16, 17].map((n) => `commit ${n}`)];
    expect(produced.map(({ value }) => value)).toEqual(wanted);
    // Between the snapshot's cut and the log start there is nothing any more.
    await client.deleteRecords('straddling', { 0: 16 });
    const torn = await newQueue(letter(3, 17));
    await rm(`${own.path}-dead-letters`, { recursive: true, force: true });
    expect((await replayOwn(torn)).left).toMatchObject([{ why: expect.stringContaining('not whole') }]);
    expect(await waiting(torn)).toBe(1);
  });
});

test('a message that comes twice is replayed once', async () => {
  const url = await newQueue(failed(14, 15), failed(14, 15));
  const produced = await producedAfter('order-events', async () => {
    expect(await replay(url)).toMatchObject({ replayed: 1, repeated: 1 });
    await send(url, failed(14, 15));
    expect(await replay(url)).toMatchObject({ replayed: 0, repeated: 1 });
  });
  expect(produced).toHaveLength(2);
  expect(await waiting(url)).toBe(0);
});

test('what cannot be replayed stays: unknown formats, records that are gone, others at their offsets', async () => {
  const url = await newQueue(
    'hello',
    failed(5000, 5001, { timestamp: 1 }),
    failed(16, 17, { timestamp: 1, requestId: 'other' }),
  );
  const produced = await producedAfter('order-events', async () => {
    const { left, replayed } = await replay(url);
    expect(replayed).toBe(0);
    expect(left.map(({ why }) => why).sort()).toEqual([
      expect.stringContaining('offsets 16 to 17'),
      expect.stringContaining('offsets 5000 to 5001'),
      expect.stringContaining('unknown format'),
    ]);
  });
  expect(produced).toEqual([]);
  expect(await waiting(url)).toBe(3);
  // At once, and not only when the time is over for which they were hidden.
  expect((await replay(url)).left).toHaveLength(3);
});

test('a dry run produces and deletes nothing; a limit is kept', async () => {
  const url = await newQueue(failed(10, 10), failed(11, 11));
  const dry = await producedAfter('order-events', async () => {
    expect(await replay(url, { dryRun: true })).toMatchObject({ dryRun: true, replayed: 2, records: 2 });
  });
  expect(dry).toEqual([]);
  expect(await waiting(url)).toBe(2);
  expect(await replay(url, { limit: 1 })).toMatchObject({ replayed: 1 });
  expect(await waiting(url)).toBe(1);
});

test('one record in text goes where a Kafka producer puts its key', async () => {
  const client = javaClient(kafka);
  const keys = ['a', 'b', 'c', 'order-1', 'order-22'];
  const producer = await client.producer();
  const placed = await producer.send(
    'plain',
    keys.map((key) => ({ key, value: 'by Kafka' })),
  );
  const url = await newQueue(...keys.map((key) => ({ topic: 'plain', key, value: `again ${key}` })));
  const produced = await producedAfter('plain', () => replay(url));
  expect(new Map(produced.map(({ key, partition }) => [key, partition]))).toEqual(
    new Map(keys.map((key, index) => [key, placed[index]!.partition])),
  );
});

test('a topic that does not exist keeps the message', async () => {
  const url = await newQueue({ topic: 'nowhere', value: 'x' });
  expect((await replay(url)).left).toMatchObject([{ why: expect.stringContaining('topic nowhere does not exist') }]);
  expect(await waiting(url)).toBe(1);
});

describe('objects that Lambda wrote to S3', () => {
  test('are replayed once, and stay', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'msk-backup-failures-'));
    onTestFinished(() => rm(directory, { recursive: true, force: true }));
    const record = {
      topic: 'order-events',
      partition: 0,
      offset: 1,
      timestamp: 1700000000000,
      key: 'aw==',
      value: 'dg==',
    };
    const payload = JSON.stringify({ eventSource: 'aws:kafka', records: { 'order-events-0': [record] } });
    await writeFile(join(directory, '2026-11-24T11.05.01-uuid'), JSON.stringify({ KafkaBatchInfo: {}, payload }));
    const produced = await producedAfter('order-events', async () => {
      expect(await replay(`file://${directory}`)).toMatchObject({ replayed: 1, records: 1 });
      expect(await replay(`file://${directory}`)).toMatchObject({ replayed: 0, repeated: 1 });
    });
    expect(produced).toMatchObject([{ partition: 0, key: 'k', value: 'v', timestamp: 1700000000000 }]);
    expect(await readdir(directory)).toHaveLength(1);
  });
});

test('backup keeps every message beside the archive, and the queue keeps it too', async () => {
  const url = await newQueue(failed(12, 13), 'hello');
  const archive = await newStorage();
  onTestFinished(() => rm(`${archive.path}-dead-letters`, { recursive: true, force: true }));
  const keep = async () => runKeep({ storage: archive }, await openQueue(url), context().run);
  expect(await keep()).toMatchObject({ kept: 2, known: 0 });
  expect(await keep()).toMatchObject({ kept: 0, known: 2 });
  expect(await waiting(url)).toBe(2);
  const folder = join(`${archive.path}-dead-letters`, 'messages');
  const bodies = await Promise.all(
    (await readdir(folder)).map(async (name) => JSON.parse(await readFile(join(folder, name), 'utf8')).body),
  );
  expect(bodies.sort()).toEqual([JSON.stringify(failed(12, 13)), 'hello'].sort());
});

describe('the Lambda handler', () => {
  const lambda = { awsRequestId: 'a-request', getRemainingTimeInMillis: () => 60_000 };
  const configure = () => {
    const brokers = kafka.bootstrapServers.join(',');
    const configuration = `source: {bootstrap_servers: ["${brokers}"]}\nstorage: {backend: filesystem, path: ${storage.path}}\n`;
    vi.stubEnv('MSK_BACKUP_CONFIG', configuration);
  };

  test('keeps in the queue, of the messages that a mapping gives it, those that were not replayed', async () => {
    configure();
    const record = (messageId: string, body: unknown) => ({
      messageId,
      receiptHandle: `receipt-${messageId}`,
      body: JSON.stringify(body),
      attributes: { ApproximateReceiveCount: '1', SentTimestamp: '1700000000000' },
      messageAttributes: {},
      eventSource: 'aws:sqs',
      eventSourceARN: 'arn:aws:sqs:us-west-2:123456789012:letters',
      awsRegion: 'us-west-2',
    });
    const event = {
      Records: [record('good', { topic: 'plain', key: 'k', value: 'v' }), record('bad', { nothing: 1 })],
    };
    const produced = await producedAfter('plain', async () => {
      expect(await handler(event, lambda)).toEqual({ batchItemFailures: [{ itemIdentifier: 'bad' }] });
    });
    expect(produced).toMatchObject([{ value: 'v', timestamp: 1700000000000 }]);
  });

  test('replays a queue when it is asked to', async () => {
    configure();
    const queue = await newQueue(failed(18, 19));
    const result = (await handler({ queue, dry_run: true }, lambda)) as { statusCode: number; body: string };
    expect(result.statusCode).toBe(200);
    expect(JSON.parse(result.body)).toMatchObject({ dryRun: true, replayed: 1, records: 2 });
    expect(await waiting(queue)).toBe(1);
    await expect(handler({}, lambda)).rejects.toThrow(/DLQ_QUEUE_URL/);
    await expect(handler({ queue, limit: 0 }, lambda)).rejects.toThrow(/limit/);
  });
});
