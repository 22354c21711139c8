const CORRELATION_ID_BYTES = 4;
const PREFIX_BYTES = 4 + CORRELATION_ID_BYTES;

/**
 * Cuts a connection's bytes into answers:
 *
 *     Answer => Size(int32) CorrelationId(int32) Body
 *
 * Each body gets one buffer of its size, and its bytes are copied there as they come: nothing is gathered in pieces
 * and put together again, which costs a second copy and leaves the pieces to the garbage collector.
 */
export class ResponseAssembler {
  readonly #allocate: (correlationId: number, bytes: number) => Buffer;
  readonly #onResponse: (correlationId: number, body: Buffer) => void;
  readonly #prefix = Buffer.alloc(PREFIX_BYTES);
  #prefixBytes = 0;
  #body: Buffer | undefined;
  #filled = 0;

  /** @param allocate where the body of so many bytes goes */
  constructor(
    allocate: (correlationId: number, bytes: number) => Buffer,
    onResponse: (correlationId: number, body: Buffer) => void,
  ) {
    this.#allocate = allocate;
    this.#onResponse = onResponse;
  }

  /** Takes the bytes out of the chunk, which may be used again after the call. */
  feed(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#body === undefined) {
        const taken = chunk.copy(this.#prefix, this.#prefixBytes, at);
        this.#prefixBytes += taken;
        at += taken;
        if (this.#prefixBytes < PREFIX_BYTES) return;
        // A server that does not speak Kafka says any size. Memory that is never filled costs nothing.
        const bytes = Math.max(0, this.#prefix.readInt32BE() - CORRELATION_ID_BYTES);
        this.#body = this.#allocate(this.#prefix.readInt32BE(4), bytes);
        this.#filled = 0;
      } else {
        const taken = chunk.copy(this.#body, this.#filled, at);
        this.#filled += taken;
        at += taken;
      }
      if (this.#filled === this.#body.length) this.#finish(this.#body);
    }
  }

  #finish(body: Buffer): void {
    this.#body = undefined;
    this.#prefixBytes = 0;
    this.#onResponse(this.#prefix.readInt32BE(4), body);
  }
}
