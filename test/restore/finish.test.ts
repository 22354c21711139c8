import { writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { runCli } from '../cli/run-cli.ts';
import { type KafkaCluster, startKafka } from '../support/kafka/cluster.ts';
import { type JavaClient, javaClient } from '../support/kafka/java-client.ts';
import { backUp, newStorage, restore } from './harness.ts';

let kafka: KafkaCluster;
let client: JavaClient;

beforeAll(async () => {
  kafka = await startKafka();
  client = javaClient(kafka);
});
afterAll(() => kafka?.stop());

async function configured(path: string, section = {}): Promise<string> {
  const file = `${path}/restore.yaml`;
  const storage = { backend: 'filesystem', path };
  const target = { bootstrap_servers: kafka.bootstrapServers };
  await writeFile(file, stringify({ mode: 'restore', target, storage, restore: section }));
  return file;
}

test('retention that stayed paused is given back when somebody says so, and what others have set since stays', async () => {
  const old = { 'retention.ms': '3600000' };
  await client.createTopic('old', { config: { 'retention.ms': '-1', 'retention.bytes': '50' } });
  await client.alterTopic('old', { ...old });
  const producer = await client.producer();
  await producer.send('old', [{ value: 'from last week', timestamp: Date.now() - 7 * 86_400_000 }]);
  const storage = await newStorage();
  await backUp(kafka, ['old'], storage);
  const report = await restore(kafka, storage, { topicMapping: { old: 'old-again' } });
  expect(report.topics[0]!.retentionPaused).toMatch(/retention\.ms/);
  expect((await client.describeTopic('old-again')).config).toMatchObject({ 'retention.ms': '-1' });
  await client.alterTopic('old-again', { 'retention.bytes': '777777' });

  const args = ['--config', await configured(storage.path, { topic_mapping: { old: 'old-again' } }), '--json'];
  const { code, stdout } = await runCli(['restore', '--finish', ...args]);
  expect({ code, result: JSON.parse(stdout) }).toEqual({
    code: 0,
    result: {
      restoreId: report.plan.restoreId,
      topics: [{ topic: 'old-again', settings: { 'retention.ms': '3600000' }, logStarts: [] }],
    },
  });
  expect((await client.describeTopic('old-again')).config).toEqual({
    'retention.ms': '3600000',
    'retention.bytes': '777777',
  });
  const again = await runCli(['restore', '--finish', ...args]);
  expect(JSON.parse(again.stdout).topics).toEqual([{ topic: 'old-again', settings: {}, logStarts: [] }]);
  await client.deleteTopic('old-again');
  const gone = await runCli(['restore', '--finish', ...args]);
  expect(gone.code).toBe(3);
  expect(gone.stdout).toContain('NOTHING_TO_FINISH');
});

test('without a restore there is nothing to finish', async () => {
  await client.createTopic('never');
  const storage = await newStorage();
  await backUp(kafka, ['never'], storage);
  const { code, stderr } = await runCli(['restore', '--finish', '--config', await configured(storage.path)]);
  expect(code).toBe(3);
  expect(stderr).toMatch(/no restore of this archive/);
});
