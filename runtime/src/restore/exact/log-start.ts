import type { PartitionName } from '../../kafka/by-leader.ts';
import type { KafkaClient } from '../../kafka/client.ts';
import type { ClusterDescription } from '../../kafka/describe-cluster.ts';

export interface LogStart extends PartitionName {
  offset: number;
}

/**
 * Moves log starts up to the offsets (DeleteRecords) and sees that the leaders say so. To be repeated at the end of a
 * restore: a broker that is killed soon after may bring back what was deleted.
 * @throws MskBackupError `LOG_START_DIFFERS` (kind data) when the log starts past the offset, or does not get there
 */
export function setLogStart(
  _client: KafkaClient,
  _description: ClusterDescription,
  _starts: readonly LogStart[],
  _signal?: AbortSignal,
): Promise<void> {
  throw new Error('being written');
}
