import { timeBounds } from '../../batch/time-window.ts';
import type { RestoreJob } from '../../config/job.ts';
import { MskBackupError } from '../../errors.ts';
import type { RateLimit } from '../../flow/rate-limit.ts';
import type { KafkaClient } from '../../kafka/client.ts';
import type { ClusterDescription, DescribedPartition } from '../../kafka/describe-cluster.ts';
import type { PreparedTopic } from '../plan/plan.ts';
import type { PreparedRestore } from '../plan/prepare-restore.ts';
import { AtStake } from '../plan/retention.ts';
import { repartitionedTo, targetPartition, writtenPartitions } from '../plan/target-partitions.ts';
import type { PausedTopic } from '../topics/pause-topics.ts';
import { aloneBytes, mergeBytes } from './merge-sizes.ts';
import { mayBeAtWork, REST_MS } from './other-runs.ts';
import { type PartitionTask, takeUp, takeUpSpread } from './partition-task.ts';
import { PartitionWriter } from './partition-writer.ts';
import type { PrepareOptions } from './prepare-chunk.ts';
import type { SpreadTask } from './restore-spread.ts';
import { settledEnds } from './settled-ends.ts';

/** A topic while it is restored. */
export interface TopicWork {
  topic: PreparedTopic;
  /** Of the target's topic. */
  topicId: string;
  paused: PausedTopic;
  /** By partition; none for a topic that is repartitioned. */
  tasks: PartitionTask[];
  /** For a topic that is repartitioned. */
  spreads: SpreadTask[];
  /** Retention that stays paused, and why. */
  stays?: string;
}

/**
 * Makes a task of every partition, with its log end at the target as the place of the first record, or with what an earlier
 * run has written.
 * @throws MskBackupError kind `connection` when a partition's end cannot be learned; `TARGET_NOT_EMPTY` when somebody has
 * written to one since the conditions were checked, unless the job allows that
 */
export async function openTopics(
  { topics, snapshot, journal }: PreparedRestore,
  paused: Map<string, PausedTopic>,
  job: RestoreJob,
  rate: RateLimit,
  client: KafkaClient,
  cluster: ClusterDescription,
  signal: AbortSignal,
): Promise<TopicWork[]> {
  const places = topics.flatMap((topic) =>
    writtenPartitions(topic, job).map((partition) => ({ topic: topic.target, partition })),
  );
  const goesOn = topics.some(({ earlier }) => earlier !== undefined) && mayBeAtWork(journal);
  const ends = await settledEnds(places, client, cluster, signal, goesOn ? REST_MS : 0);
  if (!job.allowNonEmpty) refuseWritten(topics, ends, job);
  const led = partitionsOf(cluster);
  const perBroker = partitionsPerBroker(topics, led, job);
  const now = Date.now();
  return topics.map((topic): TopicWork => {
    const state = paused.get(topic.target)!;
    const { topicId } = cluster.topics.find(({ name }) => name === topic.target)!;
    const writerOf = (partition: number, start: number, options: { keepsMap?: boolean } = {}) => {
      const leader = led.get(`${topic.target}:${partition}`)?.leader ?? -1;
      return new PartitionWriter(topic.target, partition, leader, start, options);
    };
    const prepareOf = (source: number, place: string): PrepareOptions => ({
      maxBatchBytes: state.maxMessageBytes,
      mergeBytes: mergeBytes(state.maxMessageBytes, rate.batchBytes),
      mergeRecords: rate.batchRecords,
      aloneBytes: aloneBytes(led.get(place)?.replicas.length ?? 1, perBroker),
      ...(job.timeWindow !== undefined && { times: timeBounds(job.timeWindow) }),
      ...(job.offsets === 'exact' && { contiguous: true }),
      ...(job.includeOriginalOffsetHeader && {
        headers: {
          partition: source,
          ...(snapshot.cluster.label !== undefined && { cluster: snapshot.cluster.label }),
        },
      }),
    });
    const atStake = () => new AtStake(state.limits, now);
    if (repartitionedTo(job, topic.target) !== undefined) {
      const there = topic.earlier?.spread;
      const writers = writtenPartitions(topic, job).map((partition) => {
        const noted = there?.targets.find(({ target }) => target === partition);
        const end = ends.get(`${topic.target}:${partition}`)!;
        const writer = writerOf(partition, noted?.start ?? end, { keepsMap: false });
        if (noted !== undefined) takeUpSpread(writer, noted.end);
        return writer;
      });
      const spreads = topic.frames.map((frames): SpreadTask => {
        const source = frames.partition.partition;
        const noted = there?.sources.find((found) => found.source === source);
        const stake = atStake();
        if (noted !== undefined) stake.takeOver(noted.atStake);
        const records = noted?.records ?? 0;
        const prepare = prepareOf(source, `${topic.target}:0`);
        return {
          frames,
          writers,
          prepare,
          atStake: stake,
          expectedRecords: records,
          records,
          done: noted !== undefined,
        };
      });
      return { topic, topicId, paused: state, tasks: [], spreads };
    }
    const tasks = topic.frames.map((frames): PartitionTask => {
      const source = frames.partition.partition;
      const partition = targetPartition(job, source);
      const place = `${topic.target}:${partition}`;
      const end = ends.get(place)!;
      const earlier = topic.earlier?.partitions.get(partition);
      const writer = writerOf(partition, earlier?.start ?? end);
      const stake = atStake();
      if (earlier?.progress !== undefined) stake.takeOver(earlier.progress.atStake);
      return {
        frames,
        writer,
        topicId,
        prepare: prepareOf(source, place),
        atStake: stake,
        ...(topic.extents !== undefined && { extent: topic.extents.get(source)! }),
        ...(earlier !== undefined && { resume: takeUp(writer, earlier, end) }),
        expectedRecords: writer.ledger.records,
        done: false,
      };
    });
    return { topic, topicId, paused: state, tasks, spreads: [] };
  });
}

/** From here on the producer itself notices: its first batch has to land at the end seen here. */
function refuseWritten(topics: PreparedTopic[], ends: Map<string, number>, job: RestoreJob): void {
  const written = topics
    .filter(({ earlier }) => earlier === undefined)
    .flatMap((topic) =>
      writtenPartitions(topic, job)
        .map((partition) => ({
          place: `${topic.target}:${partition}`,
          before: topic.endsBefore.get(partition) ?? 0,
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
  const places = topics.flatMap((topic) => {
    const filled = new Set(topic.frames.filter(({ count }) => count > 0).map(({ partition }) => partition.partition));
    const spread = repartitionedTo(job, topic.target) !== undefined;
    const written = spread ? writtenPartitions(topic, job) : [...filled].map((source) => targetPartition(job, source));
    return written.map((partition) => led.get(`${topic.target}:${partition}`));
  });
  const leaders = new Set(places.map((place) => place?.leader));
  return Math.min(places.length, job.maxConcurrentPartitions) / Math.max(1, leaders.size);
}
