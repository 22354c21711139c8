import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RestoreJob } from '../../runtime/src/config/job.ts';
import { findTransactionCoordinator } from '../../runtime/src/kafka/find-transaction-coordinator.ts';
import { createKafkaClient } from '../../runtime/src/kafka/kafkajs-client.ts';
import { addPartitionsToTxnRequest } from '../../runtime/src/kafka/protocol/add-partitions-to-txn.ts';
import { initProducerIdRequest } from '../../runtime/src/kafka/protocol/init-producer-id.ts';
import { planRestore } from '../../runtime/src/restore/run.ts';
import { type KafkaCluster, startKafka } from '../support/kafka/cluster.ts';
import { type JavaClient, javaClient } from '../support/kafka/java-client.ts';
import { craftedArchive } from './exact-archive.ts';
import { expectToRead } from './exact-judge.ts';
import { context, endpointOf, restore, restoreJob } from './harness.ts';
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

/** Log end, also while it is being moved; -1 while there is no topic. */
const endOf = async (topic: string) => (await client.offsets(topic, 'read_uncommitted').catch(() => []))[0]?.end ?? -1;
const startOf = async (topic: string) => (await client.offsets(topic).catch(() => []))[0]?.start ?? -1;

/** Kills the restore while the log end lies in the range. */
const killedIn = (job: RestoreJob, topic: string, from: number, until = Number.POSITIVE_INFINITY) =>
  killedWhen(job, async () => {
    const end = await endOf(topic);
    return end >= from && end < until;
  });

async function finishes(job: RestoreJob, topic: string, view: Parameters<typeof expectToRead>[2]) {
  const report = await restore(kafka, job.storage, job, { verifyRead: true });
  expect(report.plan.topics[0]!.action).toBe('resume');
  expect(report.readBack).toEqual({ records: view.records.length, differences: [] });
  await expectToRead(kafka, topic, view);
}

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
  const slow = restoreJob(kafka, storage, { offsets: 'exact', fillHolesWith, rateLimitRecordsPerSec: 3 });
  expect(await killedIn(slow, topic, 15, 16)).toBe(true);
  expect(await endOf(topic)).toBe(15);
  await finishes({ ...slow, rateLimitRecordsPerSec: undefined }, topic, view);
});

test.each(FILLERS)(
  'with an open transaction in the middle of a hole, gone on with %s',
  async (fillHolesWith) => {
    const topic = `open-${fillHolesWith}`;
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
    expect(await killedIn(job, topic, 300)).toBe(true);
    expect(await endOf(topic)).toBeLessThan(1500);
    const { restoreId } = await planRestore(job, context().run);
    await openTransaction(`msk-backup-${restoreId}-3`, topic);
    await finishes({ ...job, fillHolesWith }, topic, view);
    // Its coordinator would end it after a minute, which nobody waits for here: the next record is where it has to be.
    expect(await (await client.producer()).send(topic, [{ value: 'next' }])).toEqual([{ partition: 0, offset: 1510 }]);
    await sleep(3000);
    expect(await endOf(topic)).toBe(1511);
  },
  90_000,
);

test.each(FILLERS)('with an open transaction, and made anew with %s: it does not end in the new topic', async (how) => {
  const topic = `anew-${how}`;
  const { storage, view } = await craftedArchive(topic, [
    {
      batches: [
        [0, 10],
        [20, 10],
      ],
      end: 40,
    },
  ]);
  const job = restoreJob(kafka, storage, { offsets: 'exact', rateLimitRecordsPerSec: 3 });
  expect(await killedIn(job, topic, 10)).toBe(true);
  const { restoreId } = await planRestore(job, context().run);
  await openTransaction(`msk-backup-${restoreId}-0`, topic);
  const again = { ...job, fillHolesWith: how, rateLimitRecordsPerSec: undefined };
  const report = await restore(kafka, storage, again, { recreate: true });
  expect(report.plan.topics[0]!.action).toBe('recreate');
  await sleep(4000);
  await expectToRead(kafka, topic, view);
});

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
  expect(await killedIn(job, topic, 300)).toBe(true);
  await (await client.producer()).send(topic, [{ value: 'intruder' }]);
  await expect(restore(kafka, storage, job)).rejects.toMatchObject({
    kind: 'data',
    code: 'TARGET_WRITTEN_BY_OTHERS',
    message: expect.stringMatching(/topic written, partition 0: there is a record at offset \d+, where .*--recreate/),
  });
  await restore(kafka, storage, job, { recreate: true });
  await expectToRead(kafka, topic, view);
});

/** As a restore leaves it that dies between the beginning of a transaction and its end. */
async function openTransaction(transactionalId: string, topic: string): Promise<void> {
  const own = createKafkaClient(endpointOf(kafka));
  await own.connect();
  try {
    const coordinator = await findTransactionCoordinator(own, transactionalId);
    const owner = await own.send(coordinator, initProducerIdRequest({ transactionalId, timeoutMs: 2000 }));
    expect(owner.errorCode).toBe(0);
    const { partitions } = await own.send(
      coordinator,
      addPartitionsToTxnRequest({ transactionalId, ...owner }, [{ topic, partition: 0 }]),
    );
    expect(partitions).toMatchObject([{ errorCode: 0 }]);
  } finally {
    await own.close();
  }
}

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
      await killedIn(job, topic, 1, start),
      await killedIn(job, topic, start + 10, start + long),
      await killedIn(job, topic, start + long + 10, start + 2 * long),
    ];
    expect(kills).toEqual([true, true, true]);
    await finishes(job, topic, view);
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
  const job = restoreJob(kafka, storage, { offsets: 'exact', rateLimitRecordsPerSec: 3 });
  expect(await killedWhen(job, async () => (await startOf(topic)) === start)).toBe(true);
  expect(await endOf(topic)).toBeLessThan(start + 30);
  const broker = kafka.brokers[0]!;
  await broker.kill();
  await broker.start();
  // The trouble is real: empty records are there again.
  expect(await startOf(topic)).toBeLessThan(start);
  await finishes({ ...job, rateLimitRecordsPerSec: undefined }, topic, view);

  // The same when all was done: run again, or finished, it is as it has to be.
  await broker.kill();
  await broker.start();
  expect(await startOf(topic)).toBeLessThan(start);
  await finishes({ ...job, rateLimitRecordsPerSec: undefined }, topic, view);
}, 120_000);
