import { hasCode, MskBackupError } from '../../errors.ts';
import type { PartitionName } from '../../kafka/by-leader.ts';
import type { KafkaClient } from '../../kafka/client.ts';
import { deleteRecordsBefore } from '../../kafka/delete-records.ts';
import type { ClusterDescription } from '../../kafka/describe-cluster.ts';
import { listOffsets } from '../../kafka/list-offsets.ts';
import { Patience } from '../../kafka/retry.ts';

export interface LogStart extends PartitionName {
  offset: number;
}

/**
 * Moves log starts up to the offsets (DeleteRecords) and sees that the leaders say so. To be repeated at the end of a
 * restore: a broker that is killed soon after may bring back what was deleted. The topics' cleanup.policy has `delete`.
 * @param starts at most one per partition, none past the partition's end
 * @throws MskBackupError `LOG_START_DIFFERS` (kind data) when a log starts past its offset, or does not get there (30 s)
 */
export async function setLogStart(
  client: KafkaClient,
  description: ClusterDescription,
  starts: readonly LogStart[],
  signal?: AbortSignal,
): Promise<void> {
  const patience = new Patience(signal);
  let left = [...starts];
  let again = true;
  while (left.length > 0) {
    if (!again) throw differs(left[0]!, 'DeleteRecords has not moved it');
    await deleteBefore(client, description, left, signal);
    const questions = left.map(({ topic, partition }) => ({ topic, partition, at: 'earliest' as const }));
    const answers = await listOffsets(client, description, questions, signal);
    left = left.filter((start, i) => {
      const { offset, errorCode } = answers[i]!;
      if (errorCode === 0 && offset > start.offset) throw differs(start, `it starts at ${offset}`);
      return errorCode !== 0 || offset !== start.offset;
    });
    again = left.length === 0 || (await patience.pause());
  }
}

/** Answers are not looked at: where the log starts now is asked for, whether or not replicas confirmed in time. */
async function deleteBefore(
  client: KafkaClient,
  description: ClusterDescription,
  starts: LogStart[],
  signal?: AbortSignal,
): Promise<void> {
  const partitions = starts.map(({ topic, partition, offset }) => ({ topic, partition, beforeOffset: offset }));
  try {
    await deleteRecordsBefore(client, description, partitions, signal);
  } catch (reason) {
    // A leader that was just elected may not know yet how far its replicas are.
    if (!hasCode(reason, 'OFFSET_OUT_OF_RANGE')) throw reason;
  }
}

function differs({ topic, partition, offset }: LogStart, how: string): MskBackupError {
  return new MskBackupError(
    'data',
    'LOG_START_DIFFERS',
    `topic ${topic}, partition ${partition}: the log should start at ${offset}, but ${how}; check its retention, then run again, or restore again with --recreate`,
  );
}
