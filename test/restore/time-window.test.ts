import { afterAll, beforeAll, expect, test } from 'vitest';
import type { StorageLocation } from '../../runtime/src/config/job.ts';
import { planRestore } from '../../runtime/src/restore/run.ts';
import { type KafkaCluster, startKafka } from '../support/kafka/cluster.ts';
import { type JavaClient, javaClient, type ReadRecord } from '../support/kafka/java-client.ts';
import { backUp, content, context, newStorage, restore, restoreJob } from './harness.ts';

const START = Date.now() - 3_600_000;
/** Milliseconds after `START`. */
const at = (offset: number) => START + offset;

let kafka: KafkaCluster;
let client: JavaClient;

beforeAll(async () => {
  kafka = await startKafka();
  client = javaClient(kafka);
});
afterAll(() => kafka?.stop());

const inside = (records: ReadRecord[], start: number, end: number) =>
  content(records.filter(({ timestamp }) => timestamp >= start && timestamp <= end));

test.each(['none', 'lz4', 'zstd'])(
  'records come back by their own timestamps, in %s batches and out of order',
  async (codec) => {
    const topic = `times-${codec}`;
    await client.createTopic(topic, { partitions: 2 });
    const producer = await client.producer({ 'compression.type': codec, 'linger.ms': '50' });
    const stamps = Array.from({ length: 300 }, (_, n) => at(((n * 7919) % 1000) * 10));
    for (let first = 0; first < stamps.length; first += 50) {
      await producer.send(
        topic,
        stamps.slice(first, first + 50).map((timestamp, n) => ({
          partition: n % 2,
          key: `${first + n}`,
          value: `value ${first + n} `.repeat(20),
          timestamp,
        })),
      );
    }
    const storage = await backUp(kafka, [topic]);
    const all = await client.readAll(topic);
    const windows: [string, number | undefined, number | undefined][] = [
      ['both', at(2000), at(7000)],
      ['end', undefined, at(5000)],
      ['start', at(5000), undefined],
      ['one', stamps[7]!, stamps[7]!],
      ['none', at(20_000), at(30_000)],
    ];
    for (const [name, start, end] of windows) {
      const timeWindow = { ...(start !== undefined && { start }), ...(end !== undefined && { end }) };
      const target = `${topic}-${name}`;
      const report = await restore(
        kafka,
        storage,
        { timeWindow, topicMapping: { [topic]: target } },
        { verifyRead: true },
      );
      const wanted = inside(all, start ?? 0, end ?? Number.MAX_SAFE_INTEGER);
      expect(content(await client.readAll(target)), name).toEqual(wanted);
      expect(report.readBack).toEqual({ records: wanted.length, differences: [] });
    }
  },
  120_000,
);

test('a restore reads only frames that may overlap, and the dry run says how much', async () => {
  await client.createTopic('hours');
  const producer = await client.producer();
  const storage: StorageLocation = await newStorage();
  for (const hour of [0, 1, 2, 3]) {
    const records = Array.from({ length: 500 }, (_, n) => ({
      value: `hour ${hour}, ${n}`,
      timestamp: at(hour * 1000 + n),
    }));
    await producer.send('hours', records);
    await backUp(kafka, ['hours'], storage, { backupId: `hour-${hour}` });
  }
  const job = restoreJob(kafka, storage, { topicMapping: { hours: 'hours-again' } });
  const whole = await planRestore(job, context().run);
  const late = await planRestore({ ...job, timeWindow: { start: at(3000) } }, context().run);
  expect(late.storedBytes).toBeLessThan(whole.storedBytes / 3);
  expect(late).toMatchObject({ records: 500, recordsAtMost: true });
  const report = await restore(kafka, storage, { ...job, timeWindow: { start: at(3000), end: at(3009) } });
  expect((await client.readAll('hours-again')).map(({ value }) => String(value))).toEqual(
    Array.from({ length: 10 }, (_, n) => `hour 3, ${n}`),
  );
  expect(report.topics[0]!.partitions[0]!.records).toBe(10);
});

test('records that the source has deleted since come back with a window, when they are asked for', async () => {
  await client.createTopic('gone');
  const producer = await client.producer();
  await producer.send(
    'gone',
    Array.from({ length: 20 }, (_, n) => ({ value: `${n}`, timestamp: at(n) })),
  );
  const storage = await backUp(kafka, ['gone']);
  await client.deleteRecords('gone', { 0: 15 });
  await backUp(kafka, ['gone'], storage, { backupId: 'later' });
  const timeWindow = { start: at(10), end: at(16) };
  await restore(kafka, storage, { timeWindow, topicMapping: { gone: 'kept' } });
  expect((await client.readAll('kept')).map(({ value }) => String(value))).toEqual(['15', '16']);
  await restore(kafka, storage, { timeWindow, topicMapping: { gone: 'all' }, includeExpired: true });
  expect((await client.readAll('all')).map(({ value }) => String(value))).toEqual([
    '10',
    '11',
    '12',
    '13',
    '14',
    '15',
    '16',
  ]);
});

test('of append times the append time counts', async () => {
  await client.createTopic('appended', { config: { 'message.timestamp.type': 'LogAppendTime' } });
  const producer = await client.producer();
  await producer.send('appended', [{ value: 'first', timestamp: 1 }]);
  await new Promise((resolve) => setTimeout(resolve, 20));
  await producer.send('appended', [{ value: 'second', timestamp: 1 }]);
  const storage = await backUp(kafka, ['appended']);
  const [, second] = await client.readAll('appended');
  await restore(kafka, storage, { timeWindow: { start: second!.timestamp }, topicMapping: { appended: 'again' } });
  const again = await client.readAll('again');
  expect(again.map(({ value, timestamp }) => [String(value), timestamp])).toEqual([['second', second!.timestamp]]);
});
