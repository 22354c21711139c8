import type { SnapshotPartition, SnapshotTopic } from '../archive/snapshot.ts';
import type { PartitionFrames, TopicFrames } from '../archive/snapshot-frames.ts';

/** What a snapshot holds of a topic or a partition. */
interface Held {
  records: number;
  /** Bytes of record batches. */
  rawBytes: number;
  storedBytes: number;
  /** Epoch ms of the newest record; undefined when there is none or its time is unknown. */
  maxTimestamp?: number;
}

export interface DescribedPartition extends Omit<SnapshotPartition, 'generations' | 'leaderEpoch'>, Held {}

export interface DescribedTopic extends Omit<SnapshotTopic, 'partitions'>, Held {
  partitions: DescribedPartition[];
}

export function describeTopic({ topic, partitions: framesOfPartitions }: TopicFrames): DescribedTopic {
  const partitions = framesOfPartitions.map(describePartition);
  const sum = (key: 'records' | 'rawBytes' | 'storedBytes') => partitions.reduce((total, at) => total + at[key], 0);
  return {
    ...topic,
    records: sum('records'),
    rawBytes: sum('rawBytes'),
    storedBytes: sum('storedBytes'),
    ...newest(partitions.map(({ maxTimestamp }) => maxTimestamp)),
    partitions,
  };
}

function describePartition(held: PartitionFrames): DescribedPartition {
  const { generations: _generations, leaderEpoch: _leaderEpoch, ...partition } = held.partition;
  const { records, rawBytes, storedBytes } = held;
  return {
    ...partition,
    records,
    rawBytes,
    storedBytes,
    ...newest(held.frames().map(({ frame }) => (frame.maxTimestamp < 0 ? undefined : frame.maxTimestamp))),
  };
}

function newest(times: (number | undefined)[]): { maxTimestamp?: number } {
  const known = times.filter((at) => at !== undefined);
  return known.length === 0 ? {} : { maxTimestamp: known.reduce((a, b) => Math.max(a, b)) };
}
