/** What a restore would do: the answer of a dry run. */
export interface RestorePlan {
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
  /** A rough estimate from the rate limits and a cautious throughput. */
  expectedSeconds: number;
  notes: string[];
}

export interface PlannedRestoreTopic {
  source: string;
  target: string;
  partitions: number;
  records: number;
  /** As in the plan. */
  recordsAtMost?: true;
  storedBytes: number;
  rawBytes: number;
  /** `create`, or `exists` when the target has it already. */
  action: 'create' | 'exists';
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
  partitions: RestoredPartition[];
}

export interface RestoredPartition {
  partition: number;
  records: number;
  batches: number;
  /** Hex: CRC-32C chain over the archived batches' CRC fields, from the index. */
  expectedChecksum: string;
  /** Hex: the same over the batches that the target acknowledged. */
  producedChecksum: string;
  /** At the target: before the first record, and after the last one, of this restore. */
  targetStart: number;
  targetEnd: number;
}
