import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findTransactionCoordinator } from '../../runtime/src/kafka/find-transaction-coordinator.ts';
import { createKafkaClient } from '../../runtime/src/kafka/kafkajs-client.ts';
import { addPartitionsToTxnRequest } from '../../runtime/src/kafka/protocol/add-partitions-to-txn.ts';
import { initProducerIdRequest } from '../../runtime/src/kafka/protocol/init-producer-id.ts';
import { planRestore } from '../../runtime/src/restore/run.ts';
import { type KafkaCluster, startKafka } from '../support/kafka/cluster.ts';
import { type JavaClient, javaClient } from '../support/kafka/java-client.ts';
import { craftedArchive } from './exact-archive.ts';
import { expectToRead } from './exact-judge.ts';
import { endOf, expectToFinish, killedIn } from './exact-trouble.ts';
import { context, endpointOf, restore, restoreJob } from './harness.ts';

const FILLERS = ['transactions', 'markers'] as const;

let kafka: KafkaCluster;
let client: JavaClient;

beforeAll(async () => {
  kafka = await startKafka();
  client = javaClient(kafka);
}, 120_000);
afterAll(() => kafka?.stop());

test.each(FILLERS)(
  'killed in the middle of a hole, gone on with %s',
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
    expect(await killedIn(kafka, job, topic, 300)).toBe(true);
    expect(await endOf(kafka, topic)).toBeLessThan(1500);
    const { restoreId } = await planRestore(job, context().run);
    await openTransaction(`msk-backup-${restoreId}-3`, topic);
    await expectToFinish(kafka, { ...job, fillHolesWith }, topic, view);
    // Its coordinator would end it after a minute, which nobody waits for here: the next record is where it has to be.
    expect(await (await client.producer()).send(topic, [{ value: 'next' }])).toEqual([{ partition: 0, offset: 1510 }]);
    await sleep(3000);
    expect(await endOf(kafka, topic)).toBe(1511);
  },
  90_000,
);

test.each(FILLERS)('killed, and made anew with %s: it does not end in the new topic', async (how) => {
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
  const job = restoreJob(kafka, storage, { offsets: 'exact', rateLimitRecordsPerSec: 2 });
  expect(await killedIn(kafka, job, topic, 10)).toBe(true);
  const { restoreId } = await planRestore(job, context().run);
  await openTransaction(`msk-backup-${restoreId}-0`, topic);
  const again = { ...job, fillHolesWith: how, rateLimitRecordsPerSec: undefined };
  const report = await restore(kafka, storage, again, { recreate: true });
  expect(report.plan.topics[0]!.action).toBe('recreate');
  await sleep(4000);
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
