import type { Snapshot } from '../../archive/snapshot.ts';
import type { PartitionFrames } from '../../archive/snapshot-frames.ts';
import type { RestoreJob } from '../../config/job.ts';
import type { RestoreJournal } from '../../journal/journal.ts';
import type { PlannedRestoreTopic, RestorePlan } from '../report/report.ts';
import type { EarlierTopic } from './earlier-runs.ts';
import type { ExactExtent } from './extent.ts';
import { KEEPS_ALL, type RetentionLimits, retentionLimits } from './retention.ts';
import type { SelectedTopic } from './select-topics.ts';
import { partitionsToCreate, repartitionedTo, targetPartition } from './target-partitions.ts';
import type { CreatedConfig } from './topic-config.ts';

/** A topic with all that is needed to restore it. */
export interface PreparedTopic extends SelectedTopic {
  /** The target has it already, and it is not made anew. */
  exists: boolean;
  /** It is deleted first, because a restore had made it (`--recreate`). */
  recreate: boolean;
  /** What an earlier run of this restore has left of it. */
  earlier?: EarlierTopic;
  /** What this or another restore noted of it before changing it. */
  before?: Pick<EarlierTopic, 'created' | 'settings'>;
  /** Exact restores: by source partition. */
  extents?: Map<number, ExactExtent>;
  /** Of the target's topic, when it exists. */
  targetPartitions?: number;
  /** It exists and holds no record in any partition. */
  isEmpty: boolean;
  /** Log ends by partition as they were when the conditions were checked; none for a topic that is created. */
  endsBefore: Map<number, number>;
  /** Only for a topic that is created. */
  replicationFactor: number;
  config: CreatedConfig;
  /** What is to be read of each partition. */
  frames: PartitionFrames[];
}

export interface PlanInput {
  job: RestoreJob;
  snapshot: Snapshot;
  topics: PreparedTopic[];
  remarks: string[];
  /** Epoch ms. */
  now: number;
  journal: Pick<RestoreJournal, 'restoreId' | 'location'>;
}

const DAY_MS = 24 * 3600 * 1000;
/** bytes per second: what a small cluster takes with three replicas. */
const CAUTIOUS_RATE = 40_000_000;
/** Offsets per second that empty records lead forward by. */
const LEADING_RATE = 4_000_000;
/** Markers per second. */
const MARKER_RATE = { transactions: 500, markers: 10_000 };
/** Where the topic says nothing, before the target can be asked: Kafka's own default. */
const DEFAULT_RETENTION_MS = 7 * DAY_MS;

/**
 * Replicas of a topic to create: what the job asks for, else as at the source, as far as there are brokers.
 * @returns a note when there are fewer than at the source
 */
export function chooseReplicationFactor(
  { source, target }: SelectedTopic,
  job: RestoreJob,
  brokers: number,
): { replicationFactor: number; note?: string } {
  const wanted = job.replicationFactor ?? source.replicationFactor;
  if (wanted <= brokers) return { replicationFactor: wanted };
  return {
    replicationFactor: brokers,
    note: `topic ${target}: ${counted(brokers, 'replica')} instead of ${wanted}, because the target has ${counted(brokers, 'broker')}`,
  };
}

const MARKERS_ARE_YOUNG =
  'the markers in holes have the time of the restore: whoever looks an offset up by time (offsetsForTimes, AT_TIMESTAMP) may be sent to the first of them, and reads from there on';

/** Puts together what a dry run prints. */
export function describePlan({ job, snapshot, topics, remarks, now, journal }: PlanInput): RestorePlan {
  const planned = topics.map((topic) => describeTopic(topic, job));
  const records = sum(planned, (topic) => topic.records);
  const rawBytes = sum(planned, (topic) => topic.rawBytes);
  const extents = topics.flatMap((topic) => [...(topic.extents?.values() ?? [])]);
  const markers = sum(extents, (extent) => extent.markers);
  const leading = sum(extents, ({ start }) => start);
  return {
    restoreId: journal.restoreId,
    journal: journal.location,
    offsets: job.offsets,
    snapshot: {
      backupId: snapshot.backupId,
      sequence: snapshot.sequence,
      cutTime: snapshot.cut.time,
      kind: snapshot.kind,
    },
    source: {
      clusterId: snapshot.cluster.id,
      ...(snapshot.cluster.label !== undefined && { label: snapshot.cluster.label }),
    },
    topics: planned,
    records,
    ...(planned.some(({ recordsAtMost }) => recordsAtMost) && { recordsAtMost: true }),
    storedBytes: sum(planned, (topic) => topic.storedBytes),
    rawBytes,
    ...(job.offsets === 'exact' && { markers, leadingOffsets: leading }),
    expectedSeconds: Math.ceil(
      leading / LEADING_RATE +
        markers / MARKER_RATE[job.fillHolesWith] +
        Math.max(
          rawBytes / Math.min(CAUTIOUS_RATE, job.rateLimitBytesPerSec ?? CAUTIOUS_RATE),
          job.rateLimitRecordsPerSec === undefined ? 0 : records / job.rateLimitRecordsPerSec,
        ),
    ),
    notes: [
      ...remarks,
      ...notesOnSnapshot(snapshot),
      ...notesOnHeadroom(job),
      ...(markers > 0 ? [MARKERS_ARE_YOUNG] : []),
      ...topics.flatMap((topic) => notesOnTopic(topic, job, now)),
    ],
  };
}

