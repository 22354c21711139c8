import type { PartitionFrames } from '../../archive/snapshot-frames.ts';
import type { EarlierPartition } from '../plan/earlier-runs.ts';
import type { ExactExtent } from '../plan/extent.ts';
import type { AtStake } from '../plan/retention.ts';
import type { PartitionWriter } from './partition-writer.ts';
import type { PrepareOptions } from './prepare-chunk.ts';
import type { Milestone } from './progress-keeper.ts';

/** One partition to restore. */
export interface PartitionTask {
  frames: PartitionFrames;
  writer: PartitionWriter;
  /** Of the target's topic. */
  topicId: string;
  prepare: PrepareOptions;
  atStake: AtStake;
  /** Records that the archive holds of it, by the index; of frames that are cut, as they are read. Complete when done. */
  expectedRecords: number;
  /** Which offsets the target has in the end, when records keep theirs. */
  extent?: ExactExtent;
  /** What an earlier run has written of it. */
  resume?: Resume;
  /** The last archived frame that is wholly acknowledged. */
  milestone?: Milestone;
  /** Everything has been acknowledged. */
  done: boolean;
}

/** Where a restore that was stopped goes on. */
export interface Resume {
  /** Log end at the target now: what lies before it is there already. */
  end: number;
  /** First source offset to read; what it had before is in the ledger. */
  next: number;
  /** Ranges of the map that are in the journal already. */
  ranges: number;
}

/**
 * Takes over what an earlier run noted of the partition into the ledger of a new writer.
 * @param end the log end at the target now
 */
export function takeUp(writer: PartitionWriter, { progress }: EarlierPartition, end: number): Resume {
  const { ledger } = writer;
  if (progress === undefined) return { end, next: 0, ranges: 0 };
  ledger.map = progress.map;
  ledger.map.advance(progress.end);
  ledger.end = progress.end;
  ledger.records = progress.records;
  ledger.batches = progress.batches;
  ledger.chain = progress.chain;
  return { end, next: progress.next, ranges: progress.map.size };
}

/** The same for a partition of a topic that was repartitioned, and is complete. */
export function takeUpSpread({ ledger }: PartitionWriter, end: number): void {
  const { start } = ledger;
  if (end > start) ledger.map.add({ source: start, target: start, length: end - start });
  ledger.end = end;
  ledger.records = end - start;
}
