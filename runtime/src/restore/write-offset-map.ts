import type { RestoreJob } from '../config/job.ts';
import { type OffsetsBody, toOffsetsPartition } from '../journal/offset-map-object.ts';
import type { PreparedRestore } from './plan/prepare-restore.ts';
import type { TopicWork } from './write/open-topics.ts';

/** Writes down where every record is, and answers where it was written to. */
export async function writeOffsetMap(
  { snapshot, targetClusterId, journal }: PreparedRestore,
  work: TopicWork[],
  job: RestoreJob,
): Promise<{ body: OffsetsBody; location: string }> {
  const { number, body } = await journal.append<OffsetsBody>('offsets', {
    restoreId: journal.restoreId,
    snapshot: { backupId: snapshot.backupId, sequence: snapshot.sequence, archiveId: snapshot.archiveId },
    source: {
      clusterId: snapshot.cluster.id,
      ...(snapshot.cluster.label !== undefined && { label: snapshot.cluster.label }),
    },
    target: { clusterId: targetClusterId },
    offsets: job.offsets,
    topics: work.map(({ topic, tasks, spreads }) => ({
      source: topic.source.name,
      target: topic.target,
      ...(spreads.length > 0 && { repartitioned: true as const }),
      partitions: tasks.map(({ frames, writer }) =>
        toOffsetsPartition(frames.partition.partition, writer.partition, writer.ledger.map),
      ),
    })),
  });
  return { body, location: `${journal.location}/${String(number).padStart(8, '0')}-offsets.json` };
}
