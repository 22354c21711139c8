const SEED = 0x9747b28c;
const MULTIPLIER = 0x5bd1e995;

/**
 * Murmur2, 32 bits, as Kafka's clients hash keys (org.apache.kafka.common.utils.Utils.murmur2).
 * @param start first byte of the key in `bytes`, `end` the byte after it; default all
 * @returns an int32
 */
export function murmur2(bytes: Uint8Array, start = 0, end = bytes.length): number {
  let hash = SEED ^ (end - start);
  let at = start;
  for (; at + 4 <= end; at += 4) {
    let word = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
    word = Math.imul(word, MULTIPLIER);
    word = Math.imul(word ^ (word >>> 24), MULTIPLIER);
    hash = Math.imul(hash, MULTIPLIER) ^ word;
  }
  const rest = end - at;
  if (rest > 0) {
    let word = bytes[at]!;
    if (rest > 1) word |= bytes[at + 1]! << 8;
    if (rest > 2) word |= bytes[at + 2]! << 16;
    hash = Math.imul(hash ^ word, MULTIPLIER);
  }
  hash = Math.imul(hash ^ (hash >>> 13), MULTIPLIER);
  return hash ^ (hash >>> 15);
}
