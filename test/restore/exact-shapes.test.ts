import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { describeWhenLed } from '../../runtime/src/kafka/describe-cluster.ts';
import { createKafkaClient } from '../../runtime/src/kafka/kafkajs-client.ts';
import { listOffsets } from '../../runtime/src/kafka/list-offsets.ts';
import { type KafkaCluster, startKafka } from '../support/kafka/cluster.ts';
import { type JavaClient, javaClient, type RecordToSend } from '../support/kafka/java-client.ts';
import { beginningAtRecords, expectToRead, viewOf } from './exact-judge.ts';
import { backUp, endpointOf, restore } from './harness.ts';

let kafka: KafkaCluster;
let client: JavaClient;

beforeAll(async () => {
  kafka = await startKafka();
  client = javaClient(kafka);
}, 120_000);
afterAll(() => kafka?.stop());

/** Transactions of some records in each partition, every third aborted. */
async function transact(topic: string, partitions: number[], codec: string, rounds: number, perRound: number) {
  const producer = await client.producer({ 'transactional.id': `${topic}-${codec}`, 'compression.type': codec });
  for (let round = 0; round < rounds; round++) {
    await producer.begin();
    const records = partitions.flatMap((partition) =>
      Array.from({ length: perRound }, (_, n) => ({
        partition,
        key: `${n}`,
        value: `value ${n} of round ${round} `.repeat(1 + (n % 30)),
        headers: [['round', `${round}`] as [string, string]],
      })),
    );
    await producer.send(topic, records);
    await (round % 3 === 2 ? producer.abort() : producer.commit());
  }
  await producer.close();
}

test('every codec, in smaller batches than the source had', async () => {
  const codecs = ['none', 'gzip', 'snappy', 'lz4', 'zstd'];
  await client.createTopic('codecs', { partitions: codecs.length });
  for (const [partition, codec] of codecs.entries()) await transact('codecs', [partition], codec, 8, 100);
  await client.deleteRecords('codecs', { 1: 250, 4: 33 });
  const storage = await backUp(kafka, ['codecs']);
  const view = await viewOf(client, 'codecs');
  const report = await restore(
    kafka,
    storage,
    {
      offsets: 'exact',
      topicMapping: { codecs: 'small' },
      topicConfigOverrides: { 'max.message.bytes': '2000' },
    },
    { verifyRead: true },
  );
  expect(report.readBack).toEqual({ records: view.records.length, differences: [] });
  expect(report.topics[0]!.partitions[0]!.batches).toBeGreaterThan(50);
  await expectToRead(kafka, 'small', beginningAtRecords(view), { byConsole: true });
  expect((await client.describeTopic('small')).config).toEqual({ 'max.message.bytes': '2000' });
}, 120_000);

test('headers that tell the source offset tell the own one', async () => {
  await client.createTopic('told');
  await transact('told', [0], 'lz4', 6, 20);
  const storage = await backUp(kafka, ['told'], undefined, { sourceClusterLabel: 'east' });
  const view = await viewOf(client, 'told');
  await restore(kafka, storage, {
    offsets: 'exact',
    topicMapping: { told: 'told-again' },
    includeOriginalOffsetHeader: true,
  });
  const again = await client.readAll('told-again', { isolation: 'read_uncommitted' });
  for (const { offset, headers } of again) {
    expect(new Map(headers).get('x-original-offset')!.readBigInt64LE()).toBe(BigInt(offset));
    expect(String(new Map(headers).get('x-source-cluster'))).toBe('east');
  }
  expect(again.map((record) => ({ ...record, headers: record.headers.slice(0, 1) }))).toEqual(view.records);
});

test('append times stay those of the source, behind records that are gone', async () => {
  const config = { 'message.timestamp.type': 'LogAppendTime' };
  await client.createTopic('appended', { config });
  await transact('appended', [0], 'zstd', 5, 10);
  await client.deleteRecords('appended', { 0: 15 });
  const storage = await backUp(kafka, ['appended']);
  const { records, offsets } = await viewOf(client, 'appended');
  expect(records[0]).toMatchObject({ timestampType: 'LogAppendTime' });
  await restore(kafka, storage, { offsets: 'exact', topicMapping: { appended: 'appended-again' } });
  const kept = records.map((record) => ({ ...record, timestampType: 'CreateTime' as const }));
  await expectToRead(kafka, 'appended-again', beginningAtRecords({ records: kept, offsets }));
  expect((await client.describeTopic('appended-again')).config).toEqual(config);
});

test('timestamps that the topic would refuse', async () => {
  const DAY = 86_400_000;
  const limits = {
    'message.timestamp.before.max.ms': `${DAY}`,
    'message.timestamp.after.max.ms': `${DAY}`,
    'retention.ms': '-1',
  };
  await client.createTopic('old', { config: { 'retention.ms': '-1' } });
  const producer = await client.producer({ 'transactional.id': 'old' });
  for (const timestamp of [0, 1, Date.now() - 400 * DAY, Date.now(), 5]) {
    await producer.begin();
    await producer.send('old', [{ value: `${timestamp}`, timestamp }]);
    await producer.commit();
  }
  await client.alterTopic('old', limits);
  await client.deleteRecords('old', { 0: 2 });
  const storage = await backUp(kafka, ['old']);
  const view = await viewOf(client, 'old');
  await restore(kafka, storage, { offsets: 'exact', topicMapping: { old: 'old-again' } });
  await expectToRead(kafka, 'old-again', beginningAtRecords(view));
  expect((await client.describeTopic('old-again')).config).toEqual(limits);
});

