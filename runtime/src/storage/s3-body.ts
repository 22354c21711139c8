import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';

/**
 * A request's body made of chunks that lie apart: sent as they are, since joining them costs as much as sending them. A
 * body is read once; a repeated request takes a new one.
 */
export class ChunkBody extends Readable {
  readonly #chunks: readonly Uint8Array[];
  #next = 0;

  constructor(chunks: readonly Uint8Array[]) {
    super();
    this.#chunks = chunks;
  }

  /** For the signature, where that has to cover the body. Hexadecimal. */
  sha256(): string {
    const hash = createHash('sha256');
    for (const chunk of this.#chunks) hash.update(chunk);
    return hash.digest('hex');
  }

  override _read(): void {
    // An empty chunk would not count as data, and nobody would ask again.
    while (this.#chunks[this.#next]?.byteLength === 0) this.#next++;
    this.push(this.#chunks[this.#next++] ?? null);
  }
}

export function totalBytes(chunks: readonly Uint8Array[]): number {
  return chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0);
}
