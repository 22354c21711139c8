import type { RestoreJob } from '../../config/job.ts';
import { MskBackupError } from '../../errors.ts';
import type { EarlierTopic } from './earlier-runs.ts';
import type { ExactExtent } from './extent.ts';
import type { SelectedTopic } from './select-topics.ts';
import { partitionsToCreate, targetPartition } from './target-partitions.ts';
import type { TargetTopic } from './target-state.ts';

export interface ExactTopic extends SelectedTopic {
  /** By source partition. */
  extents: Map<number, ExactExtent>;
  /** At the target, when it exists. */
  found: TargetTopic | undefined;
  earlier: EarlierTopic | undefined;
}

/**
 * What has to hold, beside the conditions of every restore, before records can get their own offsets.
 * @throws MskBackupError kind `configuration`: `EXACT_PARTITIONS`, `EXACT_NOT_POSSIBLE`, `TOO_MANY_HOLES`
 */
export function checkExactConditions(topics: ExactTopic[], job: RestoreJob): void {
  for (const topic of topics) {
    refuseOtherCount(topic, partitionsToCreate(topic, job));
    for (const [source, extent] of topic.extents) {
      const partition = targetPartition(job, source);
      const place = `topic ${topic.target}, partition ${partition}`;
      refuseMovedOn(place, partition, topic, extent);
      refuseHoles(place, extent, job);
    }
  }
}

/** @param count the source's, or more where `restore.partition_mapping` leads beyond it */
function refuseOtherCount({ source, target, found }: ExactTopic, count: number): void {
  if (found === undefined || found.partitionCount === count) return;
  throw new MskBackupError(
    'configuration',
    'EXACT_PARTITIONS',
    `topic ${target} has ${found.partitionCount} partitions at the target and ${source.name} needs ${count}: offsets can be kept only in as many; delete the topic, map it to another name with restore.topic_mapping, or set restore.offsets: translate`,
  );
}

function refuseMovedOn(place: string, partition: number, { found, earlier }: ExactTopic, extent: ExactExtent): void {
  const offsets = found?.offsets.get(partition);
  if (offsets === undefined) return;
  const most = earlier === undefined ? extent.start : extent.end;
  if (offsets.end <= most && offsets.start <= extent.start) return;
  throw new MskBackupError(
    'configuration',
    'EXACT_NOT_POSSIBLE',
    earlier === undefined
      ? `${place} is empty but its next record would get offset ${offsets.end}, past ${extent.start} where the first restored one belongs: an end cannot be moved back; delete the topic, map it to another name with restore.topic_mapping, or set restore.offsets: translate`
      : `${place} holds offsets ${offsets.start} to ${offsets.end}, but this restore ends at ${extent.end} and starts at ${extent.start}: somebody has written to it or deleted from it since an earlier run; begin anew with --recreate`,
  );
}

function refuseHoles(place: string, { markers }: ExactExtent, { maxFillerMarkers }: RestoreJob): void {
  if (markers <= maxFillerMarkers) return;
  throw new MskBackupError(
    'configuration',
    'TOO_MANY_HOLES',
    `${place} has ${markers} offsets without a record between its first record and the cut, each of which takes a marker, and restore.max_filler_markers is ${maxFillerMarkers}; raise it (about 1,000 markers take a second), or set restore.offsets: translate`,
  );
}
