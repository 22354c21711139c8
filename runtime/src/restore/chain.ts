/**
 * Joins the batch chains of consecutive frames (see `batchChain` in archive/frame.ts) into the chain of all their batches,
 * from the index rows alone: CRC-32C of A followed by B is x^(8·|B|) · crc(A) + crc(B) in the field of the polynomial.
 */

/** CRC-32C (Castagnoli), bits reversed. */
const POLYNOMIAL = 0x82f63b78;
/** One batch adds the 4 bytes of its CRC field to a chain. */
const BYTES_PER_BATCH = 4;

/**
 * @param first chain over the earlier batches
 * @param second chain over the later ones
 * @param secondBatches how many batches `second` covers
 */
export function joinChains(first: number, second: number, secondBatches: number): number {
  return (multiply(powerOfX(secondBatches * BYTES_PER_BATCH), first) ^ second) >>> 0;
}

/** The product of two polynomials over GF(2), modulo the CRC polynomial; the highest bit is x^0. */
function multiply(a: number, b: number): number {
  let product = 0;
  let factor = b;
  for (let rest = a; rest !== 0; rest <<= 1) {
    if (rest & 0x80000000) product ^= factor;
    factor = factor & 1 ? (factor >>> 1) ^ POLYNOMIAL : factor >>> 1;
  }
  return product >>> 0;
}

/** x^(2^n) for n = 0..63. */
const SQUARES = squares();

function squares(): Uint32Array {
  const table = new Uint32Array(64);
  table[0] = 0x40000000;
  for (let n = 1; n < table.length; n++) table[n] = multiply(table[n - 1]!, table[n - 1]!);
  return table;
}

/** x^(8 · bytes). */
function powerOfX(bytes: number): number {
  let power = 0x80000000;
  let rest = bytes;
  // 8 = 2^3: the lowest bit of `bytes` stands for x^(2^3).
  for (let n = 3; rest > 0; n++) {
    if (rest % 2 === 1) power = multiply(SQUARES[n]!, power);
    rest = Math.floor(rest / 2);
  }
  return power;
}
