import { askLeaders, type LeaderQuestion } from './by-leader.ts';
import type { KafkaClient } from './client.ts';
import type { ClusterDescription } from './describe-cluster.ts';
import { type DeletedRecords, deleteRecordsRequest, type RecordsToDelete } from './protocol/delete-records.ts';

export type { DeletedRecords, RecordsToDelete } from './protocol/delete-records.ts';

/** How long a leader may wait until its replicas have moved their log starts too. */
const TIMEOUT_MS = 15_000;

/**
 * Deletes the records below an offset in each partition, which moves its log start there. Doing it twice is harmless, and
 * an offset below the log start changes nothing.
 * @param partitions at most one offset per partition
 * @returns in their order; `errorCode` as in `askLeaders`
 * @throws MskBackupError for what waiting does not help: `OFFSET_OUT_OF_RANGE` past the high watermark,
 * `TOPIC_AUTHORIZATION_FAILED` without Delete on the topic, `POLICY_VIOLATION` for a topic that is only compacted
 */
export function deleteRecordsBefore(
  client: KafkaClient,
  description: ClusterDescription,
  partitions: readonly RecordsToDelete[],
  signal?: AbortSignal,
): Promise<DeletedRecords[]> {
  return askLeaders(client, description, partitions, question, signal);
}

const question: LeaderQuestion<RecordsToDelete, DeletedRecords> = {
  what: 'cannot delete the beginning of',
  toRequest: (items) => deleteRecordsRequest(items, TIMEOUT_MS),
  withoutAnswer: ({ topic, partition }, errorCode) => ({ topic, partition, errorCode, lowWatermark: -1 }),
};
