import type { Snapshot } from '../archive/snapshot.ts';
import type { KafkaClient } from '../kafka/client.ts';
import type { ClusterDescription } from '../kafka/describe-cluster.ts';
import { listOffsets } from '../kafka/list-offsets.ts';
import { compactionOf } from './compaction.ts';
import type { Cut, CutTopic } from './cut.ts';

/**
 * The cut of a snapshot that was stopped before it was reached, to go on with: same end offsets, same groups, log starts
 * as they are now.
 * @param selected names of the topics that this job copies: the cut of another job's run is that job's to reach
 * @returns undefined when there is none to go on with, or it cannot be reached any more (a partition failed, a topic is
 * gone or another one, a log ends below the cut), so that a new cut has to be taken
 */
export async function resumeCut(
  client: KafkaClient,
  cluster: ClusterDescription,
  parent: Snapshot | undefined,
  selected: Set<string>,
  signal: AbortSignal,
): Promise<Cut | undefined> {
  if (parent?.kind !== 'partial') return undefined;
  const stopped = parent.topics.filter(({ asOf }) => asOf === undefined);
  if (!stopped.every(({ name }) => selected.has(name))) return undefined;
  const partitions = stopped.flatMap(({ name, partitions }) => partitions.map((at) => ({ topic: name, ...at })));
  if (partitions.some(({ failed }) => failed !== undefined)) return undefined;
  // Partial because of carried topics: what the run itself copied is whole.
  if (partitions.every(({ reached, cut }) => reached >= cut)) return undefined;
  const ids = new Map(cluster.topics.map(({ name, topicId }) => [name, topicId]));
  if (stopped.some(({ name, topicId }) => ids.get(name) !== topicId)) return undefined;

  const ask = (at: 'earliest' | 'latest') =>
    listOffsets(
      client,
      cluster,
      partitions.map(({ topic, partition }) => ({ topic, partition, at })),
      signal,
    );
  const [logStarts, ends] = await Promise.all([ask('earliest'), ask('latest')]);
  if ([...logStarts, ...ends].some(({ errorCode }) => errorCode !== 0)) return undefined;
  if (partitions.some(({ cut }, i) => ends[i]!.offset < cut)) return undefined;
  const configs = await client.describeTopicConfigs(stopped.map(({ name }) => name));
  const logStart = new Map(logStarts.map((at) => [`${at.topic}/${at.partition}`, at.offset]));
  const topics = stopped.map(
    (topic): CutTopic => ({
      name: topic.name,
      topicId: topic.topicId,
      partitionCount: topic.partitionCount,
      replicationFactor: topic.replicationFactor,
      config: topic.config,
      ...compactionOf(configs.get(topic.name) ?? []),
      partitions: topic.partitions.map((at) => ({
        partition: at.partition,
        logStart: Math.min(logStart.get(`${topic.name}/${at.partition}`)!, at.cut),
        lastStable: at.cut,
        highWatermark: at.highWatermark,
      })),
    }),
  );
  const names = new Set(topics.map(({ name }) => name));
  const groups = parent.groups
    .map((group) => ({ ...group, offsets: group.offsets.filter(({ topic }) => names.has(topic)) }))
    .filter(({ offsets }) => offsets.length > 0);
  return { time: parent.cut.time, topics, groups };
}
