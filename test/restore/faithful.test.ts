import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RestoreJob, StorageLocation } from '../../runtime/src/config/job.ts';
import { runRestore } from '../../runtime/src/restore/run.ts';
import { type KafkaCluster, startKafka } from '../support/kafka/cluster.ts';
import { type JavaClient, javaClient } from '../support/kafka/java-client.ts';
import { backUp, content, context, restore, restoreJob } from './harness.ts';
import { killedAt, killedWhen } from './killed.ts';

let kafka: KafkaCluster;
let client: JavaClient;
beforeAll(async () => {
  // Retention strikes at once here, so that a topic that is not protected is empty before it is read.
  kafka = await startKafka({
    config: { 'log.retention.check.interval.ms': '200', 'log.initial.task.delay.ms': '100' },
  });
  client = javaClient(kafka);
}, 120_000);
afterAll(() => kafka?.stop());

const DAY = 86_400_000;
/** Several rounds of the retention check. */
const letRetentionWork = () => sleep(1500);
const countOf = async (topic: string) => (await client.readAll(topic)).length;

describe.each(['translate', 'exact'] as const)(
  'old records that an earlier run has restored, offsets: %s',
  (offsets) => {
    /** Twenty records of ten days ago, then twenty of today, each a batch; the source keeps everything. */
    async function oldRecords(topic: string): Promise<RestoreJob> {
      await client.createTopic(topic, { config: { 'retention.ms': '-1' } });
      const producer = await client.producer({ 'batch.size': '1' });
      for (const age of [10 * DAY, 0]) {
        const timestamp = Date.now() - age;
        await producer.send(
          topic,
          Array.from({ length: 20 }, (_, n) => ({ value: `${n}`, timestamp })),
        );
      }
      return restoreJob(kafka, await backUp(kafka, [topic]), {
        offsets,
        topicMapping: { [topic]: `${topic}-again` },
        topicConfigOverrides: { 'retention.ms': `${7 * DAY}` },
      });
    }

    test('keep the retention paused when a finished restore is run again', async () => {
      const job = await oldRecords(`finished-${offsets}`);
      const target = `finished-${offsets}-again`;
      const first = await runRestore(job, context().run);
      expect(first.topics[0]!.retentionPaused).toMatch(/would delete 20 restored records/);
      const second = await runRestore(job, context().run);
      await letRetentionWork();
      expect(await countOf(target)).toBe(40);
      expect(second.topics[0]!.retentionPaused).toBe(first.topics[0]!.retentionPaused);
    });

    test('keep it paused when the rest is restored by another run', async () => {
      const job = await oldRecords(`killed-${offsets}`);
      const target = `killed-${offsets}-again`;
      expect(await killedAt({ ...job, rateLimitRecordsPerSec: 40 }, /^note .*stays paused/, { noteEveryMs: 20 })).toBe(
        true,
      );
      const report = await runRestore(job, context().run);
      expect(report.plan.topics[0]!.action).toBe('resume');
      await letRetentionWork();
      expect(await countOf(target)).toBe(40);
      expect(report.topics[0]!.retentionPaused).toMatch(/would delete 20 restored records/);
    });
  },
);
