import { replaceInCrc } from '../../batch/crc32c.ts';

/** One batch adds the 4 bytes of its CRC field to a chain. */
const BYTES_PER_BATCH = 4;

/**
 * Joins the batch chains of consecutive frames (see `Frame.batchChain`) into the chain of all their batches, from the index
 * rows alone.
 * @param first chain over the earlier batches
 * @param second chain over the later ones
 * @param secondBatches how many batches `second` covers
 */
export function joinChains(first: number, second: number, secondBatches: number): number {
  // A chain that follows nothing is one that follows the CRC 0.
  return replaceInCrc(second, 0, first, secondBatches * BYTES_PER_BATCH);
}
