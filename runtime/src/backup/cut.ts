import type { SnapshotGroup } from '../archive/snapshot.ts';
import type { Compaction } from './compaction.ts';

/**
 * What the cluster looked like when a run began: the run copies up to here and stops. Consumer groups are read before the
 * end offsets, so that a group can be past the cut only by having read uncommitted data.
 */
export interface Cut {
  /** ISO 8601, UTC: when the end offsets were asked for. */
  time: string;
  topics: CutTopic[];
  groups: SnapshotGroup[];
}

export interface CutTopic extends Compaction {
  name: string;
  topicId: string;
  partitionCount: number;
  replicationFactor: number;
  /** What the topic itself sets. */
  config: Record<string, string>;
  partitions: CutPartition[];
}

export interface CutPartition {
  partition: number;
  logStart: number;
  /** The cut of this partition. */
  lastStable: number;
  highWatermark: number;
}
