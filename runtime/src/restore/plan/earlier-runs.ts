import type {
  PartitionProgress,
  ProgressBody,
  SettingBefore,
  SpreadProgress,
  StartedBody,
} from '../../journal/entries.ts';
import type { RestoreJournal } from '../../journal/journal.ts';
import { readRanges, type StoredRanges } from '../../journal/stored-ranges.ts';
import { OffsetMap } from '../../offsets/offset-map.ts';
import type { RestoreReport } from '../report/report.ts';

/** A topic of the target that an earlier run of the same restore has begun to fill. */
export interface EarlierTopic {
  created: boolean;
  /** As they were before the restore changed them; the last run has them all. */
  settings: SettingBefore[];
  /** By target partition. */
  partitions: Map<number, EarlierPartition>;
  /** Of a topic that was repartitioned, when all of it is there. */
  spread?: SpreadProgress;
  /** When a run came to its end, ISO 8601, and where the log of each partition ended then; undefined when none has. */
  finished?: { at: string; ends: Map<number, number> };
}

export interface EarlierPartition {
  /** Log end before the first record. */
  start: number;
  /** How far it is known to have got; undefined when it was stopped before it noted anything. */
  progress?: Omit<PartitionProgress, 'ranges'> & { map: OffsetMap };
}

/**
 * What earlier runs have left at the target.
 * @param topicIds of the target's topics, by name: a topic that was deleted and made again is none that was begun
 */
export async function earlierRuns(
  journal: RestoreJournal,
  topicIds: Map<string, string>,
): Promise<Map<string, EarlierTopic>> {
  const found = new Map<string, EarlierTopic & { since: number }>();
  for (const { number, body } of await journal.all<StartedBody>('started')) {
    for (const { target, topicId, created, settings, partitions } of body.topics) {
      if (topicIds.get(target) !== topicId) continue;
      const first = found.get(target);
      found.set(target, {
        created,
        settings,
        partitions: first?.partitions ?? new Map(partitions.map(({ target, start }) => [target, { start }])),
        since: first?.since ?? number,
      });
    }
  }
  for (const { body } of await journal.all<ProgressBody>('progress')) {
    for (const progress of body.partitions) {
      if (topicIds.get(progress.topic) !== progress.topicId) continue;
      const partition = found.get(progress.topic)?.partitions.get(progress.partition);
      if (partition === undefined) continue;
      const { ranges, ...rest } = progress;
      const map = partition.progress?.map ?? new OffsetMap(partition.start);
      addTo(map, ranges);
      partition.progress = { ...rest, map };
    }
    for (const spread of body.spread ?? []) {
      const topic = found.get(spread.topic);
      if (topic !== undefined && topicIds.get(spread.topic) === spread.topicId) topic.spread = spread;
    }
  }
  for (const { number, at, body } of await journal.all<RestoreReport>('report')) {
    if (body.interrupted || body.error !== undefined) continue;
    for (const { target, partitions, spread } of body.topics) {
      const topic = found.get(target);
      if (topic === undefined || number < topic.since) continue;
      const all = [...partitions, ...(spread?.targets ?? [])];
      topic.finished = { at, ends: new Map(all.map(({ partition, targetEnd }) => [partition, targetEnd])) };
    }
  }
  return found;
}

/** The first of the ranges may be a longer form of the last one that is there. */
function addTo(map: OffsetMap, ranges: StoredRanges): void {
  const [last] = map.ranges(map.size - 1);
  for (const { source, target, length } of readRanges(ranges)) {
    const known = source === last?.source ? last.length : 0;
    if (length > known) map.add({ source: source + known, target: target + known, length: length - known });
  }
}
