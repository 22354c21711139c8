import type { OffsetRange } from '../offsets/offset-map.ts';

/** A range as it is written: first offset at the source, at the target, number of records. */
export type StoredRange = [source: number, target: number, length: number];

export function storedRange({ source, target, length }: OffsetRange): StoredRange {
  return [source, target, length];
}

/** `started`: what the restore is, and how the target was before it. */
export interface StartedBody {
  snapshot: { backupId: string; sequence: number; archiveId: string; cutTime: string };
  source: { clusterId: string; label?: string };
  target: { clusterId: string };
  offsets: 'exact' | 'translate';
  topics: StartedTopic[];
}

export interface StartedTopic {
  source: string;
  target: string;
  /** Of the target's topic: another one of the same name is not ours. */
  topicId: string;
  /** The restore made it, so that `--recreate` may delete it. */
  created: boolean;
  /** Settings that are changed while restoring, with what the topic itself set before; null when nothing. */
  originalConfig: Record<string, string | null>;
  partitions: StartedPartition[];
}

export interface StartedPartition {
  source: number;
  target: number;
  /** Log end at the target before the first record; 0 for exact. */
  start: number;
}

/** `progress`: what was acknowledged since the last such entry. */
export interface ProgressBody {
  partitions: PartitionProgress[];
}

export interface PartitionProgress {
  /** Target topic and partition. */
  topic: string;
  partition: number;
  /** First source offset that is not known to be written. */
  next: number;
  /** Log end at the target after everything before it. */
  end: number;
  /** Totals from the start of the restore. */
  records: number;
  batches: number;
  chain: number;
  /** Ranges that were completed or changed since the entry before. */
  ranges: StoredRange[];
}
