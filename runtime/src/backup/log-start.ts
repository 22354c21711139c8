import { MskBackupError } from '../errors.ts';
import type { KafkaClient } from '../kafka/client.ts';
import { describeCluster } from '../kafka/describe-cluster.ts';
import { listOffsets } from '../kafka/list-offsets.ts';
import { kafkaError } from '../kafka/protocol/error-codes.ts';
import { interruption } from '../kafka/retry.ts';
import type { RunContext } from '../observe/run-context.ts';
import type { PartitionCopy } from './partition-copy.ts';

/**
 * Where to go on after a broker said that the position is out of its range: at the log start, when retention has moved it
 * past the position meanwhile. The range between is recorded as lost.
 * @throws MskBackupError kind `connection` when the partition's leader does not say; `LOG_TRUNCATED` when the log ends before the position: the run's data may be of a history that
 * the partition no longer has, which the next run finds out from the leader epochs
 */
export async function logStartAfter(client: KafkaClient, copy: PartitionCopy, context: RunContext): Promise<number> {
  const { topic, partition } = copy.plan;
  const cluster = await describeCluster(client, [topic]);
  const [earliest] = await listOffsets(client, cluster, [{ topic, partition, at: 'earliest' }], context.signal);
  if (earliest === undefined || earliest.errorCode !== 0) {
    const name = earliest === undefined ? 'no answer' : kafkaError(earliest.errorCode).name;
    throw new MskBackupError(
      'connection',
      'LOG_START_UNKNOWN',
      `cannot find out where ${topic}[${partition}] begins now: ${name}; check the brokers and run again`,
    );
  }
  const logStart = earliest.offset;
  if (logStart <= copy.position) {
    throw new MskBackupError(
      'data',
      'LOG_TRUNCATED',
      `${topic}[${partition}] ends before offset ${copy.position} now, although that was readable when the backup began: ` +
        'its log was truncated meanwhile; run again',
    );
  }
  // Nobody waits for the answer any more: the partition stays as it is.
  if (context.signal.aborted) throw interruption(context.signal);
  const until = Math.min(logStart, copy.plan.cut);
  copy.lost.push({ from: copy.position, until, reason: 'retention', noticedAt: new Date().toISOString() });
  context.progress.note(
    'warn',
    `${topic}[${partition}]: offsets ${copy.position} to ${until - 1} were deleted by retention before they were read`,
  );
  return logStart;
}
