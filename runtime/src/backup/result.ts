import type { Snapshot } from '../archive/snapshot.ts';

/** What a backup would copy: the answer of a dry run. */
export interface BackupPlan {
  cluster: { id: string; label?: string };
  archive: { location: string /** Sequence of the newest commit, null for a new archive. */; newest: number | null };
  topics: PlannedTopic[];
  groups: string[];
  notes: string[];
}

export interface PlannedTopic {
  name: string;
  partitions: number;
  /** Offsets between the start and the cut, over all partitions: an upper bound of the records to copy. */
  offsets: number;
  /** Partitions that are copied from their log start again, and why. */
  fullCopies: { partition: number; reason: string }[];
}

/** What a finished (or stopped) backup left behind. */
export interface BackupResult {
  /** Where the archive is, without secrets. */
  location: string;
  /** How many snapshots were committed: of a continuous backup any number. */
  taken: number;
  /** The last 20 of them at most, oldest first; empty only when there was nothing to commit. */
  snapshots: Snapshot[];
  /** True when the run was stopped before the cut that it would have taken was reached. */
  interrupted: boolean;
}
