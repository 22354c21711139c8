import { afterAll, beforeAll, expect, test } from 'vitest';
import { openArchive } from '../../runtime/src/archive/format-file.ts';
import { planBackup } from '../../runtime/src/backup/run.ts';
import { silent } from '../../runtime/src/observe/progress.ts';
import { TestArchive } from '../support/archive/backup.ts';
import { type KafkaCluster, startKafka } from '../support/kafka/cluster.ts';
import { javaClient } from '../support/kafka/java-client.ts';

let kafka: KafkaCluster;
let archive: TestArchive;
beforeAll(async () => {
  kafka = await startKafka();
  archive = await TestArchive.create();
});
afterAll(async () => {
  await archive.remove();
  await kafka.stop();
});

test('a dry run writes nothing, and refuses the archive of another cluster as the run would', async () => {
  await javaClient(kafka).createTopic('planned');
  const job = archive.job(kafka, ['planned']);
  const context = { progress: silent, signal: new AbortController().signal };
  const plan = await planBackup(job, context);
  expect(plan).toMatchObject({ archive: { newest: null }, topics: [{ name: 'planned', offsets: 0 }] });
  const keys: string[] = [];
  for await (const { key } of archive.store.list('')) keys.push(key);
  expect(keys).toEqual([]);

  await openArchive(archive.store, { clusterId: 'another' });
  await expect(planBackup(job, context)).rejects.toMatchObject({ code: 'ARCHIVE_OTHER_CLUSTER' });
});
