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

/**
 * What a CRC becomes when bytes change that are followed by others: of a message a·r with CRC `crc`, the CRC of b·r, where
 * a and b are equally long, without looking at r.
 * @param before CRC of a
 * @param after CRC of b
 * @param rest bytes in r
 */
export function replaceInCrc(crc: number, before: number, after: number, rest: number): number {
  // CRCs are linear: the change is that of the first part, moved by the length of the rest, multiplied by x^(8 rest).
  return (crc ^ timesPower(before ^ after, rest)) >>> 0;
}

/**
 * The CRC of bytes a·b from the CRCs of both, without looking at either.
 * @param first CRC of a
 * @param second CRC of b
 * @param rest bytes in b
 */
export function joinCrcs(first: number, second: number, rest: number): number {
  return (timesPower(first, rest) ^ second) >>> 0;
}

/** A CRC's contribution once so many bytes follow: multiplied by x^(8 bytes). */
function timesPower(crc: number, bytes: number): number {
  let moved = crc;
  for (let bits = bytes, power = 3; bits > 0; bits = Math.floor(bits / 2), power++) {
    if (bits % 2 === 1) moved = multiply(POWERS[power]!, moved);
  }
  return moved;
}

const POLYNOMIAL = 0x82f63b78;
const TABLE = makeTable();
/** x^(2^k) modulo the polynomial; bit 31 is x^0. Enough for what a Buffer can hold. */
const POWERS = makePowers(64);

function multiply(a: number, b: number): number {
  let product = 0;
  let shifted = b;
  for (let bit = 31; bit >= 0; bit--) {
    product ^= shifted & -((a >>> bit) & 1);
    shifted = (shifted >>> 1) ^ (POLYNOMIAL & -(shifted & 1));
  }
  return product;
}

function makePowers(count: number): Int32Array {
  const powers = new Int32Array(count);
  powers[0] = 1 << 30;
  for (let k = 1; k < count; k++) powers[k] = multiply(powers[k - 1]!, powers[k - 1]!);
  return powers;
}

function makeTable(): Int32Array {
  const table = new Int32Array(256);
  for (let byte = 0; byte < 256; byte++) {
    let value = byte;
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ POLYNOMIAL : value >>> 1;
    table[byte] = value;
  }
  return table;
}
