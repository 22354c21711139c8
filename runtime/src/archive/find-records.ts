import { distance } from 'fastest-levenshtein';
import type { BatchHeader } from '../batch/header.ts';
import { decodeRecords, type Record } from '../batch/records.ts';
import type { TimeWindow } from '../batch/time-window.ts';
import { walkBatches } from '../batch/walk.ts';
import { MskBackupError } from '../errors.ts';
import { readAhead } from '../flow/read-ahead.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import { readFrame } from './frame-reader.ts';
import type { Snapshot, SnapshotTopic } from './snapshot.ts';
import { type ClippedFrame, framesOf } from './snapshot-frames.ts';

/** A record of a snapshot, and where it was at the source. Of LogAppendTime batches the timestamp is the append time. */
export interface FoundRecord extends Record {
  topic: string;
  partition: number;
}

/** Which records: those that meet all of it. */
export interface RecordQuery {
  topic: string;
  /** Default all. */
  partition?: number;
  /** `from` inclusive, `until` exclusive, undefined for the end. Default all. */
  offsets?: { from: number; until?: number };
  /** Default all times. Records without a timestamp (-1) are in a window without a start only. */
  timeWindow?: TimeWindow;
  /** The key's bytes. Default any key, and none. */
  key?: Buffer;
  /** Also what lay below the log start at the cut, as far as the archive holds it. Default false. */
  includeExpired?: boolean;
  /** At most so many. Default all. */
  limit?: number;
}

/** A frame is about 2 MB. */
const FRAMES_AHEAD = 3;

/**
 * The records of a snapshot that a query asks for, those of one batch at a time, ordered by partition and offset. Reads the
 * frames alone that may hold one, and no further than somebody takes them.
 * @throws MskBackupError kind `configuration`: `TOPIC_NOT_IN_SNAPSHOT`, `PARTITION_NOT_IN_SNAPSHOT`; kind `data`: as
 * `framesOf`, `readFrame`, `walkBatches` and `decodeRecords`
 */
export async function* readRecords(
  store: ObjectStore,
  snapshot: Snapshot,
  query: RecordQuery,
): AsyncGenerator<FoundRecord[], void, void> {
  refuseUnknown(snapshot, query);
  const { topic, partition: number, includeExpired, timeWindow } = query;
  const [found] = await framesOf(store, snapshot, {
    topics: (name) => name === topic,
    partitions: number === undefined ? undefined : [number],
    includeExpired,
    timeWindow,
  });
  let left = query.limit ?? Number.POSITIVE_INFINITY;
  for (const held of found!.partitions.toSorted((a, b) => a.partition.partition - b.partition.partition)) {
    const { partition } = held.partition;
    const jobs = held
      .frames()
      .map((clipped) => narrowed(clipped, query))
      .filter(({ from, until }) => from < until)
      .map((clipped) => async () => ({ ...clipped, raw: await readFrame(store, clipped.frame) }));
    for await (const { raw, ...clipped } of readAhead(jobs, Math.min(FRAMES_AHEAD, left))) {
      for (const header of walkBatches(raw, { topic, partition }).batches) {
        if (!mayHold(header, clipped, query)) continue;
        const records = await decodeRecords(raw, header);
        const hits = records.filter((record) => isWanted(record, clipped, query)).slice(0, left);
        if (hits.length === 0) continue;
        left -= hits.length;
        yield hits.map((record) => ({ topic, partition, ...record }));
        if (left === 0) return;
      }
    }
  }
}

function narrowed(clipped: ClippedFrame, { offsets }: RecordQuery): ClippedFrame {
  if (offsets === undefined) return clipped;
  const { from, until = Number.POSITIVE_INFINITY } = offsets;
  return { ...clipped, from: Math.max(clipped.from, from), until: Math.min(clipped.until, until) };
}

/** By its header, so that it need not be decompressed: that knows the largest timestamp and no smallest one. */
function mayHold(
  header: BatchHeader,
  { from, until }: Omit<ClippedFrame, 'frame'>,
  { timeWindow }: RecordQuery,
): boolean {
  if (header.recordCount === 0 || header.lastOffset < from || header.baseOffset >= until) return false;
  return header.maxTimestamp >= (timeWindow?.start ?? Number.NEGATIVE_INFINITY);
}

function isWanted(
  { offset, timestamp, key }: Record,
  { from, until }: Omit<ClippedFrame, 'frame'>,
  query: RecordQuery,
): boolean {
  const { start = Number.NEGATIVE_INFINITY, end = Number.POSITIVE_INFINITY } = query.timeWindow ?? {};
  if (offset < from || offset >= until || timestamp < start || timestamp > end) return false;
  return query.key === undefined || (key?.equals(query.key) ?? false);
}

function refuseUnknown({ topics, backupId }: Snapshot, { topic, partition }: RecordQuery): void {
  const known = topics.find(({ name }) => name === topic);
  if (known === undefined) {
    const near = nearest(topic, topics);
    throw new MskBackupError(
      'configuration',
      'TOPIC_NOT_IN_SNAPSHOT',
      `snapshot ${backupId} has no topic ${topic}; ${near === undefined ? '`msk-backup describe` lists its topics' : `did you mean ${near}?`}`,
    );
  }
  if (partition !== undefined && !known.partitions.some((held) => held.partition === partition)) {
    throw new MskBackupError(
      'configuration',
      'PARTITION_NOT_IN_SNAPSHOT',
      `topic ${topic} of snapshot ${backupId} has no partition ${partition}: it has 0 to ${known.partitionCount - 1}`,
    );
  }
}

function nearest(name: string, topics: SnapshotTopic[]): string | undefined {
  const [best] = topics
    .map((topic) => ({ name: topic.name, far: distance(topic.name, name) }))
    .sort((a, b) => a.far - b.far);
  return best !== undefined && best.far <= Math.max(2, name.length / 3) ? best.name : undefined;
}
