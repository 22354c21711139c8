/** Every metric there is, in one place; docs/metrics.md says what each means, and a test compares the two. */

export interface MetricDefinition {
  /** As CloudWatch calls it. */
  unit: 'Count' | 'Seconds' | 'Bytes' | 'None';
  /** Its name for Prometheus: a gauge, as of the last run. Undefined for what no server is up for. */
  prometheus?: string;
  help: string;
}

/** By the name that they have in CloudWatch, in namespace `KafkaBackup`. */
export const METRICS = {
  RecordsBackedUp: {
    unit: 'Count',
    prometheus: 'kafka_backup_last_records',
    help: 'Records that the last backup added to the archive',
  },
  BackupDurationSeconds: {
    unit: 'Seconds',
    prometheus: 'kafka_backup_duration_seconds',
    help: 'How long the last backup took',
  },
  BackupSizeBytes: {
    unit: 'Bytes',
    prometheus: 'kafka_backup_last_bytes',
    help: 'Bytes that the last backup added to the archive, as they are stored',
  },
  BackupSucceeded: {
    unit: 'None',
    prometheus: 'kafka_backup_succeeded',
    help: '1 when the last backup committed a snapshot of all that it was to copy, 0 otherwise',
  },
  BackupLagSeconds: {
    unit: 'Seconds',
    prometheus: 'kafka_backup_lag_seconds',
    help: 'Time from the newest cut that is wholly backed up to the end of the last backup',
  },
  BackupLagRecords: {
    unit: 'Count',
    prometheus: 'kafka_backup_lag_records',
    help: 'Offsets below the high watermark at the cut that the archive does not hold',
  },
  BackupAgeSeconds: {
    unit: 'Seconds',
    prometheus: 'kafka_backup_age_seconds',
    help: 'Age of the newest complete snapshot: the time since its cut',
  },
  StoredBytes: {
    unit: 'Bytes',
    prometheus: 'kafka_backup_stored_bytes',
    help: 'Bytes of all packs and index objects of the archive',
  },
  PartitionsBehind: {
    unit: 'Count',
    prometheus: 'kafka_backup_partitions_behind',
    help: 'Partitions that the last backup did not copy up to the cut',
  },
  OpenTransactionLagRecords: {
    unit: 'Count',
    prometheus: 'kafka_backup_open_transaction_lag_records',
    help: 'Offsets between the last stable offset and the high watermark at the cut',
  },
  RecordsRestored: {
    unit: 'Count',
    prometheus: 'kafka_restore_last_records',
    help: 'Records that the last restore put into the target',
  },
  RestoreDurationSeconds: {
    unit: 'Seconds',
    prometheus: 'kafka_restore_duration_seconds',
    help: 'How long the last restore took',
  },
  RestoreSizeBytes: {
    unit: 'Bytes',
    prometheus: 'kafka_restore_last_bytes',
    help: 'Bytes of the record batches that the last restore put into the target',
  },
  RestoreSucceeded: {
    unit: 'None',
    prometheus: 'kafka_restore_succeeded',
    help: '1 when the last restore came to its end and found no difference, 0 otherwise',
  },
  DrillSucceeded: {
    unit: 'None',
    help: '1 when the last drill restored and found everything as it was, 0 otherwise',
  },
  DrillDurationSeconds: {
    unit: 'Seconds',
    help: 'How long the last drill took',
  },
  DrillDataAgeSeconds: {
    unit: 'Seconds',
    help: 'Age of the snapshot that the last drill restored: what a disaster would have lost',
  },
  DrillAgeSeconds: {
    unit: 'Seconds',
    help: 'Time since the last drill that succeeded',
  },
} as const satisfies Record<string, MetricDefinition>;

export type MetricName = keyof typeof METRICS;

/** What is not known is left out. */
export type MetricValues = Partial<Record<MetricName, number>>;

export interface LiveMetricDefinition {
  type: 'counter' | 'gauge';
  help: string;
}

/** While a run goes on, for Prometheus alone; each is there as `kafka_backup_…` and as `kafka_restore_…`. */
export const LIVE_METRICS = {
  records_total: { type: 'counter', help: 'Records copied by this process' },
  bytes_total: { type: 'counter', help: 'Bytes of record batches copied by this process' },
  throughput_records_per_sec: { type: 'gauge', help: 'Records per second, over the last 15 seconds' },
  throughput_bytes_per_sec: { type: 'gauge', help: 'Bytes of record batches per second, over the last 15 seconds' },
  target_records: { type: 'gauge', help: 'Records that the run has to copy, as far as is known before it reads them' },
  remaining_records: { type: 'gauge', help: 'What is left of the target' },
  progress_percent: { type: 'gauge', help: 'How much of the run is done, 0 to 100' },
  eta_seconds: { type: 'gauge', help: 'Time that the rest takes at the present rate' },
} as const satisfies Record<string, LiveMetricDefinition>;

export type LiveMetricName = keyof typeof LIVE_METRICS;
