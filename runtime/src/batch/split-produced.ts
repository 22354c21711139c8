import { readBatchHeader } from './header.ts';
import { type RebuiltBatch, rebuildBatches } from './rebuild.ts';

/**
 * The batch without its first records: of a batch that a stopped restore sent in part. The codec stays.
 *
 * @param bytes one batch, numbered without gaps, in produce form or as it is archived; it stays as it is
 * @param skipRecords 0 to the number of its records
 * @returns in produce form; undefined when no record is left. Its `runs` are offsets as the batch counts them, from 0 in produce form.
 * @throws MskBackupError kind `data`: as `rebuildBatches`
 */
export async function splitProduced(bytes: Buffer, skipRecords: number): Promise<RebuiltBatch | undefined> {
  const header = readBatchHeader(bytes, 0);
  const [rest] = await rebuildBatches([{ buffer: bytes, header }], {
    from: header.baseOffset + skipRecords,
  });
  return rest;
}
