import type { PartitionFrames } from '../../archive/snapshot-frames.ts';
import { EMPTY_CHAIN } from '../../batch/crc32c.ts';
import { MskBackupError } from '../../errors.ts';
import type { KafkaClient } from '../../kafka/client.ts';
import type { ClusterDescription } from '../../kafka/describe-cluster.ts';
import { listOffsets } from '../../kafka/list-offsets.ts';
import type { TopicWork } from '../write/open-topics.ts';
import type { PartitionTask } from '../write/partition-task.ts';
import type { PartitionWriter } from '../write/partition-writer.ts';
import type { SpreadTask } from '../write/restore-spread.ts';
import { joinChains } from './chain.ts';

/** The chain that the index promises for a partition. */
export function expectedChain(partition: PartitionFrames): number {
  return partition
    .frames()
    .reduce((chain, { frame }) => joinChains(chain, frame.batchChain, frame.batches), EMPTY_CHAIN);
}

/**
 * Compares what the target has acknowledged with the archive's index, and the target's log ends with what follows from it.
 * @param exclusive nobody else writes to the topics, so that their ends must be ours
 * @throws MskBackupError `RESTORE_MISMATCH` naming the partitions that differ, and how
 */
export async function checkRestore(
  work: TopicWork[],
  client: KafkaClient,
  cluster: ClusterDescription,
  exclusive: boolean,
  signal: AbortSignal,
): Promise<void> {
  const tasks = work.flatMap((one) => one.tasks);
  const spread = work.flatMap(({ spreads }) => spreads[0]?.writers ?? []);
  const ends = await endOffsets([...tasks.map(({ writer }) => writer), ...spread], client, cluster, signal);
  const problems = [
    ...tasks.flatMap((task) => differences(task, ends, exclusive)),
    ...work.flatMap(({ topic, spreads }) => spreads.flatMap((task) => missing(topic.source.name, task))),
    ...spread.flatMap((writer) => otherEnd(writer, ends, exclusive)),
  ];
  if (problems.length === 0) return;
  const more = problems.length > 5 ? `; and ${problems.length - 5} more` : '';
  throw new MskBackupError(
    'data',
    'RESTORE_MISMATCH',
    `the target does not hold what the archive says: ${problems.slice(0, 5).join('; ')}${more}. Delete the topics named and restore again`,
  );
}

function differences(task: PartitionTask, ends: Map<string, number>, exclusive: boolean): string[] {
  const { ledger, topic, partition } = task.writer;
  const place = `${topic}[${partition}]`;
  const problems: string[] = [];
  if (ledger.records !== task.expectedRecords) {
    problems.push(`${place}: ${ledger.records} records were acknowledged, not ${task.expectedRecords}`);
  }
  if (ledger.chain !== expectedChain(task.frames)) {
    problems.push(`${place}: the batches acknowledged are not those of the index`);
  }
  return [...problems, ...otherEnd(task.writer, ends, exclusive)];
}

/** Of a partition whose records were spread over those of the target. */
function missing(topic: string, { frames, records, expectedRecords }: SpreadTask): string[] {
  if (records === expectedRecords) return [];
  const place = `${topic}[${frames.partition.partition}]`;
  return [`${place} of the source: ${records} records were acknowledged, not ${expectedRecords}`];
}

function otherEnd(writer: PartitionWriter, ends: Map<string, number>, exclusive: boolean): string[] {
  const { ledger, topic, partition } = writer;
  const place = `${topic}[${partition}]`;
  const end = ends.get(`${topic}:${partition}`);
  if (end === undefined) return [`${place}: the partition has no leader, so its end is not known`];
  if (exclusive ? end === ledger.end : end >= ledger.end) return [];
  return [`${place}: the log ends at ${end}, not at ${ledger.end}`];
}

async function endOffsets(
  writers: PartitionWriter[],
  client: KafkaClient,
  cluster: ClusterDescription,
  signal: AbortSignal,
): Promise<Map<string, number>> {
  const answers = await listOffsets(
    client,
    cluster,
    writers.map(({ topic, partition }) => ({ topic, partition, at: 'latest' as const })),
    signal,
  );
  return new Map(
    answers.flatMap(({ topic, partition, offset, errorCode }) =>
      errorCode !== 0 ? [] : [[`${topic}:${partition}`, offset] as const],
    ),
  );
}
