import { afterAll, beforeAll, expect, test } from 'vitest';
import { type KafkaCluster, startKafka } from './kafka/cluster.ts';
import { consoleConsume, toolClass } from './kafka/console.ts';
import { type JavaClient, javaClient } from './kafka/java-client.ts';

let kafka: KafkaCluster;
let client: JavaClient;
beforeAll(async () => {
  kafka = await startKafka();
  client = javaClient(kafka);
}, 120_000);
afterAll(() => kafka.stop());

test('records come back byte for byte: nulls, empty values, headers in order, timestamps', async () => {
  await client.createTopic('bytes', { partitions: 2 });
  const producer = await client.producer();
  const binary = Buffer.from([0, 0xff, 0x80, 10]);
  const sent = await producer.send('bytes', [
    { partition: 1, key: null, value: binary, timestamp: 1_700_000_000_000 },
    {
      partition: 1,
      key: '',
      value: '',
      headers: [
        ['h', 'a'],
        ['g', null],
        ['h', ''],
      ],
    },
    { partition: 0, key: 'tombstone' },
  ]);
  expect(sent).toEqual([
    { partition: 1, offset: 0 },
    { partition: 1, offset: 1 },
    { partition: 0, offset: 0 },
  ]);
  const [tombstone, first, second] = await client.readAll('bytes');
  expect(tombstone).toMatchObject({ partition: 0, offset: 0, key: Buffer.from('tombstone'), value: null });
  expect(first).toEqual({
    partition: 1,
    offset: 0,
    timestamp: 1_700_000_000_000,
    timestampType: 'CreateTime',
    key: null,
    value: binary,
    headers: [],
  });
  const empty = Buffer.alloc(0);
  expect(second).toMatchObject({ key: empty, value: empty });
  expect(second!.headers).toEqual([
    ['h', Buffer.from('a')],
    ['g', null],
    ['h', empty],
  ]);
});

test('each codec is in the log as it was asked for, one batch for one send', async () => {
  await client.createTopic('codecs');
  const codecs = ['none', 'gzip', 'snappy', 'lz4', 'zstd'];
  for (const codec of codecs) {
    const producer = await client.producer({ 'compression.type': codec });
    await producer.send('codecs', [{ value: codec.repeat(50) }, { value: codec.repeat(50) }]);
    await producer.close();
  }
  const log = ['--files', `${kafka.logDirs[0]}/codecs-0/00000000000000000000.log`];
  const dump = await kafka.tool(toolClass(kafka, 'dumpLog'), log);
  expect([...dump.stdout.matchAll(/count: 2 .*compresscodec: (\w+)/gi)].map(([, codec]) => codec)).toEqual(codecs);
  expect(await client.readAll('codecs')).toHaveLength(10);
});

test('transactions end committed, aborted, or hang', async () => {
  await client.createTopic('payments');
  const producer = await client.producer({ 'transactional.id': 'a' });
  for (const end of ['abort', 'commit'] as const) {
    await producer.begin();
    await producer.send('payments', [{ value: end }]);
    await producer[end]();
  }
  const hanging = await client.producer({ 'transactional.id': 'b' });
  await hanging.begin();
  await hanging.send('payments', [{ value: 'open' }]);
  await hanging.abandon();
  const values = (records: { value: Buffer | null }[]) => records.map(({ value }) => String(value));
  expect(values(await client.readAll('payments'))).toEqual(['commit']);
  const everything = await client.readAll('payments', { isolation: 'read_uncommitted' });
  expect(values(everything)).toEqual(['abort', 'commit', 'open']);
  expect(await client.offsets('payments')).toEqual([{ start: 0, end: 4 }]);
  expect(await client.offsets('payments', 'read_uncommitted')).toEqual([{ start: 0, end: 5 }]);
});

test('topics are described and changed, log starts moved, group offsets committed', async () => {
  await client.createTopic('orders', { partitions: 2, config: { 'retention.ms': '1000000' } });
  await client.alterTopic('orders', { 'retention.ms': null, 'cleanup.policy': 'compact,delete' });
  const state = await client.describeTopic('orders');
  expect(state).toMatchObject({ partitions: 2, replicationFactor: 1, leaders: [1, 1] });
  expect(state.config).toEqual({ 'cleanup.policy': 'compact,delete' });
  const producer = await client.producer();
  await producer.send(
    'orders',
    [1, 2, 3].map((n) => ({ partition: 1, key: `${n}`, value: `${n}` })),
  );
  await client.deleteRecords('orders', { 1: 2 });
  expect(await client.offsets('orders')).toEqual([
    { start: 0, end: 0 },
    { start: 2, end: 3 },
  ]);
  const offsets = [{ topic: 'orders', partition: 1, offset: 3, metadata: 'm' }];
  await client.commitOffsets('amazon.lambda.1', offsets);
  expect(await client.groupOffsets('amazon.lambda.1')).toEqual(offsets);
  await client.deleteTopic('orders');
  await expect(client.describeTopic('orders')).rejects.toThrow(/UnknownTopicOrPartition/);
});

test('the console consumer prints what it reads', async () => {
  await client.createTopic('console');
  const producer = await client.producer();
  const timestamp = 1_700_000_000_000;
  await producer.send('console', [
    {
      key: 'k',
      value: 'v',
      headers: [
        ['a', '1'],
        ['a', '2'],
      ],
      timestamp,
    },
    { value: 'w', timestamp },
  ]);
  expect(await consoleConsume(kafka, 'console', { partition: 0 })).toEqual([
    `CreateTime:${timestamp}\tPartition:0\tOffset:0\ta:1,a:2\tk\tv`,
    `CreateTime:${timestamp}\tPartition:0\tOffset:1\tNO_HEADERS\tnull\tw`,
  ]);
  expect(await consoleConsume(kafka, 'console', { count: 1 })).toHaveLength(1);
});
