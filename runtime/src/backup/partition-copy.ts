import type { LostRange } from '../archive/snapshot.ts';
import { dropUncommitted } from '../batch/committed.ts';
import { extendChain } from '../batch/crc32c.ts';
import type { BatchHeader } from '../batch/header.ts';
import { walkSoundBatches } from '../batch/walk.ts';
import type { MskBackupError } from '../errors.ts';
import type { FetchedPartition } from '../kafka/protocol/fetch.ts';
import type { PartitionPlan } from './plan-partition.ts';

/** Record batches of one partition on their way into one frame. */
export interface RawFrame {
  topic: string;
  partition: number;
  generation: number;
  baseOffset: number;
  lastOffset: number;
  records: number;
  batches: number;
  maxTimestamp: number;
  batchChain: number;
  /** The batches as the broker sent them, in pieces: views of fetch answers. */
  pieces: Buffer[];
  /** Sum of the pieces' bytes. */
  rawLength: number;
  /** Bytes of those batches that the producer compressed. */
  compressedLength: number;
  /** To be called once the pieces' bytes may change again. */
  onFree?: () => void;
}

/** Raw bytes of a frame; the last one of a partition is smaller. */
export const FRAME_BYTES = 2 * 1024 * 1024;

/**
 * One partition while it is copied: walks what was fetched, leaves out what is not committed data, and gathers the rest
 * into frames. Knows nothing of brokers or storage.
 */
export class PartitionCopy {
  readonly plan: PartitionPlan;
  /** The next offset to fetch. Everything below has been handed out in frames or is in the gathering one. */
  position: number;
  /** Of the last batch seen. */
  leaderEpoch: number;
  /** Where that batch ends, exclusive. */
  lastBatchEnd: number;
  aborted: { batches: number; records: number };
  /** Ranges that were lost before or during this run. */
  readonly lost: LostRange[];
  #gathering: RawFrame | undefined;
  readonly #gatherBytes: number;

  /** @param gatherBytes a frame that has fewer raw bytes than this waits for more; at most half of `FRAME_BYTES` */
  constructor(plan: PartitionPlan, gatherBytes: number = FRAME_BYTES / 2) {
    this.plan = plan;
    this.#gatherBytes = gatherBytes;
    this.position = plan.start;
    this.leaderEpoch = plan.leaderEpoch;
    this.lastBatchEnd = plan.lastBatchEnd;
    this.aborted = { ...plan.aborted };
    this.lost = [...plan.lost];
  }

  get done(): boolean {
    return this.position >= this.plan.cut;
  }

  /**
   * Takes what one fetch brought: the complete batches below the cut. CRCs are checked here.
   * @returns the frames that are full now, whether the position moved, and what is wrong with the batch at the position,
   * if anything is: a MskBackupError of kind `data` naming topic, partition and offset. What came before it is taken
   */
  take(fetched: FetchedPartition): { frames: RawFrame[]; moved: boolean; damage?: MskBackupError } {
    const { plan } = this;
    const { batches, beyond, damage } = walkSoundBatches(fetched.records, plan, this.position, plan.cut);
    const below: BatchHeader[] = [];
    let position = this.position;
    for (const batch of batches) {
      if (batch.lastOffset < position) continue;
      if (batch.baseOffset < this.plan.start) this.#foundAgain(batch.baseOffset);
      below.push(batch);
      position = batch.lastOffset + 1;
      this.leaderEpoch = batch.partitionLeaderEpoch;
      this.lastBatchEnd = position;
    }
    const committed = dropUncommitted(fetched.records, below, fetched.abortedTransactions);
    this.aborted.batches += committed.abortedBatches;
    this.aborted.records += committed.abortedRecords;

    const frames: RawFrame[] = [];
    this.#gather(fetched.records, committed.kept, frames);
    // Offsets between the last batch and the cut hold no batch: compaction removed it, so there is nothing to wait for.
    const moved = position > this.position || beyond;
    this.position = beyond ? Math.max(position, plan.cut) : position;
    if (this.done) frames.push(...this.flush());
    else this.#letGoOf(fetched.records, frames);
    return { frames, moved, ...(damage === undefined ? {} : { damage }) };
  }

  /** The log start may lie inside a batch, which is stored whole: its records from here on are not lost after all. */
  #foundAgain(offset: number): void {
    const last = this.lost.at(-1);
    if (last?.reason !== 'retention' || last.until !== this.plan.start) return;
    this.lost.pop();
    if (last.from < offset) this.lost.push({ ...last, until: offset });
  }

  /** Nothing is stored between the position and this offset, or nothing that can still be had: go on there. */
  skipTo(offset: number): RawFrame[] {
    this.position = Math.max(this.position, offset);
    return this.done ? this.flush() : [];
  }

  /** Hands out what has been gathered, however small. */
  flush(): RawFrame[] {
    const frame = this.#gathering;
    this.#gathering = undefined;
    return frame === undefined ? [] : [frame];
  }

  #gather(records: Buffer, kept: BatchHeader[], frames: RawFrame[]): void {
    let pieceStart = -1;
    let pieceEnd = -1;
    const closePiece = () => {
      if (pieceStart >= 0) this.#gathering!.pieces.push(records.subarray(pieceStart, pieceEnd));
      pieceStart = -1;
    };
    for (const batch of kept) {
      // Compaction leaves batches without records, to keep producer sequences: holes like any other.
      if (batch.recordCount === 0) continue;
      const size = batch.end - batch.start;
      if (this.#gathering !== undefined && this.#gathering.rawLength + size > FRAME_BYTES) {
        closePiece();
        frames.push(...this.flush());
      }
      this.#gathering ??= this.#newFrame(batch);
      if (pieceEnd !== batch.start || pieceStart < 0) {
        closePiece();
        pieceStart = batch.start;
      }
      pieceEnd = batch.end;
      const frame = this.#gathering;
      frame.lastOffset = batch.lastOffset;
      frame.records += batch.recordCount;
      frame.batches += 1;
      // Producers may set any int64, nanoseconds for instance: what cannot be exact is the largest number that is.
      frame.maxTimestamp = Math.min(Math.max(frame.maxTimestamp, batch.maxTimestamp), Number.MAX_SAFE_INTEGER);
      frame.batchChain = extendChain(frame.batchChain, batch.crc);
      frame.rawLength += size;
      if (batch.codec !== 'none') frame.compressedLength += size;
    }
    closePiece();
  }

  /**
   * What stays behind would keep the whole fetch answer in memory, for every open partition. A large remainder makes a
   * frame of its own, a small one is copied.
   */
  #letGoOf(records: Buffer, frames: RawFrame[]): void {
    const frame = this.#gathering;
    if (frame === undefined || records.length === 0) return;
    if (frame.rawLength >= this.#gatherBytes) frames.push(...this.flush());
    else frame.pieces = [Buffer.concat(frame.pieces)];
  }

  #newFrame(first: BatchHeader): RawFrame {
    return {
      topic: this.plan.topic,
      partition: this.plan.partition,
      generation: this.plan.generation,
      baseOffset: first.baseOffset,
      lastOffset: first.lastOffset,
      records: 0,
      batches: 0,
      maxTimestamp: -1,
      batchChain: 0,
      pieces: [],
      rawLength: 0,
      compressedLength: 0,
    };
  }
}
