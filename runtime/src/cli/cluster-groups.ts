import type { KafkaClient } from '../kafka/client.ts';
import { describeCluster } from '../kafka/describe-cluster.ts';
import { fetchGroupOffsets } from '../kafka/group-offsets.ts';
import { createKafkaClient } from '../kafka/kafkajs-client.ts';
import { listOffsets } from '../kafka/list-offsets.ts';
import { type GroupPositions, position } from './group-positions.ts';
import type { CommonOptions } from './options.ts';
import { readParsed } from './read-job.ts';

/** Every group of the configuration's cluster (a backup's source, a restore's target) that has committed offsets. */
export async function clusterGroups(
  options: CommonOptions,
  signal: AbortSignal,
): Promise<{ cluster: string | null; bootstrapServers: string[]; groups: GroupPositions[] }> {
  const { job } = await readParsed(options);
  const endpoint = job.mode === 'backup' ? job.source : job.target;
  const client = createKafkaClient(endpoint, { signal });
  try {
    await client.connect();
    const listed = await client.listGroups();
    const ids = listed.map(({ groupId }) => groupId);
    const offsets = await fetchGroupOffsets(client, ids, signal);
    const topics = new Set(offsets.flatMap((group) => group.offsets.map(({ topic }) => topic)));
    const { clusterId, ends } = await endsOf(client, [...topics], signal);
    const protocolTypes = new Map(listed.map(({ groupId, protocolType }) => [groupId, protocolType]));
    const groups = offsets
      .filter((group) => group.offsets.length > 0)
      .map((group) => ({
        groupId: group.groupId,
        protocolType: protocolTypes.get(group.groupId) ?? '',
        positions: group.offsets.map(({ topic, partition, offset }) =>
          position({ topic, partition, offset }, ends.get(`${topic}/${partition}`)),
        ),
      }));
    return { cluster: clusterId, bootstrapServers: endpoint.bootstrapServers, groups };
  } finally {
    await client.close();
  }
}

/** Last stable offsets by `topic/partition`; those that cannot be had now, or whose topic is gone, are left out. */
async function endsOf(client: KafkaClient, topics: string[], signal: AbortSignal) {
  const description = await describeCluster(client, topics, signal);
  const questions = description.topics
    .filter(({ errorCode }) => errorCode === 0)
    .flatMap(({ name, partitions }) =>
      partitions.map(({ partition }) => ({ topic: name, partition, at: 'last_stable' as const })),
    );
  const answers = await listOffsets(client, description, questions, signal);
  const ends = new Map(
    answers.filter(({ errorCode }) => errorCode === 0).map((at) => [`${at.topic}/${at.partition}`, at.offset]),
  );
  return { clusterId: description.clusterId, ends };
}
