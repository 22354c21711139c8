const CORRELATION_ID_BYTES = 4;
const PREFIX_BYTES = 4 + CORRELATION_ID_BYTES;

/**
 * Cuts a connection's bytes into answers:
 *
 *     Answer => Size(int32) CorrelationId(int32) Body
 *
 * Each body gets one buffer of its size, and the socket reads right into it: nothing is copied, nothing is gathered in
 * pieces for the garbage collector.
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

  /** Where the next bytes go. Never empty. */
  target(): Buffer {
    return this.#body === undefined ? this.#prefix.subarray(this.#prefixBytes) : this.#body.subarray(this.#filled);
  }

  /** So many bytes have been put into the target. */
  advance(bytes: number): void {
    if (this.#body === undefined) {
      this.#prefixBytes += bytes;
      if (this.#prefixBytes < PREFIX_BYTES) return;
      // A server that does not speak Kafka says any size. Memory that is never filled costs nothing.
      const bodyBytes = Math.max(0, this.#prefix.readInt32BE() - CORRELATION_ID_BYTES);
      this.#body = this.#allocate(this.#prefix.readInt32BE(4), bodyBytes);
      this.#filled = 0;
    } else {
      this.#filled += bytes;
    }
    if (this.#filled < this.#body.length) return;
    const body = this.#body;
    this.#body = undefined;
    this.#prefixBytes = 0;
    this.#onResponse(this.#prefix.readInt32BE(4), body);
  }

  /** Copies bytes that were read elsewhere. */
  feed(chunk: Buffer): void {
    for (let at = 0; at < chunk.length; ) {
      const copied = chunk.copy(this.target(), 0, at);
      at += copied;
      this.advance(copied);
    }
  }
}
