import { setTimeout as sleep } from 'node:timers/promises';
import type { SnapshotGroup } from '../archive/snapshot.ts';
import type { BackupJob } from '../config/job.ts';
import { matchesAnyPattern } from '../config/topic-patterns.ts';
import type { KafkaClient } from '../kafka/client.ts';
import { type ClusterDescription, type DescribedTopic, describeCluster } from '../kafka/describe-cluster.ts';
import { fetchGroupOffsets, type GroupOffsets } from '../kafka/group-offsets.ts';
import { listOffsets } from '../kafka/list-offsets.ts';
import { kafkaError } from '../kafka/protocol/error-codes.ts';
import type { RunContext } from '../observe/run-context.ts';
import { compactionOf } from './compaction.ts';
import type { Cut, CutPartition, CutTopic } from './cut.ts';

const LEADER_NOT_AVAILABLE = 5;

export interface TakenCut {
  cut: Cut;
  /** Partitions that no broker leads, or whose leader does not tell its offsets: they have no cut, and why. */
  leaderless: { topic: string; partition: number; reason: string }[];
}

/**
 * Asks the cluster where everything stands: groups first, then end offsets.
 * @param topics the selected topics as the cluster describes them
 */
export async function takeCut(
  client: KafkaClient,
  cluster: ClusterDescription,
  topics: DescribedTopic[],
  job: Pick<BackupJob, 'consumerGroups' | 'source'>,
  context: RunContext,
): Promise<TakenCut> {
  const groupOffsets = await selectedGroups(client, job);
  const led = await withLeaders(client, cluster, topics, job.source.requestTimeoutMs, context);
  const time = new Date().toISOString();
  const partitions = led.flatMap(({ name, partitions }) =>
    partitions.filter(({ leader }) => leader >= 0).map(({ partition }) => ({ topic: name, partition })),
  );
  const ask = (at: 'earliest' | 'last_stable' | 'latest') =>
    listOffsets(
      client,
      { ...cluster, topics: led },
      partitions.map((p) => ({ ...p, at })),
      context.signal,
    );
  // The high watermark first: what lies between it and the last stable offset is there because of a transaction then, and
  // not because it was written between the two questions.
  const highWatermark = await ask('latest');
  const lastStable = await ask('last_stable');
  const [earliest, configs] = await Promise.all([
    ask('earliest'),
    client.describeTopicConfigs(led.map(({ name }) => name)),
  ]);

  const offsets = new Map<string, CutPartition>();
  const leaderless: TakenCut['leaderless'] = [];
  partitions.forEach(({ topic, partition }, i) => {
    const [start, stable, high] = [earliest[i]!, lastStable[i]!, highWatermark[i]!];
    const refusal = [start, stable, high].find(({ errorCode }) => errorCode !== 0);
    if (refusal !== undefined) {
      leaderless.push({ topic, partition, reason: reasonOf(refusal.errorCode) });
      return;
    }
    offsets.set(`${topic}/${partition}`, {
      partition,
      logStart: start.offset,
      lastStable: Math.max(stable.offset, start.offset),
      highWatermark: Math.max(high.offset, stable.offset),
    });
  });
  for (const { name, partitions } of led) {
    for (const { partition, leader } of partitions) {
      if (leader < 0) leaderless.push({ topic: name, partition, reason: reasonOf(LEADER_NOT_AVAILABLE) });
    }
  }

  const cutTopics = led.map(
    (topic): CutTopic => ({
      name: topic.name,
      topicId: topic.topicId,
      partitionCount: topic.partitions.length,
      replicationFactor: topic.partitions[0]?.replicas.length ?? 0,
      ...compactionOf(configs.get(topic.name) ?? []),
      config: Object.fromEntries(
        (configs.get(topic.name) ?? [])
          .filter(({ isDefault, value, isSensitive }) => !isDefault && value !== null && !isSensitive)
          .map(({ name, value }) => [name, value as string])
          .sort(([a], [b]) => (a! < b! ? -1 : 1)),
      ),
      partitions: topic.partitions
        .map(({ partition }) => offsets.get(`${topic.name}/${partition}`))
        .filter((partition) => partition !== undefined)
        .sort((a, b) => a.partition - b.partition),
    }),
  );
  const groups = groupsAt(groupOffsets, cutTopics);
  return { cut: { time, topics: cutTopics, groups }, leaderless };
}

async function selectedGroups(client: KafkaClient, job: Pick<BackupJob, 'consumerGroups'>) {
  const { consumerGroups } = job;
  const listed = (await client.listGroups()).filter(
    ({ groupId }) => consumerGroups === undefined || matchesAnyPattern(groupId, consumerGroups),
  );
  const offsets = await fetchGroupOffsets(
    client,
    listed.map(({ groupId }) => groupId),
  );
  const protocolTypes = new Map(listed.map(({ groupId, protocolType }) => [groupId, protocolType]));
  return offsets.map((group) => ({ ...group, protocolType: protocolTypes.get(group.groupId) ?? '' }));
}

/** Only positions on the selected topics are part of the snapshot; a group without any is not. */
function groupsAt(groups: (GroupOffsets & { protocolType: string })[], topics: CutTopic[]): SnapshotGroup[] {
  const cuts = new Map(
    topics.flatMap(({ name, partitions }) => partitions.map((at) => [`${name}/${at.partition}`, at.lastStable])),
  );
  return groups
    .map(({ groupId, protocolType, offsets }) => ({
      groupId,
      protocolType,
      offsets: offsets
        .filter(({ topic, partition, offset }) => offset >= 0 && cuts.has(`${topic}/${partition}`))
        .map(({ topic, partition, offset, leaderEpoch, metadata }) => {
          const cut = cuts.get(`${topic}/${partition}`)!;
          const clamped = offset > cut ? { offset: cut, clampedFrom: offset } : { offset };
          return { topic, partition, ...clamped, leaderEpoch, metadata: metadata ?? '' };
        }),
    }))
    .filter(({ offsets }) => offsets.length > 0)
    .sort((a, b) => (a.groupId < b.groupId ? -1 : 1));
}

/** Elections take moments: the topics once every partition has a leader, or as they are when patience has run out. */
async function withLeaders(
  client: KafkaClient,
  cluster: ClusterDescription,
  topics: DescribedTopic[],
  patienceMs: number,
  context: RunContext,
): Promise<DescribedTopic[]> {
  let current = topics;
  const deadline = Date.now() + patienceMs;
  while (current.some(({ partitions }) => partitions.some(({ leader }) => leader < 0)) && Date.now() < deadline) {
    await sleep(500, undefined, { signal: context.signal });
    const again = await describeCluster(
      client,
      topics.map(({ name }) => name),
    );
    current = again.topics.filter(({ errorCode }) => errorCode === 0);
    if (current.length < topics.length) current = topics;
    cluster.brokers = again.brokers;
  }
  return current;
}

/** @param errorCode what was left of asking for offsets when patience had run out */
function reasonOf(errorCode: number): string {
  if (errorCode === LEADER_NOT_AVAILABLE) {
    return 'no broker leads the partition: bring one of its replicas back and run again';
  }
  const { name, advice } = kafkaError(errorCode);
  return `its leader does not tell its offsets (${name}): ${advice}`;
}
