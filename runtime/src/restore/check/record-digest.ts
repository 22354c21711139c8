import { hash } from 'node:crypto';
import type { Record } from '../../batch/records.ts';

/** What records come to together, in whatever order they are added: how many, and the sum of their hashes. */
export class RecordDigest {
  records = 0;
  #high = 0;
  #low = 0;

  /** Key, value, headers and timestamp count, the offset does not. */
  add(record: Record): void {
    const digest = hash('sha1', serialize(record), 'buffer');
    this.records++;
    this.#high = (this.#high + digest.readUInt32LE(0)) >>> 0;
    this.#low = (this.#low + digest.readUInt32LE(4)) >>> 0;
  }

  equals(other: RecordDigest): boolean {
    return this.records === other.records && this.#high === other.#high && this.#low === other.#low;
  }
}

let scratch = Buffer.alloc(4096);

/** Every length before its bytes, so that no two records come to the same. */
function serialize({ timestamp, key, value, headers }: Record): Buffer {
  const fields = [key, value, ...headers.flat()];
  const size = fields.reduce((sum, field) => sum + 4 + (field?.length ?? 0), 8);
  if (scratch.length < size) scratch = Buffer.alloc(2 * size);
  let at = scratch.writeDoubleLE(timestamp, 0);
  for (const field of fields) {
    at = scratch.writeInt32LE(field?.length ?? -1, at);
    if (field !== null) at += field.copy(scratch, at);
  }
  return scratch.subarray(0, size);
}
