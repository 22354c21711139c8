import type { EncodedFrame } from '../archive/encode-frame.ts';
import type { Frame } from '../archive/frame.ts';
import { type FrameContent, type PackMetadata, PackWriter, packKey } from '../archive/pack-writer.ts';
import type { IndexReference } from '../archive/snapshot.ts';
import type { ObjectStore } from '../storage/object-store.ts';

export interface PackSetOptions {
  runId: string;
  /** A pack is closed once it has this many bytes. */
  packBytes: number;
  /** Bytes that all open packs together may hold in memory before the largest is closed early. */
  bufferedBytes: number;
  /** What a pack says of its topic, so that an archive can be rebuilt from packs alone. */
  metadataOf(topic: string): PackMetadata;
  /** Writes an index object. @param shard 0, 1, 2, … */
  writeIndex(shard: number, frames: Frame[]): Promise<IndexReference>;
  /** An index object is written once it would have so many frames, which stay in memory until then. Default 100,000. */
  indexFrames?: number;
}

/** How many packs may be on their way to durability beside the open ones. */
const FINISHING_AT_ONCE = 4;
const INDEX_FRAMES = 100_000;

/** The packs that a run writes: one open per topic, closed when large enough or when memory runs short. */
export class PackSet {
  readonly #store: ObjectStore;
  readonly #options: PackSetOptions;
  readonly #open = new Map<string, PackWriter>();
  readonly #finishing = new Set<Promise<void>>();
  /** Of finished packs, and in no index yet. */
  #frames: Frame[] = [];
  readonly #indexes: IndexReference[] = [];
  #shards = 0;
  #failure: { reason: unknown } | undefined;
  #count = 0;
  #storedBytes = 0;

  constructor(store: ObjectStore, options: PackSetOptions) {
    this.#store = store;
    this.#options = options;
  }

  /** Packs begun so far. */
  get count(): number {
    return this.#count;
  }

  /** Bytes of the packs that are durable. */
  get storedBytes(): number {
    return this.#storedBytes;
  }

  /** Resolves when the frame has been taken over; it is durable only after `finish`. `onFree` as for `PackWriter`. */
  async append(content: FrameContent, encoded: EncodedFrame, onFree?: () => void): Promise<Frame> {
    this.#rethrow();
    let writer = this.#open.get(content.topic);
    if (writer === undefined) {
      const key = packKey(content.topic, this.#options.runId, this.#count++);
      writer = new PackWriter(this.#store, key, this.#options.metadataOf(content.topic));
      this.#open.set(content.topic, writer);
    }
    const appended = writer.append(content, encoded, onFree);
    // Closed without waiting for the append: the writer stores in the order of the calls.
    if (writer.size >= this.#options.packBytes) this.#close(content.topic, writer);
    const frame = await appended;
    this.#relieveMemory();
    while (this.#finishing.size > FINISHING_AT_ONCE) await Promise.race(this.#finishing);
    this.#rethrow();
    return frame;
  }

  /** No more frames of this topic will come: its pack is closed. */
  topicDone(topic: string): void {
    const writer = this.#open.get(topic);
    if (writer !== undefined) this.#close(topic, writer);
  }

  /** Makes everything that was appended durable. */
  async finish(): Promise<void> {
    for (const [topic, writer] of this.#open) this.#close(topic, writer);
    while (this.#finishing.size > 0) await Promise.all(this.#finishing);
    this.#rethrow();
  }

  /**
   * To be called after `finish`.
   * @param wanted frames of other topics are left out, as far as they are not in an index yet
   * @returns the index objects that name the frames of all packs
   */
  async writeIndexes(wanted: (topic: string) => boolean): Promise<IndexReference[]> {
    this.#frames = this.#frames.filter(({ topic }) => wanted(topic));
    if (this.#frames.length > 0) await this.#writeShard();
    return this.#indexes;
  }

  async #writeShard(): Promise<void> {
    const frames = this.#frames;
    this.#frames = [];
    this.#indexes.push(await this.#options.writeIndex(this.#shards++, frames));
  }

  /** Gives up the open packs. Finished ones stay, named by no commit. */
  async abort(): Promise<void> {
    const writers = [...this.#open.values()];
    this.#open.clear();
    await Promise.all(writers.map((writer) => writer.abort()));
    await Promise.all(this.#finishing);
  }

  #close(topic: string, writer: PackWriter): void {
    this.#open.delete(topic);
    const finishing = this.#finish(writer).catch((reason) => {
      this.#failure ??= { reason };
    });
    this.#finishing.add(finishing);
    finishing.then(() => this.#finishing.delete(finishing));
  }

  async #finish(writer: PackWriter): Promise<void> {
    const { frames, size } = await writer.finish();
    this.#storedBytes += size;
    for (const frame of frames) this.#frames.push(frame);
    if (this.#frames.length >= (this.#options.indexFrames ?? INDEX_FRAMES)) await this.#writeShard();
  }

  #relieveMemory(): void {
    let buffered = 0;
    let largest: [string, PackWriter] | undefined;
    for (const entry of this.#open) {
      buffered += entry[1].bufferedBytes;
      if (largest === undefined || entry[1].bufferedBytes > largest[1].bufferedBytes) largest = entry;
    }
    if (buffered > this.#options.bufferedBytes && largest !== undefined) this.#close(...largest);
  }

  #rethrow(): void {
    if (this.#failure !== undefined) throw this.#failure.reason;
  }
}
