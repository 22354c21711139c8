import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MskBackupError } from '../../runtime/src/errors.ts';
import type { RestoreReport } from '../../runtime/src/restore/report.ts';
import { runRestore } from '../../runtime/src/restore/run.ts';
import { type KafkaCluster, startKafka } from '../support/kafka/cluster.ts';
import { type JavaClient, javaClient } from '../support/kafka/java-client.ts';
import { type CraftedPartition, craftedArchive } from './exact-archive.ts';
import { expectToRead, type View } from './exact-judge.ts';
import { context, restoreJob } from './harness.ts';

const FILLERS = ['transactions', 'markers'] as const;

describe.each([1, 3] as const)('brokers: %i', (brokers) => {
  let kafka: KafkaCluster;
  let client: JavaClient;

  beforeAll(async () => {
    // A follower that hangs is let go soon, so that the restore has to live with both.
    kafka = await startKafka({ brokers, heap: '384m', config: { 'replica.lag.time.max.ms': '8000' } });
    client = javaClient(kafka);
  }, 180_000);
  afterAll(() => kafka?.stop());

  const endOf = async (topic: string) =>
    (await client.offsets(topic, 'read_uncommitted').catch(() => [])).reduce((sum, { end }) => sum + end, 0);

  /** Restores, and does something when the log ends together are past an offset. */
  async function restoring(
    job: ReturnType<typeof restoreJob>,
    topic: string,
    past: number,
    happens: () => Promise<unknown>,
  ): Promise<RestoreReport | MskBackupError> {
    let over = false;
    const outcome = runRestore(job, context().run, { verifyRead: true })
      .catch((error: unknown) => {
        if (error instanceof MskBackupError) return error;
        throw error;
      })
      .finally(() => {
        over = true;
      });
    while (!over && (await endOf(topic)) <= past) await sleep(5);
    expect(over).toBe(false);
    await happens();
    return outcome;
  }

  /** Right at once, or told and right when it is made anew: never wrong in silence. */
  async function endsRight(
    outcome: RestoreReport | MskBackupError,
    job: ReturnType<typeof restoreJob>,
    topic: string,
    view: View,
  ): Promise<void> {
    if (outcome instanceof MskBackupError) {
      expect(outcome.message).toContain(`topic ${topic}`);
      expect(outcome.code).toMatch(/^(OVERSHOT|LOG_TRUNCATED|FILLER_STALLED|TARGET_WRITTEN_BY_OTHERS)$/);
      const again = await runRestore(job, context().run, { verifyRead: true, recreate: true });
      expect(again.readBack!.differences).toEqual([]);
    } else expect(outcome.readBack).toEqual({ records: view.records.length, differences: [] });
    await expectToRead(kafka, topic, view);
  }

  /** Long holes and short ones in turn. */
  const holey = (count: number, start = 0): CraftedPartition => {
    const batches = Array.from({ length: count }, (_, n): [number, number] => [start + n * 60, n % 2 === 0 ? 10 : 58]);
    return { logStart: start, batches, end: start + count * 60 + 100 };
  };

  test.each(FILLERS)(
    'a broker that dies in the middle of the holes and comes back, %s',
    async (fillHolesWith) => {
      const topic = `died-${fillHolesWith}`;
      const partitions = [holey(30), holey(30, 500), holey(30)];
      const { storage, view } = await craftedArchive(topic, partitions);
      const job = restoreJob(kafka, storage, { offsets: 'exact', fillHolesWith });
      let back: Promise<void> | undefined;
      const outcome = await restoring(job, topic, 1500, async () => {
        const [leader] = (await client.describeTopic(topic)).leaders;
        const broker = kafka.brokers[leader! - 1]!;
        await broker.kill();
        back = broker.start();
      });
      await back;
      await endsRight(outcome, job, topic, view);
    },
    180_000,
  );

  test.skipIf(brokers === 1).each(FILLERS)(
    'a follower that hangs for a while, %s',
    async (fillHolesWith) => {
      const topic = `hung-${fillHolesWith}`;
      const { storage, view } = await craftedArchive(topic, [holey(30), holey(30, 500)]);
      const job = restoreJob(kafka, storage, { offsets: 'exact', fillHolesWith });
      const outcome = await restoring(job, topic, 1000, async () => {
        const { leaders } = await client.describeTopic(topic);
        const follower = kafka.brokers.find(({ nodeId }) => !leaders.includes(nodeId))!;
        follower.pause();
        await sleep(5000);
        follower.resume();
      });
      await endsRight(outcome, job, topic, view);
    },
    180_000,
  );

  test.each([
    ['in a hole', 300],
    ['between records', 5],
  ])(
    'somebody else who writes %s is told',
    async (where, past) => {
      const topic = `intruded-${past}`;
      const partition: CraftedPartition =
        past > 100
          ? {
              batches: [
                [0, 10],
                [1500, 10],
              ],
              end: 1510,
            }
          : { batches: Array.from({ length: 200 }, (_, n): [number, number] => [n * 10, 10]), end: 2000 };
      const { storage, view } = await craftedArchive(topic, [partition]);
      const job = restoreJob(kafka, storage, { offsets: 'exact', rateLimitRecordsPerSec: 500 });
      const producer = await client.producer();
      const outcome = await restoring(job, topic, past, () => producer.send(topic, [{ value: 'intruder' }]));
      expect(outcome, where).toMatchObject({
        kind: 'data',
        code: expect.stringMatching(/OVERSHOT|TARGET_WRITTEN_BY_OTHERS|TARGET_DIFFERS|RESTORE_MISMATCH/),
        message: expect.stringMatching(new RegExp(`topic ${topic}, partition 0.*--recreate`)),
      });
      // It does not go on with what is not its own.
      await expect(runRestore(job, context().run)).rejects.toMatchObject({ message: expect.stringContaining(topic) });
      await runRestore({ ...job, rateLimitRecordsPerSec: undefined }, context().run, { recreate: true });
      await expectToRead(kafka, topic, view);
    },
    120_000,
  );
});
