/**
 * Cuts a connection's bytes into answers:
 *
 *     Answer => Size(int32) CorrelationId(int32) Body
 *
 * Each answer gets one buffer of its size, and its bytes are copied there as they come: nothing is gathered in pieces
 * and put together again, which costs a second copy and leaves the pieces to the garbage collector.
 */
export class ResponseAssembler {
  readonly #onResponse: (correlationId: number, body: Buffer, size: number) => void;
  readonly #prefix = Buffer.alloc(4);
  #prefixBytes = 0;
  #answer: Buffer | undefined;
  #filled = 0;

  constructor(onResponse: (correlationId: number, body: Buffer, size: number) => void) {
    this.#onResponse = onResponse;
  }

  /** Takes the bytes out of the chunk, which may be used again after the call. */
  feed(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#answer === undefined) {
        const taken = chunk.copy(this.#prefix, this.#prefixBytes, at);
        this.#prefixBytes += taken;
        at += taken;
        if (this.#prefixBytes < this.#prefix.length) return;
        // A server that does not speak Kafka says any size. Memory that is never filled costs nothing.
        this.#answer = Buffer.allocUnsafeSlow(Math.max(4, this.#prefix.readInt32BE()));
        this.#filled = 0;
        continue;
      }
      const taken = chunk.copy(this.#answer, this.#filled, at);
      this.#filled += taken;
      at += taken;
      if (this.#filled < this.#answer.length) return;
      const answer = this.#answer;
      this.#answer = undefined;
      this.#prefixBytes = 0;
      this.#onResponse(answer.readInt32BE(), answer.subarray(4), answer.length);
    }
  }
}
