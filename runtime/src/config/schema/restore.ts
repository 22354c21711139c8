import { z } from 'zod';
import { circuitBreakerSchema } from './backup.ts';
import { topicMapSchema } from './kafka.ts';
import { lambdaSchema } from './lambda.ts';
import { reads, remarked, remarkedWhen } from './remarks.ts';
import { storageSchema } from './storage.ts';
import { anything, bytes, flag, integer, text, time, topicName } from './values.ts';

const MIB = 2 ** 20;
const GIB = 2 ** 30;

const resume = 'not used: a stopped restore goes on by itself when it is run again (restore.state)';
const byMap = 'not searched for: the restore keeps the exact map of the offsets and sets groups by it';

const LAST_PARTITION = 2 ** 31 - 1;

const partitionMapSchema = z.record(
  z.string().regex(/^(0|[1-9]\d{0,9})$/, { error: 'is no partition: must be a whole number' }),
  integer(0, LAST_PARTITION),
);

const repartitioningParts = z.record(
  topicName(),
  z.strictObject({ strategy: z.enum(['murmur2', 'automatic']).optional(), target_partitions: integer(1, 100_000) }),
);
const repartitioning =
  'must be a map of target topics to maps such as {strategy: murmur2, target_partitions: 12}, with 1 to 100000 partitions';

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
    offsets: z.enum(['exact', 'translate']),
    offset_headroom: integer(0, 100_000),
    max_filler_markers: integer(0, 10_000_000),
    fill_holes_with: z.enum(['transactions', 'markers']),
    source_partitions: z.array(integer(0, LAST_PARTITION)).min(1, { error: 'must name at least one partition' }),
    partition_mapping: partitionMapSchema,
    repartitioning: z.unknown().transform((value, context): z.output<typeof repartitioningParts> => {
      const parsed = repartitioningParts.safeParse(value);
      if (parsed.success) return parsed.data;
      context.addIssue({ code: 'custom', message: repartitioning });
      return z.NEVER;
    }),
    time_window_start: time(),
    time_window_end: time(),
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
    consumer_groups: z.array(text()),
    reset_consumer_offsets: flag(),
    lambda: lambdaSchema,
    state: storageSchema,
    report_file: text(),
    dry_run: flag(),

    rewrite_schema_ids: notAvailable((value) => reads(value, 'false')),
    schema_id_mapping: notAvailable(isEmpty),

    auto_consumer_groups: flag(),
    consumer_group_strategy: remarked(
      z.enum(['skip', 'header-based', 'timestamp-based', 'cluster-scan', 'manual']),
      (value) => {
        if (value === 'header-based') return 'taken as restore.include_original_offset_header: true';
        if (value === 'manual') return 'no offsets are committed: see msk-backup groups plan and groups apply';
        return value === 'skip' ? undefined : byMap;
      },
    ),
    offset_report: remarked(
      text(),
      'not written: the map is kept with the state of the restore, and msk-backup offsets prints it (--format json, csv)',
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

export type RestoreSection = z.output<typeof restoreSchema>;