function describeTopic(topic: PreparedTopic, job: RestoreJob): PlannedRestoreTopic {
  const { source, target, exists, frames, replicationFactor, config, earlier, recreate, extents } = topic;
  return {
    source: source.name,
    target,
    partitions: frames.length,
    targetPartitions: partitionsOfTarget(topic, job),
    ...(repartitionedTo(job, target) !== undefined && { repartitioned: true }),
    records: sum(frames, ({ records }) => records),
    ...(frames.some(({ mayBeCut }) => mayBeCut) && { recordsAtMost: true }),
    storedBytes: sum(frames, ({ storedBytes }) => storedBytes),
    rawBytes: sum(frames, ({ rawBytes }) => rawBytes),
    action: recreate ? 'recreate' : earlier !== undefined ? 'resume' : exists ? 'exists' : 'create',
    ...(extents !== undefined && {
      markers: sum([...extents.values()], ({ markers }) => markers),
      leadingOffsets: sum([...extents.values()], ({ start }) => start),
    }),
    ...(!exists && { replicationFactor, config: { ...config.create, ...config.whereKnown } }),
  };
}

function notesOnSnapshot(snapshot: Snapshot): string[] {
  if (snapshot.kind === 'complete') return [];
  return [
    `snapshot ${snapshot.backupId} is partial: the backup was stopped before it reached its cut, and later records are not in it`,
  ];
}

function notesOnHeadroom({ offsets, offsetHeadroom }: RestoreJob): string[] {
  if (offsets !== 'exact' || offsetHeadroom > 0) return [];
  return [
    'offsets that are kept outside Kafka (Flink, Spark, databases) may lie past the cut, and new records would get them: restore.offset_headroom leaves some unused',
  ];
}

function notesOnTopic(topic: PreparedTopic, job: RestoreJob, now: number): string[] {
  const { source, target, partitions } = topic;
  const notes: string[] = [];
  if (source.asOf !== undefined)
    notes.push(`topic ${source.name} stands as of ${source.asOf.cutTime}: the snapshot's run did not copy it`);
  for (const { partition, reached, cut, failed } of partitions) {
    if (failed !== undefined)
      notes.push(`${source.name}[${partition}] ends at offset ${reached} instead of ${cut}: ${failed}`);
  }
  notes.push(...notesOnPartitions(topic, job));
  const settings = { ...source.config, ...job.topicConfigOverrides };
  const policy = settings['cleanup.policy'] ?? 'delete';
  if (policy.includes('compact')) notes.push(`topic ${target} is compacted: only after its records are back`);
  if (settings['message.timestamp.type'] === 'LogAppendTime') {
    notes.push(`topic ${target} has append times: its batches are written anew so that the records keep the source's`);
  }
  const limits = retentionLimits(
    (name) => settings[name] ?? (name === 'retention.ms' ? `${DEFAULT_RETENTION_MS}` : undefined),
  );
  if (!topic.exists) notes.push(...noteOnRetention(topic, job, limits, now));
  return notes;
}

function partitionsOfTarget(topic: PreparedTopic, job: RestoreJob): number {
  return topic.targetPartitions ?? partitionsToCreate(topic, job);
}

function notesOnPartitions(topic: PreparedTopic, job: RestoreJob): string[] {
  const { source, target, partitions } = topic;
  const count = partitionsOfTarget(topic, job);
  if (repartitionedTo(job, target) !== undefined) {
    return [
      `topic ${target} is repartitioned: the records of ${counted(partitions.length, 'partition')} of ${source.name} go to ${count} by their keys, as Kafka's producers would send them; there is no map of their offsets, so no group is set on it, and stopped half way it has to be made anew`,
    ];
  }
  const notes: string[] = [];
  const moved = partitions
    .map(({ partition }) => ({ partition, to: targetPartition(job, partition) }))
    .filter(({ partition, to }) => partition !== to)
    .map(({ partition, to }) => `${partition} to ${to}`);
  if (moved.length > 0) {
    const more = moved.length > 10 ? ` and ${moved.length - 10} more` : '';
    notes.push(
      `topic ${target}: partitions go elsewhere: ${moved.slice(0, 10).join(', ')}${more} (restore.partition_mapping)`,
    );
  }
  if (count !== source.partitionCount) {
    notes.push(
      `topic ${target} ${topic.exists ? 'has' : 'is made with'} ${counted(count, 'partition')} at the target, ${source.name} had ${source.partitionCount}: new records may go to another partition than restored ones with the same key`,
    );
  }
  return notes;
}

function counted(count: number, noun: string): string {
  return `${count} ${count === 1 ? noun : `${noun}s`}`;
}

function noteOnRetention(topic: PreparedTopic, job: RestoreJob, limits: RetentionLimits, now: number): string[] {
  if (limits === KEEPS_ALL || !Number.isFinite(limits.ms)) return [];
  const isOld = (maxTimestamp: number) => maxTimestamp >= 0 && maxTimestamp <= now - limits.ms;
  const old = sum(topic.frames, (partition) =>
    sum(partition.frames(), ({ frame }) => (isOld(frame.maxTimestamp) ? frame.records : 0)),
  );
  if (old === 0) return [];
  const what = `topic ${topic.target}: at least ${counted(old, 'record')} older than its retention of ${age(limits.ms)}`;
  return [
    job.retention === 'original'
      ? `${what} will be deleted once it is set back (restore.retention: original)`
      : `${what}: retention stays paused after the restore (restore.retention: original would set it back and delete them)`,
  ];
}

function age(ms: number): string {
  const [unit, size] = ms >= DAY_MS ? ['day', DAY_MS] : ms >= 3_600_000 ? ['hour', 3_600_000] : ['second', 1000];
  return counted(Math.round((ms / size) * 10) / 10, unit);
}

function sum<T>(items: T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}
