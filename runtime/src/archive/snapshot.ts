/** One commit: a snapshot of topics and consumer groups. `commits/{sequence}.json`, create-only; see docs/archive-format.md. */
export interface Snapshot {
  formatVersion: 1;
  /** Number of the commit, from 0, without reuse. */
  sequence: number;
  backupId: string;
  /**
   * Partial: some partition failed, or its `reached` is below its `cut`; partitions of topics that the run did not copy
   * (`asOf`) count too. After a run that was stopped, the next one goes on with the same cut and groups.
   */
  kind: 'complete' | 'partial';
  /** Sequence of the commit that this one continues; null for the first. */
  parent: number | null;
  archiveId: string;
  /** Names the objects that this run wrote. */
  runId: string;
  /** ISO 8601, UTC. */
  startedAt: string;
  committedAt: string;
  cluster: { id: string; label?: string };
  cut: { /** ISO 8601, UTC: when the end offsets were asked for. */ time: string };
  topics: SnapshotTopic[];
  groups: SnapshotGroup[];
  /** Every frame of this snapshot is in one of these, and some of them hold frames that are no longer part of it. */
  indexes: IndexReference[];
  /** What this run alone added. */
  added: { records: number; rawBytes: number; storedBytes: number; packs: number; durationMs: number };
}

export interface SnapshotTopic {
  name: string;
  /** Kafka's topic id (UUID, as Kafka prints it: base64url of 16 bytes). */
  topicId: string;
  partitionCount: number;
  replicationFactor: number;
  /** What the topic itself sets, as the broker describes it. */
  config: Record<string, string>;
  partitions: SnapshotPartition[];
  /**
   * Present when the run did not copy the topic (it was not selected) but the cluster still had it: the topic and the
   * group offsets on it stand as they did in that older commit. Two jobs with different topics can share an archive.
   */
  asOf?: { sequence: number; cutTime: string };
}

/**
 * Frames of one generation hold one history of the partition. A generation counts for offsets `from` (inclusive) to
 * `until` (exclusive; undefined for the newest, which ends at `reached`). Truncation and full copies start a new one.
 */
export interface Generation {
  generation: number;
  from: number;
  until?: number;
}

export interface SnapshotPartition {
  partition: number;
  /** Log start offset at the cut. */
  logStart: number;
  /** Last stable offset at the cut: every offset below belongs to the snapshot. */
  cut: number;
  /** At the cut. */
  highWatermark: number;
  /** Offsets below are durable in the archive. Equals `cut` in a complete snapshot. */
  reached: number;
  /** Leader epoch of the last batch seen; -1 when unknown. */
  leaderEpoch: number;
  /**
   * Where that batch ends, exclusive; missing when that is at `reached`. Behind it compaction has removed everything up to
   * the cut, perhaps of newer epochs: its epoch need not reach further.
   */
  lastBatchEnd?: number;
  /** Oldest first, without overlap. */
  generations: Generation[];
  /** Offsets that no snapshot can have any more, oldest first. Ordinary holes (markers, compaction) are not listed. */
  lost: LostRange[];
  /** Batches and records left out because their transaction was aborted; of this generation. */
  aborted: { batches: number; records: number };
  /** Why the run could not copy the partition up to its cut, in one line. A run after such a snapshot takes a new cut. */
  failed?: string;
}

export interface LostRange {
  /** Inclusive. */
  from: number;
  /** Exclusive. */
  until: number;
  reason: 'retention' | 'truncation' | 'topic-recreated' | 'start-offset';
  /** ISO 8601, UTC. */
  noticedAt: string;
}

export interface SnapshotGroup {
  groupId: string;
  protocolType: string;
  offsets: SnapshotGroupOffset[];
}

export interface SnapshotGroupOffset {
  topic: string;
  partition: number;
  /** Next record that the group reads; never past the partition's cut (`clampedFrom` has what the group said then). */
  offset: number;
  clampedFrom?: number;
  leaderEpoch: number;
  metadata: string;
}

export interface IndexReference {
  key: string;
  /** bytes */
  size: number;
  /** hex */
  sha256: string;
  frames: number;
}
