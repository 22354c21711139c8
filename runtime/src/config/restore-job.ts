import { toEndpoint, toSelection } from './endpoint.ts';
import type { Findings, Path } from './findings.ts';
import type { RestoreJob } from './job.ts';
import type { Configuration } from './schema/configuration.ts';
import type { RestoreSection } from './schema/restore.ts';
import { toStorage } from './storage.ts';

const MIB = 2 ** 20;
const at = (key: keyof RestoreSection) => ['restore', key];

export function toRestoreJob(configuration: Configuration, findings: Findings): RestoreJob {
  const { target, restore = {} } = configuration;
  return {
    mode: 'restore',
    backupId: configuration.backup_id ?? 'latest',
    target: toEndpoint(target, 'target', findings),
    topics: toSelection(target),
    storage: toStorage(configuration.storage, findings),
    createTopics: restore.create_topics ?? true,
    replicationFactor: restore.default_replication_factor,
    offsets: 'translate',
    offsetHeadroom: 0,
    maxFillerMarkers: 100_000,
    fillHolesWith: 'transactions',
    topicMapping: topicMapping(configuration, findings),
    partitionMapping: new Map(),
    repartitioning: {},
    lambda: [],
    sourcePartitions: restore.source_partitions && [...new Set(restore.source_partitions)].sort((a, b) => a - b),
    timeWindow: timeWindow(restore, findings),
    allowNonEmpty: restore.allow_non_empty ?? false,
    includeExpired: restore.include_expired ?? false,
    includeOriginalOffsetHeader:
      restore.include_original_offset_header ?? restore.consumer_group_strategy === 'header-based',
    rateLimitBytesPerSec: restore.rate_limit_bytes_per_sec,
    rateLimitRecordsPerSec: restore.rate_limit_records_per_sec,
    maxConcurrentPartitions: restore.max_concurrent_partitions ?? 64,
    bufferBytes: restore.buffer_bytes ?? 64 * MIB,
    produceTimeoutMs: restore.produce_timeout_ms ?? 30_000,
    restoreTopicConfigs: restore.restore_topic_configs ?? true,
    topicConfigOverrides: { ...restore.topic_config_overrides },
    retention: restore.retention ?? 'pause',
    reportFile: restore.report_file,
    dryRun: restore.dry_run ?? false,
  };
}

function timeWindow(restore: RestoreSection, findings: Findings): RestoreJob['timeWindow'] {
  const { time_window_start: start, time_window_end: end } = restore;
  if (start === undefined && end === undefined) return undefined;
  if (start !== undefined && end !== undefined && start > end) {
    findings.problem(at('time_window_start'), 'lies after restore.time_window_end');
  }
  return { ...(start !== undefined && { start }), ...(end !== undefined && { end }) };
}

/** `restore.topic_mapping` and the peer's `target.topics.rename`, which is the same. */
function topicMapping({ target, restore }: Configuration, findings: Findings): Record<string, string> {
  const mapping = new Map<string, string>();
  const sources = new Map<string, string>();
  const add = (path: Path, entries: Record<string, string> | undefined) => {
    for (const [from, to] of Object.entries(entries ?? {})) {
      const known = mapping.get(from);
      const other = sources.get(to);
      if (known !== undefined && known !== to) findings.problem([...path, from], `is mapped to ${known} as well`);
      else if (other !== undefined && other !== from) {
        findings.problem([...path, from], `is mapped to ${to} like ${other}: two topics cannot become one`);
      }
      mapping.set(from, to);
      sources.set(to, from);
    }
  };
  add(at('topic_mapping'), restore?.topic_mapping);
  add(['target', 'topics', 'rename'], target?.topics?.rename);
  return Object.fromEntries(mapping);
}
