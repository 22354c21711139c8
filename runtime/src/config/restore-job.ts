import { toEndpoint, toSelection } from './endpoint.ts';
import type { Findings, Path } from './findings.ts';
import type { RestoreJob, StorageLocation } from './job.ts';
import { toLambdaMappings } from './lambda-mappings.ts';
import { partitionMapping } from './partition-mapping.ts';
import { restoredGroups } from './restored-groups.ts';
import type { Configuration } from './schema/configuration.ts';
import type { RestoreSection } from './schema/restore.ts';
import { liesIn, toStorage } from './storage.ts';

const MIB = 2 ** 20;
const at = (key: keyof RestoreSection) => ['restore', key];

export function toRestoreJob(configuration: Configuration, findings: Findings): Omit<RestoreJob, 'metrics'> {
  const { restore = {} } = configuration;
  const target = toEndpoint(configuration.target, 'target', findings);
  const storage = toStorage(configuration.storage, findings);
  return {
    mode: 'restore',
    backupId: configuration.backup_id ?? 'latest',
    target,
    topics: toSelection(configuration.target),
    storage,
    createTopics: restore.create_topics ?? true,
    replicationFactor: restore.default_replication_factor,
    ...offsets(restore, findings),
    topicMapping: topicMapping(configuration, findings),
    partitionMapping: partitionMapping(restore, findings),
    repartitioning: repartitioning(restore, findings),
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
    consumerGroups: restoredGroups(restore, findings),
    lambda: toLambdaMappings(restore.lambda, at('lambda'), findings),
    state: state(restore, storage, findings),
    reportFile: restore.report_file,
    dryRun: restore.dry_run ?? false,
    drill: {
      topicPrefix: configuration.drill?.topic_prefix ?? 'drill-',
      verifyPartitions: configuration.drill?.verify_partitions,
    },
  };
}

/** What fills exact offsets has its defaults where it has no effect, so that it cannot make two jobs out of one. */
function offsets(
  restore: RestoreSection,
  findings: Findings,
): Pick<RestoreJob, 'offsets' | 'offsetHeadroom' | 'maxFillerMarkers' | 'fillHolesWith'> {
  const exact = restore.offsets === 'exact';
  if (exact && restore.allow_non_empty) {
    findings.problem(
      at('allow_non_empty'),
      'must not be true with offsets: exact: an offset that is taken cannot be given',
    );
  }
  for (const key of ['offset_headroom', 'max_filler_markers', 'fill_holes_with'] as const) {
    if (!exact && restore[key] !== undefined) findings.remark(at(key), 'has no effect without restore.offsets: exact');
  }
  const given = exact ? restore : {};
  return {
    offsets: restore.offsets ?? 'translate',
    offsetHeadroom: given.offset_headroom ?? 0,
    maxFillerMarkers: given.max_filler_markers ?? 100_000,
    fillHolesWith: given.fill_holes_with ?? 'transactions',
  };
}

function repartitioning(restore: RestoreSection, findings: Findings): RestoreJob['repartitioning'] {
  const entries = Object.entries(restore.repartitioning ?? {});
  if (entries.length > 0 && restore.offsets === 'exact') {
    findings.problem(
      at('offsets'),
      'must be translate with repartitioning: a record that changes its partition cannot keep its offset',
    );
  }
  if (entries.length > 0 && Object.keys(restore.partition_mapping ?? {}).length > 0) {
    findings.problem(
      at('partition_mapping'),
      'does not go with repartitioning, where the key of a record says its partition',
    );
  }
  return Object.fromEntries(
    entries.map(([topic, { target_partitions: partitions }]) => [topic, { strategy: 'murmur2', partitions }]),
  );
}

function timeWindow(restore: RestoreSection, findings: Findings): RestoreJob['timeWindow'] {
  const { time_window_start: start, time_window_end: end } = restore;
  if (start === undefined && end === undefined) return undefined;
  if (start !== undefined && end !== undefined && start > end) {
    findings.problem(at('time_window_start'), 'lies after restore.time_window_end');
  }
  return { ...(start !== undefined && { start }), ...(end !== undefined && { end }) };
}

function state(restore: RestoreSection, archive: StorageLocation, findings: Findings): RestoreJob['state'] {
  if (restore.state === undefined) return undefined;
  const location = toStorage(restore.state, findings, at('state'));
  if (liesIn(location, archive)) {
    findings.problem(
      at('state'),
      'is the archive or lies in it, where only backups write: name a place beside it, or leave it out (see docs/restore.md)',
    );
  }
  return location;
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
