import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { KafkaClient } from '../../runtime/src/kafka/client.ts';
import { commitGroupOffsets, deleteGroupOffsets } from '../../runtime/src/kafka/commit-offsets.ts';
import { fetchGroupOffsets } from '../../runtime/src/kafka/group-offsets.ts';
import { describeGroups } from '../../runtime/src/kafka/group-state.ts';
import { createKafkaClient } from '../../runtime/src/kafka/kafkajs-client.ts';
import { describeGroupsRequest } from '../../runtime/src/kafka/protocol/describe-groups.ts';
import { type KafkaCluster, startKafka } from '../support/kafka/cluster.ts';
import { type JavaClient, javaClient } from '../support/kafka/java-client.ts';
import { endpointOf, produceLines } from './support.ts';

const PARTITIONS = 6;

describe.each([
  { version: '4', brokers: 1, protocols: ['classic', 'consumer'] },
  // As it comes, 3.9 has the new protocol switched off, and 3.6 does not know it.
  { version: '3.9', brokers: 3, protocols: ['classic'] },
  { version: '3.6', brokers: 1, protocols: ['classic'] },
] as const)('groups of Kafka $version on $brokers broker(s)', ({ version, brokers, protocols }) => {
  let cluster: KafkaCluster;
  let client: KafkaClient;
  let java: JavaClient;

  beforeAll(async () => {
    cluster = await startKafka({ version, brokers });
    client = createKafkaClient(endpointOf(cluster));
    java = javaClient(cluster);
    await client.connect();
    await java.createTopic('orders', { partitions: PARTITIONS });
    await produceLines(cluster, 'orders', ['a', 'b', 'c']);
  });

  afterAll(async () => {
    await client?.close();
    await cluster?.stop();
  });

  const at = (partition: number, offset: number, metadata = '') => ({ topic: 'orders', partition, offset, metadata });
  const positions = async (groupId: string) => (await fetchGroupOffsets(client, [groupId]))[0]!.offsets;

  it('take offsets from outside, with metadata and leader epoch, and Kafka itself reads them', async () => {
    const groups = Array.from({ length: 9 }, (_, i) => `spread-${i}`);
    for (const group of groups) await java.commitOffsets(group, [at(0, 1), at(1, 1)]);
    await Promise.all(
      groups.map((group, i) =>
        commitGroupOffsets(client, group, [at(1, 10 + i, 'mine'), { ...at(2, i), leaderEpoch: 0 }]),
      ),
    );
    for (const [i, group] of groups.entries()) {
      expect(await java.groupOffsets(group)).toEqual([at(0, 1), at(1, 10 + i, 'mine'), at(2, i)]);
      expect((await positions(group)).map(({ leaderEpoch }) => leaderEpoch)).toEqual([-1, -1, 0]);
    }
    const coordinators = new Set(await Promise.all(groups.map((group) => client.groupCoordinator(group))));
    expect(coordinators.size).toBe(brokers);
  });

  it('take more than one request may hold', async () => {
    await java.createTopic('wide', { partitions: 300 });
    const metadata = 'm'.repeat(3500);
    const offsets = Array.from({ length: 300 }, (_, partition) => ({
      topic: 'wide',
      partition,
      offset: partition,
      metadata,
    }));
    await commitGroupOffsets(client, 'wide', offsets);
    expect(await positions('wide')).toEqual(offsets.map((offset) => ({ ...offset, leaderEpoch: -1 })));
  });

  it('forget offsets, and nothing where there is nothing', async () => {
    await java.commitOffsets('forgetful', [at(0, 1), at(1, 2)]);
    await deleteGroupOffsets(client, 'forgetful', [at(1, 2), at(2, 0)]);
    expect(await java.groupOffsets('forgetful')).toEqual([at(0, 1)]);
    await deleteGroupOffsets(client, 'never-heard-of', [at(1, 2)]);
  });

  it('that are unknown have no members, and come to be by a commit', async () => {
    expect(await describeGroups(client, ['new'])).toEqual([{ groupId: 'new', state: 'Dead', members: [] }]);
    await commitGroupOffsets(client, 'new', [at(0, 3)]);
    expect(await describeGroups(client, ['new'])).toEqual([{ groupId: 'new', state: 'Empty', members: [] }]);
    expect((await client.listGroups()).map(({ groupId }) => groupId)).toContain('new');
  });

  it.each(protocols)(
    'of the %s protocol tell their members and refuse others while they have some',
    async (protocol) => {
      const group = `live-${protocol}`;
      const member = await java.consumer(group, 'orders', { 'group.protocol': protocol });
      expect(await member.take(3)).toHaveLength(3);
      await member.commit();
      const before = await positions(group);
      const [state, other] = await describeGroups(client, [group, 'unknown']);
      expect(state).toEqual({
        groupId: group,
        state: 'Stable',
        members: [{ memberId: expect.any(String), clientId: member.name, clientHost: '/127.0.0.1' }],
      });
      expect(other).toMatchObject({ groupId: 'unknown', members: [] });
      const refused = { kind: 'configuration', code: 'GROUP_HAS_MEMBERS', message: expect.stringContaining(group) };
      await expect(commitGroupOffsets(client, group, [at(0, 0), at(1, 0)])).rejects.toMatchObject(refused);
      await expect(deleteGroupOffsets(client, group, [at(0, 0)])).rejects.toMatchObject(refused);
      expect(await positions(group)).toEqual(before);

      await member.leave();
      await expect
        .poll(async () => (await describeGroups(client, [group]))[0]!.members, { timeout: 30_000 })
        .toEqual([]);
      await commitGroupOffsets(client, group, [at(0, 0), at(1, 0)]);
      expect(await positions(group)).toMatchObject([at(0, 0), at(1, 0), ...before.slice(2)]);
      await deleteGroupOffsets(client, group, [at(0, 0)]);
      expect(await positions(group)).toMatchObject([at(1, 0), ...before.slice(2)]);
    },
  );

  if (protocols.length > 1) {
    it('of the new protocol look dead to the old question', async () => {
      const member = await java.consumer('modern', 'orders', { 'group.protocol': 'consumer' });
      const coordinator = await client.groupCoordinator('modern');
      const { groups } = await client.send(coordinator, describeGroupsRequest(['modern']));
      expect(groups).toMatchObject([{ groupId: 'modern', state: 'Dead', members: [] }]);
      await member.leave();
    });
  }

  it('refuse metadata that is too long, naming the partition', async () => {
    await expect(commitGroupOffsets(client, 'wordy', [at(3, 1, 'm'.repeat(5000))])).rejects.toMatchObject({
      code: 'OFFSET_METADATA_TOO_LARGE',
      message: expect.stringContaining('group wordy on orders[3]'),
    });
  });
});