test('looked up by time: markers have the time of the restore, so that it is sometimes earlier, and nothing is left out', async () => {
  const at = (n: number) => Date.now() - 1_000_000 + n;
  await client.createTopic('timed');
  const producer = await client.producer({ 'transactional.id': 'timed' });
  for (let round = 0; round < 6; round++) {
    await producer.begin();
    await producer.send('timed', [{ value: `${round}`, timestamp: at(1000 * round) }]);
    await producer.commit();
  }
  const storage = await backUp(kafka, ['timed']);
  const { records } = await viewOf(client, 'timed');
  await restore(kafka, storage, { offsets: 'exact', topicMapping: { timed: 'timed-again' } });
  const own = createKafkaClient(endpointOf(kafka));
  await own.connect();
  try {
    const description = await describeWhenLed(own, ['timed-again']);
    for (const { offset, timestamp } of records) {
      const question = { topic: 'timed-again', partition: 0, at: timestamp };
      const [found] = await listOffsets(own, description, [question]);
      expect(found!.offset).toBeGreaterThanOrEqual(0);
      expect(found!.offset).toBeLessThanOrEqual(offset);
    }
  } finally {
    await own.close();
  }
});

describe('compacted', () => {
  const config = {
    'cleanup.policy': 'compact',
    'segment.ms': '100',
    'min.cleanable.dirty.ratio': '0.01',
    'delete.retention.ms': '3600000',
  };

  /** Until the cleaner finds nothing more to do; then it is kept from looking. */
  async function compacted(topic: string, written: number): Promise<void> {
    const length = async () => (await client.readAll(topic)).length;
    while ((await length()) === written) await sleep(100);
    for (let last = -1, now = await length(); now !== last; now = await length()) {
      last = now;
      await sleep(1500);
    }
    await client.alterTopic(topic, { 'min.cleanable.dirty.ratio': '1.0' });
  }

  test('holes in batches, emptied batches at both ends, tombstones', async () => {
    await client.createTopic('states', { config });
    const producer = await client.producer();
    let written = 0;
    const send = async (records: RecordToSend[]) => {
      written += (await producer.send('states', records)).length;
      await sleep(120);
    };
    // All of the first batch goes: the log begins with a hole, at log start 0.
    await send(Array.from({ length: 5 }, (_, n) => ({ key: `first-${n}`, value: 'early' })));
    for (let round = 0; round < 3; round++) {
      const records = Array.from({ length: 12 }, (_, n) => ({
        key: n % 3 === 0 ? `kept-${round}-${n}` : `k${n}`,
        value: `round ${round}`,
      }));
      await send(records);
    }
    await send([
      { key: 'k1', value: null },
      { key: 'never-there', value: null },
    ]);
    await send(Array.from({ length: 5 }, (_, n) => ({ key: `first-${n}`, value: 'late' })));
    // Aborted at the end: compacted away, and behind it only a marker.
    const aborting = await client.producer({ 'transactional.id': 'states' });
    await aborting.begin();
    await aborting.send('states', [{ key: 'k2', value: 'never seen' }]);
    await aborting.abort();
    await compacted('states', written);
    const before = await viewOf(client, 'states');
    const storage = await backUp(kafka, ['states']);
    const view = await viewOf(client, 'states');
    expect(view).toEqual(before);
    expect(view.records[0]!.offset).toBeGreaterThan(0);
    expect(view.records.some(({ value }) => value === null)).toBe(true);
    const report = await restore(
      kafka,
      storage,
      { offsets: 'exact', topicMapping: { states: 'states-again' } },
      { verifyRead: true },
    );
    expect(report.readBack!.differences).toEqual([]);
    expect(report.plan).toMatchObject({ leadingOffsets: view.records[0]!.offset });
    expect(report.plan.markers).toBeGreaterThan(10);
    await expectToRead(kafka, 'states-again', beginningAtRecords(view));
    expect((await client.describeTopic('states-again')).config).toEqual({
      ...config,
      'min.cleanable.dirty.ratio': '1.0',
    });
    // It is compacted as the source is: what led it to the first record, and the markers, are nothing that could come back.
    const next = await client.producer();
    for (let round = 0; round < 2; round++) {
      await next.send('states-again', [{ key: 'k11', value: 'new' }]);
      await sleep(120);
    }
    await client.alterTopic('states-again', { 'min.cleanable.dirty.ratio': '0.01' });
    const key = (text: string) => async () =>
      (await client.readAll('states-again', { isolation: 'read_uncommitted' })).filter(
        (one) => String(one.key) === text,
      );
    const k11 = key('k11');
    while ((await k11()).length > 2) await sleep(200);
    const after = await client.readAll('states-again', { isolation: 'read_uncommitted' });
    expect(after.filter(({ key }) => String(key) !== 'k11')).toEqual(
      view.records.filter(({ key }) => String(key) !== 'k11'),
    );
  }, 120_000);
});
