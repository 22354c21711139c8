import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type KafkaCluster, startKafka } from '../support/kafka/cluster.ts';
import { consoleConsume } from '../support/kafka/console.ts';
import { type JavaClient, javaClient, type RecordToSend } from '../support/kafka/java-client.ts';
import { backUp, content, newStorage, restore } from './harness.ts';

let kafka: KafkaCluster;
let client: JavaClient;
beforeAll(async () => {
  kafka = await startKafka();
  client = javaClient(kafka);
}, 120_000);
afterAll(() => kafka.stop());

const now = 1_790_000_000_000;

function records(count: number, partition: number): RecordToSend[] {
  return Array.from({ length: count }, (_, n) => ({
    partition,
    key: n % 7 === 0 ? null : `key ${n}`,
    value: n % 11 === 0 ? null : `value ${n} `.repeat(n % 30),
    headers:
      n % 3 === 0
        ? [
            ['h', `${n}`],
            ['g', null],
            ['h', ''],
          ]
        : [],
    // Out of order, as several clients' clocks are.
    timestamp: now + ((n * 7919) % 1000),
  }));
}

test('keys, values, headers, timestamps, order and partitions come back, of every codec', async () => {
  await client.createTopic('orders', { partitions: 3 });
  for (const codec of ['none', 'gzip', 'snappy', 'lz4', 'zstd']) {
    const producer = await client.producer({ 'compression.type': codec });
    for (const partition of [0, 2]) await producer.send('orders', records(150, partition));
    await producer.close();
  }
  const report = await restore(
    kafka,
    await backUp(kafka, ['orders']),
    { topicMapping: { orders: 'again' } },
    { verifyRead: true },
  );

  const source = await client.readAll('orders');
  expect(source).toHaveLength(5 * 2 * 150);
  expect(content(await client.readAll('again'))).toEqual(content(source));
  expect(await consoleConsume(kafka, 'again', { partition: 2, count: 750 })).toEqual(
    await consoleConsume(kafka, 'orders', { partition: 2, count: 750 }),
  );
  expect(report).toMatchObject({ interrupted: false, readBack: { records: 1500, differences: [] } });
  const [topic] = report.topics;
  expect(topic!.partitions.map(({ records }) => records)).toEqual([750, 0, 750]);
  for (const { expectedChecksum, producedChecksum } of topic!.partitions)
    expect(producedChecksum).toBe(expectedChecksum);
}, 60_000);

test('only committed records come back, numbered without gaps', async () => {
  await client.createTopic('payments');
  const producer = await client.producer({ 'transactional.id': 'payments' });
  for (const end of ['commit', 'abort', 'commit'] as const) {
    await producer.begin();
    await producer.send('payments', [{ value: end }, { value: `${end} too` }]);
    await producer[end]();
  }
  await restore(kafka, await backUp(kafka, ['payments']), { topicMapping: { payments: 'payments-again' } });
  const again = await client.readAll('payments-again', { isolation: 'read_uncommitted' });
  expect(again.map(({ offset, value }) => [offset, String(value)])).toEqual([
    [0, 'commit'],
    [1, 'commit too'],
    [2, 'commit'],
    [3, 'commit too'],
  ]);
});

test('snapshots that build on each other come back as one topic, and an older one as it was', async () => {
  await client.createTopic('hourly');
  const producer = await client.producer();
  await producer.send('hourly', [{ value: 'one' }, { value: 'two' }]);
  const storage = await backUp(kafka, ['hourly'], undefined, { backupId: 'first' });
  for (const value of ['three', 'four', 'five']) {
    await producer.send('hourly', [{ value }]);
    await backUp(kafka, ['hourly'], storage, { backupId: value });
  }
  const values = async (topic: string) => (await client.readAll(topic)).map(({ value }) => String(value));
  const report = await restore(kafka, storage, { topicMapping: { hourly: 'newest' } });
  expect(await values('newest')).toEqual(['one', 'two', 'three', 'four', 'five']);
  // Frames of single records went out together.
  expect(report.topics[0]!.partitions[0]!.batches).toBe(1);
  await restore(kafka, storage, { backupId: 'three', topicMapping: { hourly: 'older' } });
  expect(await values('older')).toEqual(['one', 'two', 'three']);
});

test('records below the log start stay away, unless they are asked for', async () => {
  await client.createTopic('expired');
  const producer = await client.producer();
  await producer.send(
    'expired',
    Array.from({ length: 10 }, (_, n) => ({ value: `${n}` })),
  );
  const storage = await backUp(kafka, ['expired']);
  await client.deleteRecords('expired', { 0: 4 });
  await backUp(kafka, ['expired'], storage);
  const values = async (topic: string) => (await client.readAll(topic)).map(({ value }) => String(value));
  await restore(kafka, storage, { topicMapping: { expired: 'since-start' } });
  expect(await values('since-start')).toEqual(['4', '5', '6', '7', '8', '9']);
  await restore(kafka, storage, { topicMapping: { expired: 'all' }, includeExpired: true });
  expect(await values('all')).toHaveLength(10);
});

