import pLimit from 'p-limit';
import { refuseOldFormat } from '../batch/walk.ts';
import type { KafkaClient } from '../kafka/client.ts';
import { fetchRequest } from '../kafka/protocol/fetch.ts';
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
        // One byte is enough to get exactly one batch.
        const { partitions } = await client.send(
          leader,
          fetchRequest({
            isolationLevel: 'read_uncommitted',
            maxWaitMs: 0,
            minBytes: 0,
            maxBytes: 1,
            partitions: [{ topic, partition, fetchOffset: start, maxBytes: 1 }],
          }),
        );
        // Errors are met again, and dealt with, when the partition is copied.
        const fetched = partitions[0];
        if (fetched !== undefined && fetched.errorCode === 0) refuseOldFormat(fetched.records, { topic, partition });
      }),
    ),
  );
}
