import { afterAll, beforeAll, expect, test } from 'vitest';
import { type KafkaCluster, startKafka } from '../support/kafka/cluster.ts';
import { javaClient } from '../support/kafka/java-client.ts';
import { craftedArchive } from './exact-archive.ts';
import { expectToRead } from './exact-judge.ts';
import { restore } from './harness.ts';

/** `MSK_BACKUP_FAR_START=5000000000` tries what is promised, which takes minutes and 3 GB of disk. */
const asked = process.env.MSK_BACKUP_FAR_START;
const START = Number(asked ?? 30_000_000);

let kafka: KafkaCluster;
beforeAll(async () => {
  kafka = await startKafka({ heap: '1g', shortLived: asked === undefined });
}, 120_000);
afterAll(() => kafka?.stop());

test('a partition whose first offset is far from 0', async () => {
  const { storage, view } = await craftedArchive('far', [
    {
      logStart: START - 5,
      batches: [
        [START, 10],
        [START + 12, 10],
      ],
      end: START + 25,
    },
    { batches: [[0, 10]], end: 10 },
  ]);
  const report = await restore(kafka, storage, { offsets: 'exact' }, { verifyRead: true });
  expect(report.plan).toMatchObject({ leadingOffsets: START, markers: 5 });
  expect(report.readBack).toEqual({ records: 30, differences: [] });
  await expectToRead(kafka, 'far', view);
  const producer = await javaClient(kafka).producer();
  expect(await producer.send('far', [{ partition: 0, value: 'next' }])).toEqual([{ partition: 0, offset: START + 25 }]);
  if (asked !== undefined) process.stdout.write(`first offset ${START}: restored in ${report.durationMs} ms\n`);
}, 3_600_000);
