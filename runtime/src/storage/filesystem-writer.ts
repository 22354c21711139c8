import type { NewFile } from './new-file.ts';
import type { ObjectWriter } from './object-store.ts';

/** Small chunks are collected until they are worth a call. */
const GATHER_BYTES = 1024 * 1024;
/** writev(2) takes no more (IOV_MAX). */
const MAX_PIECES = 1024;
/** `write` waits while this much is held. */
const MAX_BUFFERED_BYTES = 4 * 1024 * 1024;

/**
 * Streams an object into a `NewFile`. Writing happens on the thread pool, one call after the other, while the caller goes
 * on; the first failure is what every later call throws.
 */
export class FilesystemWriter implements ObjectWriter {
  readonly key: string;
  readonly #openFile: () => Promise<NewFile>;
  #file: NewFile | undefined;
  #pending: Uint8Array[] = [];
  /** Of the pending chunks, in their order. */
  #onFree: ((() => void) | undefined)[] = [];
  #pendingBytes = 0;
  #writingBytes = 0;
  #position = 0;
  /** Settles when nothing is being written; never rejects. */
  #writing: Promise<void> | undefined;
  #failure: { reason: unknown } | undefined;
  #closed = false;

  constructor(key: string, openFile: () => Promise<NewFile>) {
    this.key = key;
    this.#openFile = openFile;
  }

  get bufferedBytes(): number {
    return this.#pendingBytes + this.#writingBytes;
  }

  async write(chunk: Uint8Array, onFree?: () => void): Promise<void> {
    this.#check();
    if (chunk.byteLength === 0) {
      onFree?.();
      return;
    }
    this.#pending.push(chunk);
    this.#onFree.push(onFree);
    this.#pendingBytes += chunk.byteLength;
    if (this.#isWorthWriting()) this.#start();
    while (this.bufferedBytes > MAX_BUFFERED_BYTES && this.#writing !== undefined) await this.#writing;
    this.#rethrow();
  }

  async finish(): Promise<number> {
    this.#check();
    this.#closed = true;
    // A drain that is under way sees `closed` and goes on to the end.
    this.#start();
    await this.#writing;
    this.#rethrow();
    try {
      await this.#file!.publish();
      return this.#position;
    } catch (reason) {
      this.#failure = { reason };
      await this.#discard();
      throw reason;
    }
  }

  async abort(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#failure ??= { reason: new Error(`the writer of ${this.key} was aborted`) };
    await this.#writing;
    await this.#discard();
  }

  #start(): void {
    this.#writing ??= this.#drain();
  }

  async #drain(): Promise<void> {
    try {
      this.#file ??= await this.#openFile();
      while (this.#failure === undefined && this.#isWorthWriting()) {
        const chunks = this.#pending.splice(0, MAX_PIECES);
        const freed = this.#onFree.splice(0, MAX_PIECES);
        const bytes = chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0);
        this.#pendingBytes -= bytes;
        this.#writingBytes = bytes;
        await this.#file.write(chunks, this.#position);
        this.#position += bytes;
        this.#writingBytes = 0;
        for (const free of freed) free?.();
      }
    } catch (reason) {
      this.#failure ??= { reason };
      await this.#discard();
    } finally {
      this.#writingBytes = 0;
      this.#writing = undefined;
    }
  }

  #isWorthWriting(): boolean {
    if (this.#closed) return this.#pending.length > 0;
    return this.#pendingBytes >= GATHER_BYTES || this.#pending.length >= MAX_PIECES;
  }

  async #discard(): Promise<void> {
    this.#pending = [];
    this.#onFree = [];
    this.#pendingBytes = 0;
    await this.#file?.discard();
  }

  #check(): void {
    this.#rethrow();
    if (this.#closed) throw new Error(`the writer of ${this.key} has been closed`);
  }

  #rethrow(): void {
    if (this.#failure !== undefined) throw this.#failure.reason;
  }
}
