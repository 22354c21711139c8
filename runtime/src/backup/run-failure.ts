import type { Snapshot } from '../archive/snapshot.ts';
import { MskBackupError } from '../errors.ts';
import type { PartitionCopy } from './partition-copy.ts';
import type { RunPlan } from './plan-run.ts';
import type { TopicCheck } from './recheck-topics.ts';

/**
 * The error to end with after a snapshot that lacks something was committed; undefined when it lacks nothing, or only
 * what the signal kept it from.
 * @param failed partitions of topics that the snapshot holds
 * @throws what made a partition fail when it is a bug of ours: that is not dressed up as something the user could mend
 */
export function failureOf(
  { backupId, sequence }: Pick<Snapshot, 'backupId' | 'sequence'>,
  failed: Map<PartitionCopy, unknown>,
  leaderless: RunPlan['leaderless'],
  { changed, unknown }: TopicCheck,
): MskBackupError | undefined {
  const count = failed.size + leaderless.length;
  if (count > 0) {
    const { kind, code, message, cause } = firstOf(failed, leaderless);
    return new MskBackupError(
      kind,
      code,
      `${message} (${count} ${count === 1 ? 'partition' : 'partitions'} not copied up to the cut; the others are in the ` +
        `partial snapshot ${backupId}, commit ${sequence})`,
      { cause },
    );
  }
  if (changed.size > 0) {
    return topicsChanged(changed, `the other topics are in the partial snapshot ${backupId}, commit ${sequence}`);
  }
  if (unknown === undefined || unknown.kind === 'interrupted') return undefined;
  return new MskBackupError(
    unknown.kind,
    unknown.code,
    `${unknown.message}; everything is in snapshot ${backupId}, commit ${sequence}, which counts as partial until the ` +
      'next run has found the topics unchanged',
    { cause: unknown },
  );
}

/** @param outcome what became of the rest */
export function topicsChanged(changed: Set<string>, outcome: string): MskBackupError {
  return new MskBackupError(
    'data',
    'TOPIC_RECREATED',
    `${[...changed].join(', ')}: deleted or created again while it was copied, so nothing of it was kept; ${outcome}; run again`,
  );
}

function firstOf(
  failed: Map<PartitionCopy, unknown>,
  leaderless: RunPlan['leaderless'],
): Pick<MskBackupError, 'kind' | 'code' | 'message' | 'cause'> {
  if (failed.size === 0) {
    const { topic, partition, reason } = leaderless[0]!;
    return { kind: 'connection', code: 'LEADER_NOT_AVAILABLE', message: `${topic}[${partition}]: ${reason}` };
  }
  const [reason] = failed.values();
  if (!(reason instanceof MskBackupError)) throw reason;
  const { kind, code, message } = reason;
  return { kind, code, message, cause: reason };
}
