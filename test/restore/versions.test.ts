import { afterAll, beforeAll, expect, test } from 'vitest';
import { type KafkaCluster, startKafka } from '../support/kafka/cluster.ts';
import { type JavaClient, javaClient } from '../support/kafka/java-client.ts';
import { backUp, content, restore } from './harness.ts';

// The oldest version that MSK still offers, and a current one.
let old: KafkaCluster;
let current: KafkaCluster;
let oldClient: JavaClient;
let currentClient: JavaClient;
beforeAll(async () => {
  [old, current] = await Promise.all([startKafka({ version: '3.6', heap: '384m' }), startKafka({ heap: '384m' })]);
  oldClient = javaClient(old);
  currentClient = javaClient(current);
}, 180_000);
afterAll(() => Promise.all([old?.stop(), current?.stop()]));

const long = '9223372036854775807';

test('from the old version to the current one: settings that are gone become their successors', async () => {
  const config = {
    'message.timestamp.difference.max.ms': '9999999999999',
    'message.downconversion.enable': 'false',
    'retention.ms': '-1',
  };
  await oldClient.createTopic('orders', { partitions: 2, config });
  const producer = await oldClient.producer({ 'compression.type': 'snappy' });
  for (const partition of [0, 1]) {
    await producer.send('orders', [
      { partition, key: 'k', value: 'old', timestamp: 5 },
      { partition, value: 'x'.repeat(9000) },
    ]);
  }
  const report = await restore(current, await backUp(old, ['orders']), {}, { verifyRead: true });
  expect(report.readBack).toEqual({ records: 4, differences: [] });
  expect(content(await currentClient.readAll('orders'))).toEqual(content(await oldClient.readAll('orders')));
  expect((await currentClient.describeTopic('orders')).config).toEqual({
    'message.timestamp.before.max.ms': '9999999999999',
    'message.timestamp.after.max.ms': '9999999999999',
    'retention.ms': '-1',
  });
});

test('from the current version to the old one, append times and old timestamps included', async () => {
  const config = { 'message.timestamp.type': 'LogAppendTime', 'cleanup.policy': 'compact' };
  await currentClient.createTopic('appended', { config });
  await (await currentClient.producer({ 'batch.size': '1' })).send('appended', [
    { key: 'a', value: '1' },
    { key: 'b', value: '2' },
  ]);
  await currentClient.createTopic('ages', { config: { 'retention.ms': '-1' } });
  await (await currentClient.producer()).send('ages', [{ value: 'long ago', timestamp: 1 }, { value: 'now' }]);

  const storage = await backUp(current, ['appended', 'ages']);
  const report = await restore(
    old,
    storage,
    { topicConfigOverrides: { 'message.timestamp.difference.max.ms': '1000' } },
    { verifyRead: true },
  );
  expect(report.readBack).toEqual({ records: 4, differences: [] });
  for (const topic of ['appended', 'ages']) {
    expect(content(await oldClient.readAll(topic))).toEqual(content(await currentClient.readAll(topic)));
  }
  const state = await oldClient.describeTopic('appended');
  expect(state.config).toEqual({ ...config, 'message.timestamp.difference.max.ms': '1000' });
  expect(Object.values(state.config)).not.toContain(long);
});
