import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { KafkaClient } from '../../runtime/src/kafka/client.ts';
import { type ClusterDescription, describeCluster, describeWhenLed } from '../../runtime/src/kafka/describe-cluster.ts';
import { fetchGroupOffsets } from '../../runtime/src/kafka/group-offsets.ts';
import { createKafkaClient } from '../../runtime/src/kafka/kafkajs-client.ts';
import { listOffsets } from '../../runtime/src/kafka/list-offsets.ts';
import { type KafkaCluster, startKafka } from '../support/kafka/cluster.ts';
import { javaClient } from '../support/kafka/java-client.ts';
import { endpointOf, produceLines } from './support.ts';

describe('three brokers, one of which dies', () => {
  let cluster: KafkaCluster;
  let client: KafkaClient;
  let before: ClusterDescription;
  const PARTITIONS = 6;
  const GROUPS = ['a', 'b', 'c', 'd', 'e', 'f'];

  beforeAll(async () => {
    cluster = await startKafka({ brokers: 3 });
    client = createKafkaClient(endpointOf(cluster));
    await client.connect();
    await client.createTopics([
      { name: 'replicated', partitions: PARTITIONS, replicationFactor: 3, config: {} },
      { name: 'single', partitions: 3, replicationFactor: 1, config: {} },
    ]);
    before = await describeWhenLed(client, ['replicated', 'single']);
    await produceLines(cluster, 'replicated', ['a', 'b', 'c']);
    await javaClient(cluster).commitOffsets('a', [{ topic: 'replicated', partition: 0, offset: 0 }]);
  });

  afterAll(async () => {
    await client?.close();
    await cluster?.stop();
  });

  const ask = (topic: string, partitions: number) =>
    Array.from({ length: partitions }, (_, partition) => ({ topic, partition, at: 'latest' as const }));

  it('lists offsets from each leader', async () => {
    expect(new Set(before.topics[0]!.partitions.map(({ leader }) => leader)).size).toBe(3);
    const answers = await listOffsets(client, before, [...ask('single', 3), ...ask('replicated', PARTITIONS)]);
    expect(answers.every(({ errorCode }) => errorCode === 0)).toBe(true);
    expect(answers.map(({ topic, partition }) => `${topic}/${partition}`)).toEqual([
      ...['single/0', 'single/1', 'single/2'],
      ...Array.from({ length: PARTITIONS }, (_, i) => `replicated/${i}`),
    ]);
    expect(answers.reduce((sum, { offset }) => sum + offset, 0)).toBe(3);
  });

  it('follows the leaders and coordinators of the dead one, and tells what has none left', async () => {
    // All lanes are open, so that the death also breaks connections in use.
    await client.listGroups();
    await cluster.brokers[0]!.kill();
    const answers = await listOffsets(client, before, ask('replicated', PARTITIONS));
    expect(answers.every(({ errorCode }) => errorCode === 0)).toBe(true);
    expect(answers.reduce((sum, { offset }) => sum + offset, 0)).toBe(3);

    // A coordinator that has just taken over may answer from before its high watermark has caught up: without offsets.
    const withOffsets = async () =>
      (await fetchGroupOffsets(client, GROUPS)).filter((group) => group.offsets.length > 0);
    await expect.poll(withOffsets, { timeout: 30_000 }).toMatchObject([{ groupId: 'a' }]);
    const listed = async () => (await client.listGroups()).map(({ groupId }) => groupId);
    await expect.poll(listed, { timeout: 30_000 }).toEqual(['a']);
    expect((await client.brokers()).map(({ nodeId }) => nodeId).sort()).toEqual([2, 3]);

    const leaderless = before.topics[1]!.partitions.find(({ leader }) => leader === 1)!;
    const { topics } = await describeCluster(client, ['single']);
    expect(topics[0]!.partitions[leaderless.partition]).toMatchObject({ leader: -1 });
    const rest = await listOffsets(client, { ...before, topics }, ask('single', 3));
    expect(rest.map(({ errorCode }) => errorCode).sort()).toEqual([0, 0, 5]);
    expect(rest[leaderless.partition]).toMatchObject({ errorCode: 5, offset: -1 });
  });
});
