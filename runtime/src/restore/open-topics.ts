import type { RestoreJob } from '../config/job.ts';
import { MskBackupError } from '../errors.ts';
import type { KafkaClient } from '../kafka/client.ts';
import type { ClusterDescription, DescribedPartition } from '../kafka/describe-cluster.ts';
import { listOffsets } from '../kafka/list-offsets.ts';
import { aloneBytes, mergeBytes } from './merge-sizes.ts';
import { PartitionWriter } from './partition-writer.ts';
import type { PausedTopic } from './pause-topics.ts';
import type { PreparedTopic } from './plan.ts';
import type { PreparedRestore } from './prepare-restore.ts';
import type { RateLimit } from './rate-limit.ts';
import type { PartitionTask } from './restore-partition.ts';
import { AtStake } from './retention.ts';

/** A topic while it is restored. */
export interface TopicWork {
  topic: PreparedTopic;
  paused: PausedTopic;
  tasks: PartitionTask[];
  /** Retention that stays paused, and why. */
  stays?: string;
}

/**
 * Makes a task of every partition, with its log end at the target as the place of the first record.
 * @throws MskBackupError kind `connection` when a partition's end cannot be learned; `TARGET_NOT_EMPTY` when somebody has
 * written to one since the conditions were checked, unless the job allows that
 */
export async function openTopics(
  { topics, snapshot }: PreparedRestore,
  paused: Map<string, PausedTopic>,
  job: RestoreJob,
  rate: RateLimit,
  client: KafkaClient,
  cluster: ClusterDescription,
  signal: AbortSignal,
): Promise<TopicWork[]> {
  const ends = await logEnds(topics, client, cluster, signal);
  if (!job.allowNonEmpty) refuseWritten(topics, ends);
  const led = partitionsOf(cluster);
  const perBroker = partitionsPerBroker(topics, led, job);
  const now = Date.now();
  return topics.map((topic) => {
    const state = paused.get(topic.target)!;
    const tasks = topic.frames.map((frames): PartitionTask => {
      const { partition } = frames.partition;
      const place = `${topic.target}:${partition}`;
      const { leader, replicas } = led.get(place) ?? { leader: -1, replicas: [] };
      return {
        frames,
        writer: new PartitionWriter(topic.target, partition, leader, ends.get(place)!),
        prepare: {
          maxBatchBytes: state.maxMessageBytes,
          mergeBytes: mergeBytes(state.maxMessageBytes, rate.batchBytes),
          mergeRecords: rate.batchRecords,
          aloneBytes: aloneBytes(replicas.length, perBroker),
          ...(job.includeOriginalOffsetHeader && {
            headers: { partition, ...(snapshot.cluster.label !== undefined && { cluster: snapshot.cluster.label }) },
          }),
        },
        atStake: new AtStake(state.limits, now),
        expectedRecords: 0,
        done: false,
      };
    });
    return { topic, paused: state, tasks };
  });
}

async function logEnds(
  topics: PreparedTopic[],
  client: KafkaClient,
  cluster: ClusterDescription,
  signal: AbortSignal,
): Promise<Map<string, number>> {
  const questions = topics.flatMap(({ target, frames }) =>
    frames.map(({ partition }) => ({ topic: target, partition: partition.partition, at: 'latest' as const })),
  );
  const ends = new Map<string, number>();
  for (const { topic, partition, errorCode, offset } of await listOffsets(client, cluster, questions, signal)) {
    if (errorCode !== 0) {
      throw new MskBackupError(
        'connection',
        'NO_LEADER',
        `topic ${topic}, partition ${partition}: its leader at the target does not answer; check the brokers and restore again`,
      );
    }
    ends.set(`${topic}:${partition}`, offset);
  }
  return ends;
}

/** From here on the producer itself notices: its first batch has to land at the end seen here. */
function refuseWritten(topics: PreparedTopic[], ends: Map<string, number>): void {
  const written = topics.flatMap(({ target, frames, endsBefore }) =>
    frames
      .map(({ partition: { partition } }) => ({
        place: `${target}:${partition}`,
        before: endsBefore.get(partition) ?? 0,
      }))
      .filter(({ place, before }) => ends.get(place) !== before)
      .map(({ place, before }) => `${place.replace(/:(\d+)$/, '[$1]')} (end ${ends.get(place)}, not ${before})`),
  );
  if (written.length === 0) return;
  const more = written.length > 5 ? ` and ${written.length - 5} more` : '';
  throw new MskBackupError(
    'configuration',
    'TARGET_NOT_EMPTY',
    `somebody else has written to ${written.slice(0, 5).join(', ')}${more} since it was found empty; nothing was restored: stop the other producers and delete the topic, map it to another name with restore.topic_mapping, or set restore.allow_non_empty: true to add to it`,
  );
}

type Places = Map<string, DescribedPartition>;

function partitionsOf(cluster: ClusterDescription): Places {
  return new Map(
    cluster.topics.flatMap(({ name, partitions }) =>
      partitions.map((partition) => [`${name}:${partition.partition}`, partition] as const),
    ),
  );
}

/** How many are written at once, by broker. */
function partitionsPerBroker(topics: PreparedTopic[], led: Places, job: RestoreJob): number {
  const places = topics.flatMap(({ target, frames }) =>
    frames.filter(({ count }) => count > 0).map(({ partition }) => led.get(`${target}:${partition.partition}`)),
  );
  const leaders = new Set(places.map((place) => place?.leader));
  return Math.min(places.length, job.maxConcurrentPartitions) / Math.max(1, leaders.size);
}
