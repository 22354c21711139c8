import { MskBackupError } from '../../errors.ts';
import type { PartitionName } from '../../kafka/by-leader.ts';
import type { KafkaClient } from '../../kafka/client.ts';
import type { ClusterDescription } from '../../kafka/describe-cluster.ts';
import { listOffsets } from '../../kafka/list-offsets.ts';
import { Patience } from '../../kafka/retry.ts';
import { noLeader } from '../plan/target-state.ts';

/** A follower that has stopped is let go after replica.lag.time.max.ms, 30 s by default. */
const PATIENCE_MS = 90_000;

/**
 * Log ends that every in-sync replica has: what an earlier run had sent may still be on its way into the log.
 * @param restMs how long an end has to stand still, where an earlier run may have requests under way, or be alive
 * @returns by `topic:partition`
 * @throws MskBackupError kind `connection`: `NO_LEADER`, `REPLICAS_BEHIND`; kind `configuration`: `TARGET_IS_WRITTEN`
 */
export async function settledEnds(
  places: readonly PartitionName[],
  client: KafkaClient,
  cluster: ClusterDescription,
  signal: AbortSignal,
  restMs = 0,
): Promise<Map<string, number>> {
  const patience = new Patience(signal, PATIENCE_MS);
  const settled = new Map<string, number>();
  const seen = new Map<string, { end: number; since: number }>();
  let moving = false;
  let open = [...places];
  while (open.length > 0) {
    const answers = await listOffsets(
      client,
      cluster,
      open.flatMap(({ topic, partition }) => [
        { topic, partition, at: 'log_end' as const },
        { topic, partition, at: 'latest' as const },
      ]),
      signal,
    );
    moving = false;
    open = open.filter(({ topic, partition }, index) => {
      const key = `${topic}:${partition}`;
      const [end, confirmed] = [answers[2 * index]!, answers[2 * index + 1]!];
      if (end.errorCode !== 0 || confirmed.errorCode !== 0) throw noLeader(topic, partition);
      if (seen.get(key)?.end !== end.offset) seen.set(key, { end: end.offset, since: performance.now() });
      const restedMs = performance.now() - seen.get(key)!.since;
      if (end.offset === confirmed.offset && restedMs >= restMs) {
        settled.set(key, end.offset);
        return false;
      }
      moving ||= end.offset === confirmed.offset;
      return true;
    });
    if (open.length > 0 && !(await patience.pause())) throw moving ? isWritten(open[0]!) : behind(open[0]!);
  }
  return settled;
}

function behind({ topic, partition }: PartitionName): MskBackupError {
  return new MskBackupError(
    'connection',
    'REPLICAS_BEHIND',
    `topic ${topic}, partition ${partition}: its replicas do not catch up with the leader, so nobody can tell where an earlier run of this restore has ended; check the brokers and restore again`,
  );
}

function isWritten({ topic, partition }: PartitionName): MskBackupError {
  return new MskBackupError(
    'configuration',
    'TARGET_IS_WRITTEN',
    `topic ${topic}, partition ${partition}: its end still moves: another run of this restore, or somebody else, writes to it; stop that and restore again`,
  );
}
