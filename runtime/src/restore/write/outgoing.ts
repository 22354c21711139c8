import type { OffsetRun } from '../../batch/offset-runs.ts';

/** One record batch on its way to a partition of the target. */
export interface OutgoingBatch {
  /** The whole batch. Producer id, sequence and checksum are written into it when it is first sent. */
  bytes: Buffer;
  records: number;
  /** Where the records were at the source, in their order; none for empty records that are only to be deleted again. */
  runs: OffsetRun[];
  /** CRC fields of the archived batches that are accounted for once this batch is acknowledged, in their order. */
  crcs: number[];
  /** Called once, when the target has acknowledged the batch. */
  acknowledged(): void;
}
