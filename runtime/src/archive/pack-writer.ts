import type { ObjectStore, ObjectWriter } from '../storage/object-store.ts';
import type { EncodedFrame } from './encode-frame.ts';
import type { Frame } from './frame.ts';
import { PACK_HEADER_BYTES, type PackMetadata, packEnd, packHeader } from './pack-trailer.ts';

export type { PackMetadata } from './pack-trailer.ts';

/** What the batches of a frame say; the rest of the row is known once they are stored. */
export type FrameContent = Pick<
  Frame,
  | 'topic'
  | 'partition'
  | 'generation'
  | 'baseOffset'
  | 'lastOffset'
  | 'records'
  | 'batches'
  | 'maxTimestamp'
  | 'minTimestamp'
  | 'batchChain'
>;

/** @param n number of the pack in its run, from 0 */
export function packKey(topic: string, runId: string, n: number): string {
  return `packs/${topic}/${runId}-${String(n).padStart(6, '0')}.pack`;
}

/** Writes one pack: frames of any partitions of one topic, then what the pack says of itself. */
export class PackWriter {
  readonly key: string;
  readonly #metadata: PackMetadata;
  readonly #writer: ObjectWriter;
  readonly #frames: Frame[] = [];
  #size = PACK_HEADER_BYTES;
  #header: Promise<void> | undefined;
  #failure: { reason: unknown } | undefined;

  /** Nothing is sent before the first frame. */
  constructor(store: ObjectStore, key: string, metadata: PackMetadata) {
    this.key = key;
    this.#metadata = metadata;
    this.#writer = store.createWriter(key);
  }

  /** Bytes appended so far; the end of the pack adds a little. */
  get size(): number {
    return this.#size;
  }

  /** Bytes that are held in memory now. */
  get bufferedBytes(): number {
    return this.#writer.bufferedBytes;
  }

  /**
   * Stores the frame behind those of earlier calls, whether or not these have resolved, and takes its bytes over. Resolves
   * when more may be appended; the frame is durable only after `finish`, which sets its `packSize`.
   * @param onFree called when the frame's bytes may change again, if the storage can tell
   * @throws what the storage throws
   */
  async append(content: FrameContent, encoded: EncodedFrame, onFree?: () => void): Promise<Frame> {
    const { bytes, codec, checksum, rawLength } = encoded;
    if (content.topic !== this.#metadata.topic)
      throw new Error(`a frame of ${content.topic} does not belong in ${this.key}`);
    const frame: Frame = {
      pack: this.key,
      packSize: 0,
      position: this.#size,
      length: bytes.length,
      rawLength,
      codec,
      checksum,
      topic: content.topic,
      topicId: this.#metadata.topicId,
      partition: content.partition,
      generation: content.generation,
      baseOffset: content.baseOffset,
      lastOffset: content.lastOffset,
      records: content.records,
      batches: content.batches,
      maxTimestamp: content.maxTimestamp,
      ...(content.minTimestamp === undefined ? {} : { minTimestamp: content.minTimestamp }),
      batchChain: content.batchChain,
    };
    this.#size += bytes.length;
    this.#frames.push(frame);
    await this.#write(bytes, onFree);
    return frame;
  }

  /**
   * Resolves when the pack is durable. Without any frame no object is written.
   * @returns the frames in their order, and the bytes of the whole pack
   * @throws what the storage throws, also to an earlier `append`: the pack is given up then
   */
  async finish(): Promise<{ frames: Frame[]; size: number }> {
    if (this.#frames.length === 0) {
      await this.#writer.abort();
      return { frames: [], size: 0 };
    }
    try {
      await this.#write(await packEnd(this.#size, this.#metadata, this.#frames));
      const size = await this.#writer.finish();
      for (const frame of this.#frames) frame.packSize = size;
      return { frames: this.#frames, size };
    } catch (reason) {
      await this.#writer.abort();
      throw reason;
    }
  }

  /** Gives up: leaves no object. Never throws. */
  async abort(): Promise<void> {
    this.#failure ??= { reason: new Error(`${this.key} was given up`) };
    await this.#writer.abort();
  }

  /** The call order is the order of the bytes: what is written is handed on before anything is awaited. */
  async #write(bytes: Uint8Array, onFree?: () => void): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure.reason;
    this.#header ??= this.#writer.write(packHeader());
    const written = this.#writer.write(bytes, onFree);
    try {
      await Promise.all([this.#header, written]);
    } catch (reason) {
      this.#failure ??= { reason };
      throw this.#failure.reason;
    }
  }
}
