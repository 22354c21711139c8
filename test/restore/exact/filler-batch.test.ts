import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { patchForProduce } from '../../../runtime/src/batch/produce-form.ts';
import { walkBatches } from '../../../runtime/src/batch/walk.ts';
import type { KafkaClient } from '../../../runtime/src/kafka/client.ts';
import { type ClusterDescription, describeWhenLed } from '../../../runtime/src/kafka/describe-cluster.ts';
import { initProducerId } from '../../../runtime/src/kafka/init-producer-id.ts';
import { listOffsets } from '../../../runtime/src/kafka/list-offsets.ts';
import { produceRequest } from '../../../runtime/src/kafka/protocol/produce.ts';
import { fillerBatch, fillerCounts } from '../../../runtime/src/restore/exact/filler-batch.ts';
import { setLogStart } from '../../../runtime/src/restore/exact/log-start.ts';
import { type KafkaCluster, startKafka } from '../../support/kafka/cluster.ts';
import { type JavaClient, javaClient } from '../../support/kafka/java-client.ts';
import { connectedTo } from './support.ts';

test('the counts lead to the offset, and no batch of them is larger than the topic takes', async () => {
  expect([...fillerCounts(7, 7, 1_000_000)]).toEqual([]);
  expect([...fillerCounts(7, 250_007, 1_048_588)]).toEqual([100_000, 100_000, 50_000]);
  for (const maxBytes of [100, 300, 1_000, 5_000, 20_000, 100_000]) {
    const counts = [...fillerCounts(1, 30_001, maxBytes)];
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(30_000);
    for (const count of new Set(counts)) expect((await fillerBatch(count)).length).toBeLessThanOrEqual(maxBytes);
  }
});

test('a batch may be changed without changing the next', async () => {
  const first = await fillerBatch(3);
  const second = await fillerBatch(3);
  patchForProduce(first, { producerId: 7, producerEpoch: 0, baseSequence: 9 });
  expect(first.equals(second)).toBe(false);
  expect((await fillerBatch(3)).equals(second)).toBe(true);
});

describe.each(['4', '3.9'])('Kafka %s', (version) => {
  let kafka: KafkaCluster;
  let java: JavaClient;
  let client: KafkaClient;
  beforeAll(async () => {
    kafka = await startKafka({ version });
    java = javaClient(kafka);
    client = await connectedTo(kafka);
  }, 120_000);
  afterAll(async () => {
    await client?.close();
    await kafka?.stop();
  });

  /** One batch after the other; answers where the last ended. */
  async function lead(topic: string, until: number, maxBytes: number): Promise<number> {
    const identity = await initProducerId(client);
    let at = 0;
    for (const count of fillerCounts(0, until, maxBytes)) {
      const batch = await fillerBatch(count);
      expect(batch.length).toBeLessThanOrEqual(maxBytes);
      patchForProduce(batch, { ...identity, baseSequence: at });
      const topics = [{ topic, partitions: [{ partition: 0, records: [batch] }] }];
      const { partitions } = await client.send(1, produceRequest({ acks: -1, timeoutMs: 30_000, topics }));
      expect(partitions[0]).toMatchObject({ errorCode: 0, baseOffset: at });
      at += count;
    }
    return at;
  }

  async function startOf(description: ClusterDescription): Promise<number> {
    const { name } = description.topics[0]!;
    return (await listOffsets(client, description, [{ topic: name, partition: 0, at: 'earliest' }]))[0]!.offset;
  }

  test.each([
    ['one that takes little', { 'max.message.bytes': '5000' }, 5_000, 100_000],
    ['one that takes as much as by default', {}, 1_048_588, 2_000_000],
    ['one that compresses nothing', { 'compression.type': 'uncompressed' }, 1_048_588, 1_000_000],
  ])('offsets of a topic are skipped: %s', async (name, config: Record<string, string>, maxBytes, until) => {
    const topic = name.replaceAll(' ', '-');
    await java.createTopic(topic, { config });
    const description = await describeWhenLed(client, [topic]);
    expect(await lead(topic, until, maxBytes)).toBe(until);
    const producer = await java.producer();
    expect(await producer.send(topic, [{ value: 'first' }])).toEqual([{ partition: 0, offset: until }]);
    await setLogStart(client, description, [{ topic, partition: 0, offset: until }]);
    expect(await startOf(description)).toBe(until);
    const [record, ...more] = await java.readAll(topic, { isolation: 'read_uncommitted' });
    expect(more).toEqual([]);
    expect(record).toMatchObject({ offset: until, value: Buffer.from('first') });
  });

  test('empty records have nothing in them, not even a time', async () => {
    await java.createTopic('empty');
    await lead('empty', 3, 1_048_588);
    const nothing = { key: null, value: null, headers: [], timestamp: -1 };
    expect(await java.readAll('empty')).toMatchObject([nothing, nothing, nothing]);
    const { batches } = walkBatches(await fillerBatch(3), { topic: 'empty', partition: 0 });
    expect(batches).toMatchObject([{ recordCount: 3, lastOffset: 2, codec: 'zstd' }]);
  });

  // Nearly always the broker forgets it: it notes log starts once a minute.
  test('a log start that a killed broker forgets is set again', async () => {
    const topic = 'killed';
    await java.createTopic(topic);
    const description = await describeWhenLed(client, [topic]);
    await lead(topic, 300_000, 1_048_588);
    const start = { topic, partition: 0, offset: 250_001 };
    await setLogStart(client, description, [start]);
    expect(await startOf(description)).toBe(250_001);
    await kafka.brokers[0]!.kill();
    await kafka.brokers[0]!.start();
    await setLogStart(client, description, [start]);
    await setLogStart(client, description, [start]);
    expect(await startOf(description)).toBe(250_001);
  });

  test('a log that starts later is told', async () => {
    const topic = 'later';
    await java.createTopic(topic);
    const description = await describeWhenLed(client, [topic]);
    await lead(topic, 10, 1_048_588);
    await setLogStart(client, description, [{ topic, partition: 0, offset: 5 }]);
    await expect(setLogStart(client, description, [{ topic, partition: 0, offset: 4 }])).rejects.toMatchObject({
      kind: 'data',
      code: 'LOG_START_DIFFERS',
      message: expect.stringMatching(/topic later, partition 0: .*4, but it starts at 5/),
    });
  });
});
