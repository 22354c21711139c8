/** One JSON object per drill. */
export interface DrillReport {
  id: string;
  /** ISO 8601. */
  startedAt: string;
  finishedAt: string;
  /** Everything was restored, compared and cleaned up, and nothing was otherwise than in the archive. */
  succeeded: boolean;
  /** Why it did not succeed, the first reason first. */
  problems: string[];
  /** Where the archive is. */
  archive: string;
  /** Missing when the drill failed before it had found one. */
  snapshot?: {
    backupId: string;
    sequence: number;
    /** ISO 8601. */
    cutTime: string;
    /** From the cut to the start of the drill: what a disaster would have cost now. */
    ageSeconds: number;
    /** Newer snapshots whose data has not all arrived. */
    newerNotWhole: number;
  };
  /** Of its restore's journal; missing when it failed before that. */
  restoreId?: string;
  offsets: 'exact' | 'translate';
  topics: DrilledTopic[];
  records: number;
  /** Bytes read from the archive. */
  storedBytes: number;
  /** Bytes of record batches. */
  rawBytes: number;
  verified: {
    /** Compared record by record. */
    records: number;
    /** Of how many partitions. */
    partitions: number;
    ofPartitions: number;
    differences: string[];
  };
  groups: {
    /** Groups whose offsets were committed and read back. */
    checked: number;
    offsets: number;
    differences: string[];
  };
  seconds: {
    /** From the start of the restore to its end, with what it checks itself and reading back. */
    restore: number;
    groups: number;
    cleanUp: number;
    total: number;
  };
  /** Topics of this drill that could not be deleted. */
  leftOver: string[];
  /** Topics of earlier drills that had been killed, deleted by this one. */
  removed: string[];
}

export interface DrilledTopic {
  source: string;
  target: string;
  partitions: number;
  records: number;
}