test('chosen partitions come back under their numbers', async () => {
  await client.createTopic('parts', { partitions: 4 });
  const producer = await client.producer();
  for (const partition of [0, 1, 2, 3]) await producer.send('parts', [{ partition, value: `${partition}` }]);
  await restore(kafka, await backUp(kafka, ['parts']), { topicMapping: { parts: 'some' }, sourcePartitions: [1, 3] });
  expect((await client.readAll('some')).map(({ partition, value }) => [partition, String(value)])).toEqual([
    [1, '1'],
    [3, '3'],
  ]);
  expect((await client.describeTopic('some')).partitions).toBe(4);
});

test('the headers that were asked for tell each record where it was', async () => {
  await client.createTopic('told', { partitions: 2 });
  const producer = await client.producer({ 'compression.type': 'lz4' });
  await producer.send('told', [
    { partition: 1, value: 'a', headers: [['own', '1']], timestamp: now },
    { partition: 1, value: 'b', timestamp: now + 1 },
  ]);
  const storage = await backUp(kafka, ['told'], await newStorage(), { sourceClusterLabel: 'primary' });
  const reportFile = `${(storage as { path: string }).path}/report.json`;
  const report = await restore(
    kafka,
    storage,
    { topicMapping: { told: 'told-again' }, includeOriginalOffsetHeader: true, reportFile },
    { verifyRead: true },
  );
  expect(report.readBack).toEqual({ records: 2, differences: [] });
  const { notes: _, ...told } = report;
  expect(JSON.parse(await readFile(reportFile, 'utf8'))).toEqual(told);
  const [first, second] = await client.readAll('told-again');
  expect(first!.headers.map(([name]) => name)).toEqual([
    'own',
    'x-original-offset',
    'x-original-timestamp',
    'x-source-partition',
    'x-source-cluster',
  ]);
  const header = new Map(second!.headers);
  expect(header.get('x-original-offset')!.readBigInt64LE()).toBe(1n);
  expect(header.get('x-original-timestamp')!.readBigInt64LE()).toBe(BigInt(now + 1));
  expect(header.get('x-source-partition')!.readInt32LE()).toBe(1);
  expect(String(header.get('x-source-cluster'))).toBe('primary');
});

describe('batches that cannot go as they are', () => {
  test('one batch per record: a thin topic goes in few batches', async () => {
    await client.createTopic('thin');
    const producer = await client.producer({ 'batch.size': '1', 'compression.type': 'gzip' });
    await producer.send('thin', records(400, 0));
    const report = await restore(kafka, await backUp(kafka, ['thin']), { topicMapping: { thin: 'thick' } });
    expect(content(await client.readAll('thick'))).toEqual(content(await client.readAll('thin')));
    expect(report.topics[0]!.partitions[0]!.batches).toBeLessThan(5);
  });

  test('batches above the target’s max.message.bytes are split', async () => {
    await client.createTopic('wide', { config: { 'max.message.bytes': '4000000' } });
    const producer = await client.producer({ 'batch.size': '2000000', 'max.request.size': '4000000' });
    const values = Array.from({ length: 40 }, (_, n) => ({ value: `${n} `.repeat(15_000), timestamp: now + n }));
    await producer.send('wide', values);
    const storage = await backUp(kafka, ['wide']);
    await restore(kafka, storage, {
      topicMapping: { wide: 'narrow' },
      topicConfigOverrides: { 'max.message.bytes': '100000' },
    });
    expect(content(await client.readAll('narrow'))).toEqual(content(await client.readAll('wide')));
  });

  test('a record that the target cannot take is named, with what to do', async () => {
    await client.createTopic('giant', { config: { 'max.message.bytes': '4000000' } });
    const producer = await client.producer({ 'max.request.size': '4000000' });
    await producer.send('giant', [{ value: 'small' }]);
    await producer.send('giant', [{ value: 'x'.repeat(2_000_000) }]);
    const storage = await backUp(kafka, ['giant']);
    const over = { topicMapping: { giant: 'giant-again' }, topicConfigOverrides: { 'max.message.bytes': '100000' } };
    await expect(restore(kafka, storage, over)).rejects.toMatchObject({
      kind: 'configuration',
      code: 'MESSAGE_TOO_LARGE',
      message: expect.stringMatching(/giant-again, partition 0: .*source offsets 1 to 1.*raise max\.message\.bytes/),
    });
  });
});
