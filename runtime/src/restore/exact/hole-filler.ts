import type { PartitionName } from '../../kafka/by-leader.ts';

/**
 * Fills offsets that hold no record at the source with transaction markers: one control record, one offset, that no
 * consumer ever sees.
 */
export interface HoleFiller {
  /**
   * Moves the end of a partition from one offset to another. The log ends at `from`, and nothing of ours is in flight to
   * this partition. Resolves when log end and high watermark are `until` and no marker can arrive later. Several
   * partitions may be filled at the same time, one never twice.
   * @throws MskBackupError `OVERSHOT` (kind data), naming topic and partition, when the log ends past `until`, which
   * nothing undoes but `--recreate`; `FILLER_FENCED` (kind configuration) when another run of the same restore has taken
   * over; `FILLER_STALLED` (kind connection) when the end does not move for long; the signal's interruption
   */
  fill(place: PartitionName, from: number, until: number): Promise<void>;
}
