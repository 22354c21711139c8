/**
 * Memory for pieces of data of about the same size that come and go quickly. Used again instead of left to the garbage
 * collector: fresh memory has to be zeroed by the system page by page, and freeing it interrupts everything else.
 */
export class BufferPool {
  readonly #maxIdleBytes: number;
  readonly #idle: Buffer[] = [];
  /** Weak, so that a buffer which never comes back is left to the garbage collector: not every taker can tell its end. */
  readonly #lent = new WeakMap<Buffer, Buffer>();
  #idleBytes = 0;

  /** @param maxIdleBytes what is kept for later; more than that is left to the garbage collector */
  constructor(maxIdleBytes: number) {
    this.#maxIdleBytes = maxIdleBytes;
  }

  /** A buffer of exactly this many bytes, with any content. */
  take(bytes: number): Buffer {
    const fitting = this.#idle.findIndex(({ length }) => length >= bytes);
    const slab = fitting >= 0 ? this.#idle.splice(fitting, 1)[0]! : Buffer.allocUnsafeSlow(roundedUp(bytes));
    if (fitting >= 0) this.#idleBytes -= slab.length;
    const lent = slab.subarray(0, bytes);
    this.#lent.set(lent, slab);
    return lent;
  }

  /** Takes a buffer back that came from `take`. Nobody may use it, or a view of it, any more. */
  give(lent: Buffer): void {
    const slab = this.#lent.get(lent);
    if (slab === undefined) throw new Error('the buffer is not of this pool, or was given back before');
    this.#lent.delete(lent);
    if (this.#idleBytes + slab.length > this.#maxIdleBytes) return;
    this.#idle.push(slab);
    this.#idleBytes += slab.length;
  }
}

/** Sizes that differ a little share slabs. */
function roundedUp(bytes: number): number {
  const step = bytes < 1024 * 1024 ? 64 * 1024 : 1024 * 1024;
  return Math.ceil(bytes / step) * step;
}
