import { encodeFrame } from '../archive/encode-frame.ts';
import type { Frame } from '../archive/frame.ts';
import { ByteBudget } from '../flow/byte-budget.ts';
import type { PackSet } from './pack-set.ts';
import type { RawFrame } from './partition-copy.ts';

export interface FrameSinkOptions {
  compression: 'zstd' | 'none';
  /** 1-22 */
  level: number;
  /** Compress frames whose batches the producer compressed, too. */
  recompress: boolean;
  /** Raw bytes between a fetch answer and the storage. */
  bufferBytes: number;
}

/**
 * Where frames go: compressed on the thread pool, several at once, and appended to the pack of their topic. The first
 * failure stops everything that is put in later.
 */
export class FrameSink {
  readonly #packs: PackSet;
  readonly #options: FrameSinkOptions;
  readonly #budget: ByteBudget;
  readonly #underway = new Set<Promise<void>>();
  readonly #onStored: (frame: Frame) => void;
  /** Frames under way per topic, and topics of which no more will come. */
  readonly #perTopic = new Map<string, number>();
  readonly #complete = new Set<string>();
  #failure: { reason: unknown } | undefined;

  constructor(packs: PackSet, options: FrameSinkOptions, onStored: (frame: Frame) => void) {
    this.#packs = packs;
    this.#options = options;
    this.#budget = new ByteBudget(options.bufferBytes);
    this.#onStored = onStored;
  }

  /** Resolves when the frame has been accepted, which is when more may be fetched. Its bytes must not change afterwards. */
  async put(frame: RawFrame): Promise<void> {
    const { topic, rawLength } = frame;
    this.#perTopic.set(topic, (this.#perTopic.get(topic) ?? 0) + 1);
    await this.#budget.acquire(rawLength);
    const storing = this.#store(frame).then(
      () => {
        this.#budget.release(rawLength);
        this.#perTopic.set(topic, this.#perTopic.get(topic)! - 1);
        this.#closeIfComplete(topic);
      },
      (reason) => this.#fail(reason),
    );
    this.#underway.add(storing);
    storing.then(() => this.#underway.delete(storing));
  }

  /** No more frames of this topic will be put: its pack is closed behind the last one. */
  topicDone(topic: string): void {
    this.#complete.add(topic);
    this.#closeIfComplete(topic);
  }

  /** Resolves when everything put so far has been handed to the packs. */
  async drain(): Promise<void> {
    while (this.#underway.size > 0) await Promise.all(this.#underway);
    if (this.#failure !== undefined) throw this.#failure.reason;
  }

  async #store(raw: RawFrame): Promise<void> {
    const { pieces, rawLength, compressedLength, onFree, ...content } = raw;
    const joined = pieces.length !== 1;
    const bytes = joined ? Buffer.concat(pieces, rawLength) : pieces[0]!;
    const compress =
      this.#options.compression === 'zstd' && (this.#options.recompress || compressedLength * 2 <= rawLength);
    const encoded = await encodeFrame(bytes, {
      codec: compress ? 'zstd' : 'none',
      level: this.#options.level,
      checkedBatches: content.batches,
    });
    // Stored as they came, the bytes are needed until they are written.
    const keep = !joined && encoded.bytes === bytes;
    if (!keep) onFree?.();
    this.#onStored(await this.#packs.append(content, encoded, keep ? onFree : undefined));
  }

  #closeIfComplete(topic: string): void {
    if (this.#complete.has(topic) && (this.#perTopic.get(topic) ?? 0) === 0) this.#packs.topicDone(topic);
  }

  #fail(reason: unknown): void {
    this.#failure ??= { reason };
    this.#budget.fail(reason);
  }
}
