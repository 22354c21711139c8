/** Where a group stands on one partition. */
export interface GroupPosition {
  topic: string;
  partition: number;
  /** The next record that it reads. */
  offset: number;
  /** The last stable offset: at the cut for a snapshot, now for a cluster; undefined where the partition is gone. */
  end?: number;
  /** Offsets between the two: an upper bound of the records that it has not read. */
  lag?: number;
  /** What a group that had read uncommitted data said, before a snapshot took the cut instead. */
  clampedFrom?: number;
}

export interface GroupPositions {
  groupId: string;
  protocolType: string;
  /** ARN of the Lambda function that reads with the group, where it is known. */
  function?: string;
  positions: GroupPosition[];
}

/** @param end the last stable offset, where it is known */
export function position(
  at: { topic: string; partition: number; offset: number },
  end: number | undefined,
): GroupPosition {
  return { ...at, ...(end !== undefined && { end, lag: Math.max(end - at.offset, 0) }) };
}
