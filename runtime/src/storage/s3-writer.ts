import { setTimeout as sleep } from 'node:timers/promises';
import type { ObjectWriter } from './object-store.ts';
import { totalBytes } from './s3-body.ts';
import type { S3Bucket } from './s3-bucket.ts';
import { createObject } from './s3-create.ts';
import { MultipartUpload } from './s3-multipart.ts';

const MiB = 1024 * 1024;
/** Objects up to this size are one request. */
const PART_BYTES = 8 * MiB;
/** S3 takes 10,000 parts; from here on they are larger, so that objects of 2 TiB pass. */
const SMALL_PARTS = 6_000;
const LARGE_PART_BYTES = 512 * MiB;
/** How long giving up waits for the id of an upload that is being started: who is stopped has 20 s in all. */
const START_GRACE_MS = 5_000;

/**
 * Streams an object as a multipart upload, or as a single put when it stays small. A part is sent when it is full and a
 * slot is free: the slots are shared by all writers of the store. `write` waits until the parts it filled have their slot,
 * so that a store holds the bodies in its slots and at most one part for each writer.
 */
export class S3Writer implements ObjectWriter {
  readonly key: string;
  readonly #bucket: S3Bucket;
  readonly #controller = new AbortController();
  /** Rejects with the first failure. */
  readonly #stopped: Promise<never>;
  #pending: Uint8Array[] = [];
  #pendingBytes = 0;
  #sentBytes = 0;
  #inFlightBytes = 0;
  #partCount = 0;
  #upload: Promise<MultipartUpload> | undefined;
  /** Parts that wait for a slot or are on their way; none of them rejects. */
  readonly #sending = new Set<Promise<void>>();
  /** Those that have a slot. */
  readonly #underWay = new Set<Promise<void>>();
  #failure: { reason: unknown } | undefined;
  #cleaning: Promise<void> | undefined;
  #closed = false;

  constructor(bucket: S3Bucket, key: string) {
    this.#bucket = bucket;
    this.key = key;
    const { signal } = this.#controller;
    this.#stopped = new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    this.#stopped.catch(() => {});
  }

  get bufferedBytes(): number {
    return this.#pendingBytes + this.#inFlightBytes;
  }

  async write(chunk: Uint8Array): Promise<void> {
    this.#check();
    if (chunk.byteLength === 0) return;
    this.#pending.push(chunk);
    this.#pendingBytes += chunk.byteLength;
    const started: Promise<void>[] = [];
    // Only what is more than a part is one: an object of exactly that size is a single put, and no last part is empty.
    while (this.#pendingBytes > this.#partBytes()) started.push(this.#send(this.#take(this.#partBytes())));
    if (started.length > 0) await Promise.race([Promise.all(started), this.#stopped]);
    this.#rethrow();
  }

  async finish(): Promise<number> {
    await this.#cleaning;
    this.#check();
    this.#closed = true;
    const size = this.#sentBytes + this.#pendingBytes;
    try {
      if (this.#upload === undefined) await this.#putWhole();
      else await this.#complete(this.#upload);
    } catch (reason) {
      this.#fail(reason);
      await this.#cleaning;
      throw this.#failure!.reason;
    }
    this.#forget();
    return size;
  }

  async abort(): Promise<void> {
    // A finish that is under way ends by itself: whether the object is there is no longer ours to say.
    if (!this.#closed) this.#fail(new Error(`the writer of ${this.key} was aborted`));
    this.#closed = true;
    await this.#cleaning;
  }

  async #putWhole(): Promise<void> {
    await this.#bucket.uploads(() => {
      this.#rethrow();
      return createObject(this.#bucket, this.key, this.#pending, this.#controller.signal);
    });
  }

  async #complete(upload: Promise<MultipartUpload>): Promise<void> {
    this.#send(this.#take(this.#pendingBytes));
    await Promise.all(this.#sending);
    this.#rethrow();
    await (await upload).complete();
  }

  /** Queues a part. @returns a promise for the time when it has its slot, or when it will never need one; never rejects */
  #send(chunks: Uint8Array[]): Promise<void> {
    const number = ++this.#partCount;
    const bytes = totalBytes(chunks);
    this.#sentBytes += bytes;
    this.#inFlightBytes += bytes;
    const upload = this.#startUpload();
    const { promise: started, resolve: start } = Promise.withResolvers<void>();
    const sending = this.#bucket
      .uploads(async () => {
        start();
        // Those who queued before the failure have nothing to send any more.
        if (this.#failure !== undefined) return;
        this.#underWay.add(sending);
        // The start of an upload cannot be broken off; who waits for it can.
        await (await Promise.race([upload, this.#stopped])).uploadPart(number, chunks);
      })
      .catch((reason: unknown) => this.#fail(reason))
      .finally(() => {
        this.#inFlightBytes -= bytes;
        this.#sending.delete(sending);
        this.#underWay.delete(sending);
      });
    this.#sending.add(sending);
    return started;
  }

  #startUpload(): Promise<MultipartUpload> {
    if (this.#upload === undefined) {
      this.#upload = MultipartUpload.start(this.#bucket, this.key, this.#controller.signal);
      // Parts wait for a slot before they wait for this; nobody may be listening when it fails.
      this.#upload.catch((reason: unknown) => this.#fail(reason));
    }
    return this.#upload;
  }

  /** Takes bytes from the front of what is pending. */
  #take(bytes: number): Uint8Array[] {
    const taken: Uint8Array[] = [];
    let missing = bytes;
    while (missing > 0) {
      const first = this.#pending[0]!;
      if (first.byteLength <= missing) taken.push(this.#pending.shift()!);
      else {
        taken.push(first.subarray(0, missing));
        this.#pending[0] = first.subarray(missing);
      }
      missing -= Math.min(first.byteLength, missing);
    }
    this.#pendingBytes -= bytes;
    return taken;
  }

  #partBytes(): number {
    return this.#partCount < SMALL_PARTS ? PART_BYTES : LARGE_PART_BYTES;
  }

  /** The first reason stays; whatever is under way is stopped, and then the upload removed. */
  #fail(reason: unknown): void {
    if (this.#failure !== undefined) return;
    this.#failure = { reason };
    this.#controller.abort(reason);
    this.#forget();
    this.#cleaning = this.#removeUpload();
  }

  async #removeUpload(): Promise<void> {
    // S3: a part that arrives after the abort would stay. So they end first.
    await Promise.all(this.#underWay);
    const started = this.#upload?.catch(() => undefined);
    const upload = await Promise.race([started, sleep(START_GRACE_MS, undefined, { ref: false })]);
    await upload?.abort();
  }

  #forget(): void {
    this.#pending = [];
    this.#pendingBytes = 0;
  }

  #check(): void {
    this.#rethrow();
    if (this.#closed) throw new Error(`the writer of ${this.key} has been closed`);
  }

  #rethrow(): void {
    if (this.#failure !== undefined) throw this.#failure.reason;
  }
}
