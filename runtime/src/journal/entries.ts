import type { StoredRanges } from './stored-ranges.ts';

/** `created`: topics that the restore has made, as soon as their ids are known. */
export interface CreatedBody {
  topics: { target: string; topicId: string }[];
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
  /** Settings that are changed while restoring, as they were before. */
  settings: SettingBefore[];
  partitions: StartedPartition[];
}

/** A topic's setting that a restore changes. */
export interface SettingBefore {
  name: string;
  /** While restoring. */
  during: string;
  /** What the topic itself set before; null when it set nothing. */
  original: string | null;
  /** What held before, be it the topic's or the broker's. */
  effective: string;
}

export interface StartedPartition {
  /** Missing when the topic is repartitioned. */
  source?: number;
  target: number;
  /** Log end at the target before the first record. */
  start: number;
}

/** `progress`: what was acknowledged since the last such entry. */
export interface ProgressBody {
  partitions: PartitionProgress[];
  /** Topics that were repartitioned, whose records are all there. */
  spread?: SpreadProgress[];
}

/** How far one that is not complete has got cannot be told: records of several source partitions lie between each other. */
export interface SpreadProgress {
  /** Of the target. */
  topic: string;
  topicId: string;
  sources: { source: number; records: number; atStake: StakeSoFar }[];
  /** Log ends before the first record, and after the last. */
  targets: { target: number; start: number; end: number }[];
}

export interface PartitionProgress {
  /** Of the target. */
  topic: string;
  topicId: string;
  partition: number;
  /** First source offset that is not known to be written. */
  next: number;
  /** Log end at the target after everything before it. */
  end: number;
  /** Totals from the start of the restore. */
  records: number;
  batches: number;
  /** Batch chain over the archived batches that are accounted for. */
  chain: number;
  /** Of the records so far. */
  atStake: StakeSoFar;
  /** Ranges that are new since the entry before; the first one may be a longer form of the last one there. */
  ranges: StoredRanges;
}

/** What retention would delete of a partition, should it be set back: see restore/retention.ts. */
export interface StakeSoFar {
  /** Epoch ms: the smallest of the batches' largest timestamps; null for none. */
  oldest: number | null;
  olderRecords: number;
  records: number;
  /** As produced. */
  bytes: number;
  /** The broker compresses anew. */
  sizeUnknown: boolean;
}
