/**
 * A frame: consecutive record batches of one partition, stored as one byte range of a pack. What the index says of it.
 * The bytes are specified in docs/archive-format.md.
 */
export interface Frame {
  /** Key of the pack, relative to the archive. */
  pack: string;
  /** Bytes of the whole pack, so that a truncated copy is recognised; 0 until the pack is finished. */
  packSize: number;
  /** First byte in the pack. */
  position: number;
  /** Stored bytes. */
  length: number;
  /** Bytes of the record batches before compression; equals `length` for codec `none`. */
  rawLength: number;
  codec: 'none' | 'zstd';
  /** CRC-32C of the stored bytes. */
  checksum: number;
  topic: string;
  /** Of the topic that the batches came from: an index may hold frames of an older topic of the same name. */
  topicId: string;
  partition: number;
  /** See `Generation` in snapshot.ts. */
  generation: number;
  /** Base offset of the first batch. */
  baseOffset: number;
  /** Last offset of the last batch, inclusive (a batch header's base offset + last offset delta). */
  lastOffset: number;
  /** Sum of the batch headers' record counts. */
  records: number;
  batches: number;
  /** Epoch ms: the largest max timestamp of the batch headers; -1 when none has one. */
  maxTimestamp: number;
  /** Epoch ms, known only where the records were walked; undefined never means "no records before". */
  minTimestamp?: number;
  /**
   * CRC-32C over the CRC fields (4 bytes, big-endian) of the batches in their order: what a restore compares to know that
   * each batch was produced, once and in order.
   */
  batchChain: number;
}
