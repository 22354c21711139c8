import { z } from 'zod';
import { remarked, remarkedWhen } from './remarks.ts';
import { bytes, duration, flag, integer, text, topicPattern, unusedSection } from './values.ts';

const MIB = 2 ** 20;
const GIB = 2 ** 30;

const bySize = 'not used: packs are closed by their size alone (backup.pack_bytes)';
const progress =
  'not used: progress is what the newest snapshot says (backup.snapshot_interval in a continuous backup)';
const whole = 'not used: batches are copied as the broker stores them';

/** Topic to partition to offset; in the peer's spelling below `specific`. */
const offsets = z.record(z.string(), z.record(z.string().regex(/^\d+$/), integer(0)));
const startOffset = 'must be earliest, latest, or a map of topics to maps of partitions to offsets';

export const circuitBreakerSchema = unusedSection(
  'enabled',
  'failure_threshold',
  'reset_timeout_ms',
  'success_threshold',
);

export const backupSchema = z
  .strictObject({
    compression: remarked(z.enum(['zstd', 'none', 'lz4', 'gzip', 'snappy']), (value) =>
      value === 'zstd' || value === 'none' ? undefined : 'zstd is used instead: frames are stored as zstd or none',
    ),
    compression_level: integer(1, 22),
    recompress: flag(),
    full: flag(),
    start_offset: z.unknown().transform((value, context): 'earliest' | 'latest' | z.output<typeof offsets> => {
      if (value === 'earliest' || value === 'latest') return value;
      const parsed = offsets.safeParse(withoutSpecific(value));
      if (parsed.success) return parsed.data;
      context.addIssue({ code: 'custom', message: startOffset });
      return z.NEVER;
    }),
    continuous: flag(),
    snapshot_interval: duration('1s', '24h'),
    include_internal_topics: flag(),
    internal_topics: z.array(topicPattern()),
    on_missing_topic: z.enum(['fail', 'warn']),
    when_running: z.enum(['wait', 'stop']),
    consumer_groups: z.array(text()),
    consumer_group_snapshot: flag(),
    source_cluster_id: text(),
    max_concurrent_partitions: integer(1, 100_000),
    fetch_max_bytes: bytes(1, 2 ** 31 - 1),
    buffer_bytes: bytes(16 * MIB, 64 * GIB),
    pack_bytes: bytes(MIB, 4 * GIB),

    segment_max_bytes: remarked(
      bytes(1),
      'taken as backup.pack_bytes, the size of a stored pack, between 1 MiB and 4 GiB',
    ),
    segment_max_interval_ms: remarked(integer(0), bySize),
    segment_max_age_secs: remarked(integer(0), bySize),
    segment_max_records: remarked(integer(1), bySize),
    stop_at_current_offsets: flag(),
    include_offset_headers: remarkedWhen(
      true,
      flag(),
      'the archive keeps every offset and timestamp anyway and stores records unchanged: restored records have the ' +
        'headers only with restore.include_original_offset_header',
    ),
    checkpoint_interval_secs: remarked(integer(0), progress),
    sync_interval_secs: remarked(integer(0), progress),
    poll_interval_ms: remarked(integer(0), 'not used: the broker holds a fetch until there is data'),
    capture_topic_configs: remarkedWhen(false, flag(), 'topic configurations are stored anyway'),
    require_topic_configs: remarkedWhen(false, flag(), 'topic configurations are stored anyway'),
    retention: remarked(
      unusedSection('max_age', 'max_total_bytes', 'keep_segments'),
      'not used: a backup deletes nothing',
    ),
    circuit_breaker: remarked(circuitBreakerSchema, 'not used: requests are repeated with growing pauses'),
    batch_size: remarked(integer(1), whole),
    max_batch_bytes: remarked(bytes(1), whole),
  })
  .partial();

/** A topic may be called `specific`, too: then there are only two levels below it. */
function withoutSpecific(value: unknown): unknown {
  if (!isMap(value) || Object.keys(value).join() !== 'specific') return value;
  const inner = value.specific;
  return isMap(inner) && Object.values(inner).every(isMap) ? inner : value;
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export type BackupSection = z.output<typeof backupSchema>;
