/** One object as a listing shows it. `key` is relative to the archive's prefix. */
export interface StoredObject {
  key: string;
  /** bytes */
  size: number;
}

/**
 * Writes one large object piece by piece. Nothing is visible under the key before `finish` has resolved.
 */
export interface ObjectWriter {
  readonly key: string;
  /** Bytes that are held in memory now: not yet handed to the storage. */
  readonly bufferedBytes: number;
  /**
   * Takes the chunk over: the caller must not change its bytes afterwards. Resolves when more may be written, which is
   * where back-pressure comes from. Chunks are stored in the order of the calls.
   * @param onFree called when the chunk's bytes are not needed any more and may change again, if the writer can tell
   */
  write(chunk: Uint8Array, onFree?: () => void): Promise<void>;
  /**
   * Resolves with the object's size in bytes once it is durable.
   * @throws MskBackupError `OBJECT_EXISTS` when the key has been written before.
   */
  finish(): Promise<number>;
  /** Gives up: frees everything, leaves no object. Never throws. */
  abort(): Promise<void>;
}

/**
 * Where an archive lives: a bucket and prefix, or a directory. Every write is create-only (invariant 1 of docs/invariants.md):
 * there is no call that overwrites or deletes.
 */
export interface ObjectStore {
  /** For messages, without secrets: `s3://bucket/prefix` or `/var/backups`. */
  readonly location: string;
  /** @throws MskBackupError `OBJECT_EXISTS` when the key has been written before. */
  put(key: string, body: Uint8Array): Promise<void>;
  createWriter(key: string): ObjectWriter;
  /** @throws MskBackupError `OBJECT_MISSING` */
  get(key: string): Promise<Buffer>;
  /**
   * Bytes `start` (inclusive, from 0) to `start + length`.
   * @throws MskBackupError `OBJECT_MISSING`, or `OBJECT_TRUNCATED` when the object ends before.
   */
  getRange(key: string, start: number, length: number): Promise<Buffer>;
  /** Size in bytes, or undefined when there is no such object. */
  size(key: string): Promise<number | undefined>;
  /** Every object whose key starts with the prefix, in the order of the keys (UTF-8 byte order). */
  list(prefix: string): AsyncIterable<StoredObject>;
  /** Frees connections. */
  close(): Promise<void>;
}
