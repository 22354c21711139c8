import { toEndpoint, toSelection } from './endpoint.ts';
import type { Findings } from './findings.ts';
import type { BackupJob } from './job.ts';
import type { BackupSection } from './schema/backup.ts';
import type { Configuration } from './schema/configuration.ts';
import { toStorage } from './storage.ts';

const MIB = 2 ** 20;
const at = (key: keyof BackupSection) => ['backup', key];

/** @param started fills the default backup id: `backup-20261124T110501Z` */
export function toBackupJob(
  configuration: Configuration,
  started: string,
  findings: Findings,
): Omit<BackupJob, 'metrics'> {
  const { source, backup = {} } = configuration;
  if (configuration.backup_id === 'latest') {
    findings.problem(['backup_id'], 'must not be latest: that word stands for the newest snapshot');
  }
  const continuous = backup.continuous ?? false;
  if (continuous && backup.stop_at_current_offsets) {
    findings.problem(at('stop_at_current_offsets'), 'must not be true in a continuous backup, which does not stop');
  }
  if (backup.snapshot_interval !== undefined && !continuous) {
    findings.remark(at('snapshot_interval'), 'not used: the backup is not continuous');
  }
  if (backup.internal_topics !== undefined && !backup.include_internal_topics) {
    findings.remark(at('internal_topics'), 'not used without backup.include_internal_topics: true');
  }
  if (backup.start_offset === 'latest') {
    findings.remark(
      at('start_offset'),
      'partitions that the archive does not hold yet begin at their end: older records are left out',
    );
  }
  if (backup.compression === 'none' && backup.recompress) {
    findings.problem(at('recompress'), 'must not be true with compression: none');
  }
  const bufferBytes = backup.buffer_bytes ?? 64 * MIB;
  return {
    mode: 'backup',
    backupId: configuration.backup_id ?? `backup-${started}`,
    source: toEndpoint(source, 'source', findings),
    topics: toSelection(source),
    storage: toStorage(configuration.storage, findings),
    sourceClusterLabel: backup.source_cluster_id,
    compression: backup.compression === 'none' ? 'none' : 'zstd',
    compressionLevel: backup.compression_level ?? 1,
    recompress: backup.recompress ?? false,
    full: backup.full ?? false,
    startOffset: startOffset(backup.start_offset),
    continuous,
    snapshotIntervalMs: backup.snapshot_interval ?? 300_000,
    includeInternalTopics: backup.include_internal_topics ?? false,
    internalTopics: backup.internal_topics ?? [],
    onMissingTopic: backup.on_missing_topic ?? 'fail',
    whenRunning: backup.when_running ?? 'wait',
    consumerGroups: consumerGroups(backup, findings),
    maxConcurrentPartitions: backup.max_concurrent_partitions ?? 64,
    fetchMaxBytes: fetchMaxBytes(backup, bufferBytes, findings),
    bufferBytes,
    packBytes: packBytes(backup, findings),
  };
}

function startOffset(given: BackupSection['start_offset']): BackupJob['startOffset'] {
  return given === undefined ? 'earliest' : (given as BackupJob['startOffset']);
}

/** The peer takes groups only when asked to; here `consumer_group_snapshot: false` is how to do without them. */
function consumerGroups(backup: BackupSection, findings: Findings): string[] | undefined {
  if (backup.consumer_group_snapshot !== false) return backup.consumer_groups;
  if (backup.consumer_groups !== undefined && backup.consumer_groups.length > 0) {
    findings.problem(at('consumer_group_snapshot'), 'must not be false when backup.consumer_groups names groups');
  }
  return [];
}

function fetchMaxBytes(backup: BackupSection, bufferBytes: number, findings: Findings): number {
  const wanted = backup.fetch_max_bytes ?? 8 * MIB;
  if (wanted <= bufferBytes) return wanted;
  findings.remark(at('fetch_max_bytes'), `is more than backup.buffer_bytes: ${bufferBytes} is used`);
  return bufferBytes;
}

/** The peer's segments may be smaller or larger than a pack may be. */
function packBytes(backup: BackupSection, findings: Findings): number {
  if (backup.pack_bytes !== undefined) {
    if (backup.segment_max_bytes !== undefined) {
      findings.problem(at('segment_max_bytes'), 'is the same setting as backup.pack_bytes: leave one of them out');
    }
    return backup.pack_bytes;
  }
  return Math.min(Math.max(backup.segment_max_bytes ?? 64 * MIB, MIB), 4096 * MIB);
}
