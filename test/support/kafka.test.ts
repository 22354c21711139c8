import { existsSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type KafkaCluster, startKafka } from './kafka/cluster.ts';

const topicCommand = 'org.apache.kafka.tools.TopicCommand';

let kafka: KafkaCluster;
beforeAll(async () => {
  kafka = await startKafka();
}, 120_000);
afterAll(async () => {
  await kafka.stop();
  expect(existsSync(kafka.logDirs[0]!)).toBe(false);
});

test('a broker keeps its topics when it is killed and started again', async () => {
  const at = ['--bootstrap-server', kafka.bootstrapServers.join(',')];
  const created = await kafka.tool(topicCommand, [...at, '--create', '--topic', 'kept', '--partitions', '2']);
  expect(created).toMatchObject({ code: 0, stderr: '' });
  const broker = kafka.brokers[0]!;
  await broker.kill();
  expect(broker.pid).toBe(0);
  await broker.start();
  const { stdout } = await kafka.tool(topicCommand, [...at, '--describe', '--topic', 'kept']);
  expect(stdout).toContain('PartitionCount: 2');
}, 60_000);

test('a start that fails shows the end of the broker log', async () => {
  const failure = startKafka({ config: { 'log.retention.hours': 'never' } });
  await expect(failure).rejects.toThrow(/Invalid value never for configuration log.retention.hours/);
}, 60_000);
