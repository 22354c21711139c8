import type { SnapshotGroup } from '../archive/snapshot.ts';
import type { GroupOffsets } from '../kafka/group-offsets.ts';
import type { OffsetMap } from '../offsets/offset-map.ts';

/** A partition of the target and where the records of a source partition are in it. */
export interface MappedPartition {
  topic: string;
  partition: number;
  map: OffsetMap;
}

/** Why a group gets no offset for a partition of the source. */
export type LeftOutReason = 'topic-not-restored' | 'partition-not-restored' | 'topic-repartitioned';

/** Where a source partition has gone; undefined stands for `partition-not-restored`. */
export type MapOf = (topic: string, partition: number) => MappedPartition | LeftOutReason | undefined;

/** What becomes of the offsets of groups. It is JSON, as the report and `groups plan` have it. */
export interface GroupsPlan {
  /** In the snapshot's order. */
  groups: PlannedGroup[];
  remarks: string[];
}

export interface PlannedGroup {
  groupId: string;
  offsets: PlannedOffset[];
  leftOut: LeftOutOffset[];
}

export interface PlannedOffset {
  /** Of the target. */
  topic: string;
  partition: number;
  /** The first record at or after the source's offset; the end of what was restored when there is none. */
  offset: number;
  metadata: string;
  /** What the group has committed at the target now; null for nothing. */
  current: number | null;
  /** What committing `offset` does to `current`. `set`: there is none. */
  change: 'set' | 'same' | 'rewind' | 'forward';
  source: SourceOffset;
}

export interface LeftOutOffset extends SourceOffset {
  reason: LeftOutReason;
}

export interface SourceOffset {
  topic: string;
  partition: number;
  /** As the snapshot has it: never past its cut. */
  offset: number;
}

/**
 * Translates the committed offsets of groups.
 * @param current what the same groups have committed at the target
 */
export function planGroups(
  groups: readonly SnapshotGroup[],
  mapOf: MapOf,
  current: readonly GroupOffsets[],
): PlannedGroup[] {
  const currentOffsets = new Map(
    current.flatMap(({ groupId, offsets }) =>
      offsets.map(({ topic, partition, offset }) => [keyOf(groupId, topic, partition), offset] as const),
    ),
  );
  return groups.map(({ groupId, offsets }) => {
    const planned: PlannedGroup = { groupId, offsets: [], leftOut: [] };
    for (const { topic, partition, offset, metadata } of offsets) {
      const source = { topic, partition, offset };
      const target = mapOf(topic, partition) ?? 'partition-not-restored';
      if (typeof target === 'string') {
        planned.leftOut.push({ ...source, reason: target });
        continue;
      }
      const now = currentOffsets.get(keyOf(groupId, target.topic, target.partition)) ?? null;
      const next = target.map.targetAtOrAfter(offset);
      planned.offsets.push({
        topic: target.topic,
        partition: target.partition,
        offset: next,
        metadata,
        current: now,
        change: changeOf(now, next),
        source,
      });
    }
    return planned;
  });
}

function changeOf(current: number | null, next: number): PlannedOffset['change'] {
  if (current === null) return 'set';
  if (current === next) return 'same';
  return next < current ? 'rewind' : 'forward';
}

function keyOf(groupId: string, topic: string, partition: number): string {
  return `${topic}/${partition}/${groupId}`;
}
