import { afterAll, beforeAll, expect, test } from 'vitest';
import { type KafkaCluster, startKafka } from '../support/kafka/cluster.ts';
import { type JavaClient, javaClient } from '../support/kafka/java-client.ts';
import { craftedArchive } from './exact-archive.ts';
import { expectToRead } from './exact-judge.ts';
import { endOf, expectToFinish, killedIn } from './exact-trouble.ts';
import { restore, restoreJob } from './harness.ts';
import { killedWhen } from './killed.ts';

const FILLERS = ['transactions', 'markers'] as const;

let kafka: KafkaCluster;
let client: JavaClient;

beforeAll(async () => {
  // A log start that is moved is forgotten by a broker that dies: it writes them down too rarely to do so by chance.
  kafka = await startKafka({ config: { 'log.flush.start.offset.checkpoint.interval.ms': '600000' } });
  client = javaClient(kafka);
}, 120_000);
afterAll(() => kafka?.stop());

const startOf = async (topic: string) => (await client.offsets(topic).catch(() => []))[0]?.start ?? -1;

test.each(FILLERS)('between a hole and its data, %s', async (fillHolesWith) => {
  const topic = `between-${fillHolesWith}`;
  const { storage, view } = await craftedArchive(topic, [
    {
      batches: [
        [0, 10],
        [15, 10],
      ],
      end: 25,
    },
  ]);
  // The second batch waits some seconds for its turn, when the hole before it is filled.
  const slow = restoreJob(kafka, storage, { offsets: 'exact', fillHolesWith, rateLimitRecordsPerSec: 2 });
  expect(await killedIn(kafka, slow, topic, 15, 16)).toBe(true);
  expect(await endOf(kafka, topic)).toBe(15);
  await expectToFinish(kafka, { ...slow, rateLimitRecordsPerSec: undefined }, topic, view);
});

test.each(FILLERS)(
  'in the leading phase, in a long hole and at the end of the log, %s',
  async (fillHolesWith) => {
    const topic = `phases-${fillHolesWith}`;
    const start = 3_000_000;
    const long = fillHolesWith === 'markers' ? 40_000 : 2_000;
    const { storage, view } = await craftedArchive(topic, [
      {
        logStart: start - 10,
        batches: [
          [start, 10],
          [start + long, 10],
        ],
        end: start + 2 * long,
      },
    ]);
    const job = restoreJob(kafka, storage, {
      offsets: 'exact',
      fillHolesWith,
      // Small batches: leading takes its time.
      topicConfigOverrides: { 'max.message.bytes': '20000' },
    });
    const kills = [
      await killedIn(kafka, job, topic, 1, start),
      await killedIn(kafka, job, topic, start + 10, start + long),
      await killedIn(kafka, job, topic, start + long + 10, start + 2 * long),
    ];
    expect(kills).toEqual([true, true, true]);
    await expectToFinish(kafka, job, topic, view);
  },
  90_000,
);

test('after the beginning was deleted, and then the broker dies: it does not come back', async () => {
  const topic = 'deleted';
  const start = 200_000;
  const { storage, view } = await craftedArchive(topic, [
    {
      batches: [
        [start, 10],
        [start + 15, 10],
      ],
      end: start + 30,
    },
  ]);
  // Its last records wait for their turn: the beginning goes before them.
  const job = restoreJob(kafka, storage, { offsets: 'exact', rateLimitRecordsPerSec: 2 });
  expect(await killedWhen(job, async () => (await startOf(topic)) === start)).toBe(true);
  expect(await endOf(kafka, topic)).toBeLessThan(start + 30);
  const broker = kafka.brokers[0]!;
  await broker.kill();
  await broker.start();
  // The trouble is real: empty records are there again.
  expect(await startOf(topic)).toBeLessThan(start);
  await expectToFinish(kafka, { ...job, rateLimitRecordsPerSec: undefined }, topic, view);

  // The same when all was done: run again, or finished, it is as it has to be.
  await broker.kill();
  await broker.start();
  expect(await startOf(topic)).toBeLessThan(start);
  await expectToFinish(kafka, { ...job, rateLimitRecordsPerSec: undefined }, topic, view);
}, 120_000);

test('in the middle of a hole, and somebody else writes into it: told', async () => {
  const topic = 'written';
  const { storage, view } = await craftedArchive(topic, [
    {
      batches: [
        [0, 10],
        [1500, 10],
      ],
      end: 1510,
    },
  ]);
  const job = restoreJob(kafka, storage, { offsets: 'exact' });
  expect(await killedIn(kafka, job, topic, 300)).toBe(true);
  await (await client.producer()).send(topic, [{ value: 'intruder' }]);
  await expect(restore(kafka, storage, job)).rejects.toMatchObject({
    kind: 'data',
    code: 'TARGET_WRITTEN_BY_OTHERS',
    message: expect.stringMatching(/topic written, partition 0: there is a record at offset \d+, where .*--recreate/),
  });
  await restore(kafka, storage, job, { recreate: true });
  await expectToRead(kafka, topic, view);
});
