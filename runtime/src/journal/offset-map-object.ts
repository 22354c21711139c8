import { OffsetMap } from '../offsets/offset-map.ts';
import type { JournalEntry, RestoreJournal } from './journal.ts';
import { readRanges, type StoredRanges, storedRanges } from './stored-ranges.ts';

/** `offsets`: where every record of a restore is at the target. */
export interface OffsetsBody {
  restoreId: string;
  snapshot: { backupId: string; sequence: number; archiveId: string };
  source: { clusterId: string; label?: string };
  target: { clusterId: string };
  offsets: 'exact' | 'translate';
  topics: OffsetsTopic[];
}

export interface OffsetsTopic {
  source: string;
  target: string;
  /** Its records were spread anew: there is no map. */
  repartitioned?: true;
  /** None for a topic that is repartitioned. */
  partitions: OffsetsPartition[];
}

export interface OffsetsPartition {
  source: number;
  target: number;
  /** Log end at the target: where an offset behind the last record is. */
  end: number;
  /** Ascending. */
  ranges: StoredRanges;
}

export function toOffsetsPartition(source: number, target: number, map: OffsetMap): OffsetsPartition {
  return { source, target, end: map.end, ranges: storedRanges(map.ranges()) };
}

export function toOffsetMap({ end, ranges }: OffsetsPartition): OffsetMap {
  const map = new OffsetMap(0);
  for (const range of readRanges(ranges)) map.add(range);
  map.advance(end);
  return map;
}

/** The map of a restore that has finished its records; undefined before, and while it is done anew. */
export function readOffsets(journal: RestoreJournal): Promise<JournalEntry<OffsetsBody> | undefined> {
  const started = journal.keys.findLast(({ kind }) => kind === 'started');
  return journal.last<OffsetsBody>('offsets', started?.number);
}
