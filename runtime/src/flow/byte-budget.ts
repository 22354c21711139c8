/**
 * Bounds the bytes that are on their way through the program: whoever takes data into memory acquires its size first and
 * releases it once the data has left. Waiters are served in order, so that nobody starves.
 */
export class ByteBudget {
  readonly limit: number;
  #used = 0;
  #waiting: { bytes: number; resolve: () => void; reject: (reason: unknown) => void }[] = [];
  #failure: { reason: unknown } | undefined;

  /** @param limit bytes, at least 1 */
  constructor(limit: number) {
    this.limit = limit;
  }

  /** Bytes acquired and not yet released. */
  get used(): number {
    return this.#used;
  }

  /**
   * Resolves when the bytes fit. A piece larger than the whole budget passes when nothing else is under way: one large
   * record batch must not stop the run.
   */
  acquire(bytes: number): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure.reason);
    if (this.#waiting.length === 0 && this.#fits(bytes)) {
      this.#used += bytes;
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => this.#waiting.push({ bytes, resolve, reject }));
  }

  release(bytes: number): void {
    this.#used -= bytes;
    for (let next = this.#waiting[0]; next !== undefined && this.#fits(next.bytes); next = this.#waiting[0]) {
      this.#waiting.shift();
      this.#used += next.bytes;
      next.resolve();
    }
  }

  /** Makes every waiter, now and later, fail with the reason: the data has nowhere to go any more. */
  fail(reason: unknown): void {
    this.#failure ??= { reason };
    for (const { reject } of this.#waiting.splice(0)) reject(reason);
  }

  #fits(bytes: number): boolean {
    return this.#used === 0 || this.#used + bytes <= this.limit;
  }
}
