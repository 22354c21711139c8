import { MskBackupError } from '../../errors.ts';
import type { PartitionName } from '../../kafka/by-leader.ts';
import type { TargetReader } from '../read/target-reader.ts';

/**
 * Reads a hole that was filled, and sees that nothing is in it but markers: how far a log has come does not tell whose
 * records it has come by.
 * @throws MskBackupError `TARGET_WRITTEN_BY_OTHERS` (kind data) naming the first record; as `TargetReader.records`, also
 * without Read on the topic
 */
export async function requireOnlyMarkers(
  reader: TargetReader,
  { topic, partition }: PartitionName,
  from: number,
  until: number,
): Promise<void> {
  if (from >= until) return;
  for await (const [record] of reader.records(topic, partition, [{ from, until }])) {
    if (record === undefined) continue;
    throw new MskBackupError(
      'data',
      'TARGET_WRITTEN_BY_OTHERS',
      `topic ${topic}, partition ${partition}: there is a record at offset ${record.offset}, where the source has none: somebody else writes to the topic. Stop the other producers, then begin anew with --recreate or delete the topic first`,
    );
  }
}
