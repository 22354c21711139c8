import { z } from 'zod';
import { circuitBreakerSchema } from './backup.ts';
import { topicMapSchema } from './kafka.ts';
import { reads, remarked, remarkedWhen } from './remarks.ts';
import { parseTime } from './time.ts';
import { anything, bytes, flag, integer, text } from './values.ts';

const MIB = 2 ** 20;
const GIB = 2 ** 30;

const groups = 'not done by this version yet: the restore goes on and leaves consumer groups alone';
const resume = 'not used: a stopped restore begins anew in this version, from empty topics';
const timeWindow =
  'not available in this version yet: a restore with a time window is refused before anything is written';

/** Epoch milliseconds. */
const time = z.unknown().transform((value, context): number => {
  const result = parseTime(value);
  if (typeof result === 'number') return result;
  context.addIssue({ code: 'custom', message: result.problem });
  return z.NEVER;
});

/** Leaving these out would bring back other data than was asked for. */
function notAvailable(asksForNothing: (value: unknown) => boolean) {
  return anything().refine(asksForNothing, { error: 'not available in this version yet' });
}

const isEmpty = (value: unknown) => typeof value === 'object' && value !== null && Object.keys(value).length === 0;

export const restoreSchema = z
  .strictObject({
    create_topics: flag(),
    default_replication_factor: integer(1, 32_767),
    topic_mapping: topicMapSchema,
    source_partitions: z.array(integer(0, 2 ** 31 - 1)).min(1, { error: 'must name at least one partition' }),
    time_window_start: remarked(time, timeWindow),
    time_window_end: remarked(time, timeWindow),
    allow_non_empty: flag(),
    include_expired: flag(),
    include_original_offset_header: flag(),
    rate_limit_bytes_per_sec: bytes(1),
    rate_limit_records_per_sec: integer(1),
    max_concurrent_partitions: integer(1, 100_000),
    buffer_bytes: bytes(16 * MIB, 64 * GIB),
    produce_timeout_ms: integer(1, 2 ** 31 - 1),
    restore_topic_configs: flag(),
    topic_config_overrides: z.record(
      z.string().regex(/^[a-z0-9._-]+$/, { error: 'is no name of a topic configuration' }),
      z
        .union([z.string(), z.number(), z.boolean()], { error: 'must be text, a number, true or false' })
        .transform(String),
    ),
    retention: z.enum(['pause', 'original']),
    report_file: text(),
    dry_run: flag(),

    partition_mapping: notAvailable(
      (value) => isEmpty(value) || (isObject(value) && Object.entries(value).every(([from, to]) => reads(to, from))),
    ),
    repartitioning: notAvailable(isEmpty),
    rewrite_schema_ids: notAvailable((value) => reads(value, 'false')),
    schema_id_mapping: notAvailable(isEmpty),
    offsets: notAvailable((value) => value === 'translate'),
    offset_headroom: notAvailable((value) => reads(value, '0')),
    lambda: notAvailable(isEmpty),

    consumer_groups: remarked(z.array(text()), (value) =>
      Array.isArray(value) && value.length === 0 ? undefined : groups,
    ),
    reset_consumer_offsets: remarkedWhen(true, flag(), groups),
    auto_consumer_groups: remarkedWhen(true, flag(), groups),
    consumer_group_strategy: remarked(
      z.enum(['skip', 'header-based', 'timestamp-based', 'cluster-scan', 'manual']),
      (value) => {
        if (value === 'skip') return undefined;
        return value === 'header-based' ? 'taken as restore.include_original_offset_header: true' : groups;
      },
    ),
    offset_report: remarked(
      text(),
      'not written by this version yet; restore.report_file holds the offsets of each partition',
    ),
    purge_topics: remarkedWhen(
      true,
      flag(),
      'not used: no topic is emptied; one that holds records is refused (restore.allow_non_empty)',
    ),
    produce_batch_size: remarked(integer(1), 'not used: batches are produced as they were archived, small ones joined'),
    produce_acks: remarked(z.union([z.string(), z.number()]), (value) =>
      reads(value, '-1', 'all') ? undefined : 'not used: every in-sync replica has to acknowledge (-1)',
    ),
    strip_offset_headers: remarkedWhen(true, flag(), 'not used: the archive holds the records without added headers'),
    existing_topic_config_policy: remarked(text(), 'not used: a topic that exists keeps its configuration'),
    header_preflight: remarked(text(), 'not used: batches are checked when they are read'),
    dry_run_check_segments: remarked(flag(), 'not used: msk-backup verify checks the archive'),
    checkpoint_state: remarked(text(), resume),
    checkpoint_interval_secs: remarked(integer(0), resume),
    circuit_breaker: remarked(circuitBreakerSchema, 'not used: requests are repeated with growing pauses'),
  })
  .partial();

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export type RestoreSection = z.output<typeof restoreSchema>;
