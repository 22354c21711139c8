import type { RestoredGroups } from '../../groups/restore-groups.ts';
import type { StoredRange } from '../../journal/stored-ranges.ts';
import type { MappingOutcome } from '../../mappings/outcome.ts';

/** What a restore would do: the answer of a dry run. */
export interface RestorePlan {
  /** The same for every run of the same restore: 16 hexadecimal digits. */
  restoreId: string;
  /** Where it writes down what it needs to go on after a stop. */
  journal: string;
  offsets: 'exact' | 'translate';
  snapshot: { backupId: string; sequence: number; cutTime: string; kind: 'complete' | 'partial' };
  source: { clusterId: string; label?: string };
  topics: PlannedRestoreTopic[];
  /** What the snapshot holds; no more than that where `recordsAtMost` says so. */
  records: number;
  /** Some frames count only in part: how many records those hold is known when they are read. */
  recordsAtMost?: true;
  /** Bytes read from the archive. */
  storedBytes: number;
  /** Bytes of record batches to produce. */
  rawBytes: number;
  /** Exact restores: offsets without a record, each of which takes a marker. */
  markers?: number;
  /** Exact restores: offsets before the first records, led over by empty records that are deleted. */
  leadingOffsets?: number;
  /** A rough estimate from the rate limits and a cautious throughput. */
  expectedSeconds: number;
  notes: string[];
}

export interface PlannedRestoreTopic {
  source: string;
  target: string;
  /** Of the source, to be restored. */
  partitions: number;
  /** That the target's topic has, or is made with. */
  targetPartitions: number;
  /** By their keys its records are spread anew over the target's partitions. */
  repartitioned?: true;
  records: number;
  /** As in the plan. */
  recordsAtMost?: true;
  storedBytes: number;
  rawBytes: number;
  /** As in the plan. */
  markers?: number;
  leadingOffsets?: number;
  /**
   * `create`; `exists` when the target has it already; `resume` when an earlier run of this restore has begun it;
   * `recreate` when it is deleted first.
   */
  action: 'create' | 'exists' | 'resume' | 'recreate';
  /** Of a topic that is created. */
  replicationFactor?: number;
  /** What a topic that is created sets itself in the end. */
  config?: Record<string, string>;
}

/** One JSON object per restore. */
export interface RestoreReport {
  plan: RestorePlan;
  startedAt: string;
  finishedAt: string;
  durationMs: number;
  topics: RestoredTopic[];
  /** True when the run was stopped before it was done; in the file also while it is under way. */
  interrupted: boolean;
  /** Where the map of the offsets is: see docs/restore.md. Missing when it was stopped before all records were there. */
  offsetMap?: string;
  /** Consumer groups whose offsets were committed. */
  groups?: RestoredGroups;
  /** Lambda event source mappings that were made again. */
  mappings?: MappingOutcome[];
  /** Why it failed: only in the file. */
  error?: string;
  /** Present when the target was read back. */
  readBack?: { records: number; differences: string[] };
}

export interface RestoredTopic {
  source: string;
  target: string;
  /** Retention that stays paused, and why; undefined when the topic has its configuration back. */
  retentionPaused?: string;
  /** What the settings that were changed while restoring had been; null where the topic itself set nothing. */
  originalConfig: Record<string, string | null>;
  /** Of a topic that was repartitioned, in place of `partitions`. */
  spread?: {
    sources: { source: number; records: number }[];
    targets: { partition: number; records: number; targetStart: number; targetEnd: number }[];
  };
  partitions: RestoredPartition[];
}

export interface RestoredPartition {
  /** At the target. */
  partition: number;
  /** Partition of the source. */
  source: number;
  records: number;
  batches: number;
  /** Hex: CRC-32C chain over the archived batches' CRC fields, from the index. */
  expectedChecksum: string;
  /** Hex: the same over the batches that the target acknowledged. */
  producedChecksum: string;
  /** At the target: before the first record, and after the last one, of this restore. */
  targetStart: number;
  targetEnd: number;
  /** Ranges of the offset map. */
  rangeCount: number;
  /** The map itself: first offset at the source, first at the target, records. Longer ones are only in the map's own object. */
  ranges?: StoredRange[];
  /** Exact restores. */
  logStart?: number;
  /** Exact restores: offsets filled with markers. */
  markers?: number;
}
