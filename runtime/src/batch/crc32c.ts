import { crc32c as nativeCrc32c } from '@node-rs/crc32';

/**
 * CRC-32C (Castagnoli) as an unsigned number. The bytes are not copied.
 * @param seed CRC of the bytes that come before: `crc32c(b, crc32c(a))` is the CRC of a and b together
 */
export function crc32c(bytes: Uint8Array, seed?: number): number {
  return nativeCrc32c(bytes, seed);
}

/** The chain over no batches. */
export const EMPTY_CHAIN = 0;

/** Chain over the CRC fields of batches in their order: see `Frame.batchChain`. */
export function batchChain(crcs: Iterable<number>): number {
  let chain = EMPTY_CHAIN;
  for (const crc of crcs) chain = extendChain(chain, crc);
  return chain;
}

/**
 * The chain with one more batch: CRC-32C of the CRC field's four bytes, big-endian, seeded with the chain so far.
 * By table, because a call into the native code costs ten times more for four bytes.
 */
export function extendChain(chain: number, crc: number): number {
  let state = ~chain;
  state = TABLE[(state ^ (crc >>> 24)) & 0xff]! ^ (state >>> 8);
  state = TABLE[(state ^ (crc >>> 16)) & 0xff]! ^ (state >>> 8);
  state = TABLE[(state ^ (crc >>> 8)) & 0xff]! ^ (state >>> 8);
  state = TABLE[(state ^ crc) & 0xff]! ^ (state >>> 8);
  return ~state >>> 0;
}

const TABLE = makeTable();

function makeTable(): Int32Array {
  const table = new Int32Array(256);
  for (let byte = 0; byte < 256; byte++) {
    let value = byte;
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1;
    table[byte] = value;
  }
  return table;
}
