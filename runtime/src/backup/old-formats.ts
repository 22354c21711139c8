import pLimit from 'p-limit';
import { refuseOldFormat } from '../batch/walk.ts';
import { MskBackupError } from '../errors.ts';
import type { KafkaClient } from '../kafka/client.ts';
import { type FetchedPartition, fetchRequest, type PartitionToFetch } from '../kafka/protocol/fetch.ts';
import type { RunPlan } from './plan-run.ts';

/** Requests in flight while looking. */
const AT_ONCE = 16;

/**
 * Looks at the first batch of every partition that the archive does not continue: old message formats lie at the start of
 * a log. So a topic that cannot be backed up is refused before anything is written.
 * @throws MskBackupError `MESSAGE_FORMAT_OLD`
 */
export async function refuseOldFormats(client: KafkaClient, plan: RunPlan, signal: AbortSignal): Promise<void> {
  const limit = pLimit(AT_ONCE);
  const leaders = new Map(
    plan.cluster.topics.flatMap(({ name, partitions }) =>
      partitions.map(({ partition, leader }) => [`${name}/${partition}`, leader]),
    ),
  );
  const fresh = plan.partitions.filter(({ start, cut, leaderEpoch }) => leaderEpoch === -1 && start < cut);
  await Promise.all(
    fresh.map(({ topic, partition, start }) =>
      limit(async () => {
        const leader = leaders.get(`${topic}/${partition}`);
        if (leader === undefined || leader < 0 || signal.aborted) return;
        const fetched = await firstBatch(client, leader, { topic, partition, fetchOffset: start });
        // Errors are met again, and dealt with, when the partition is copied.
        if (fetched !== undefined && fetched.errorCode === 0) refuseOldFormat(fetched.records, { topic, partition });
      }),
    ),
  );
}

/** Undefined when the broker cannot be reached: it may lead the partition no longer, or be dead, and the copy will see. */
async function firstBatch(
  client: KafkaClient,
  leader: number,
  at: Omit<PartitionToFetch, 'maxBytes'>,
): Promise<FetchedPartition | undefined> {
  // One byte is enough to get exactly one batch.
  const request = fetchRequest({
    isolationLevel: 'read_uncommitted',
    maxWaitMs: 0,
    minBytes: 0,
    maxBytes: 1,
    partitions: [{ ...at, maxBytes: 1 }],
  });
  try {
    return (await client.send(leader, request)).partitions[0];
  } catch (reason) {
    if (reason instanceof MskBackupError && reason.kind === 'connection') return undefined;
    throw reason;
  }
}
