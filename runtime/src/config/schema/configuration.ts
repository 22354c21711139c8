import { z } from 'zod';
import { backupSchema } from './backup.ts';
import { sourceSchema, targetSchema } from './kafka.ts';
import { reads, remarked } from './remarks.ts';
import { restoreSchema } from './restore.ts';
import { storageSchema } from './storage.ts';
import { anything, unusedSection } from './values.ts';

/** Keys of the peer's `validation run`. */
const validation =
  'not used: a restore checks itself, `restore --verify read` compares every record, `verify` the archive';

/**
 * Every key that a configuration may have, with what its value has to be. Nothing is required here: what is needed
 * depends on the mode, and parts of a configuration are checked with it as well.
 */
export const configurationSchema = z
  .strictObject({
    mode: z.enum(['backup', 'restore']),
    backup_id: z.string().regex(/^[^\s/\p{Cc}]{1,200}$/u, {
      error: 'must be 1 to 200 characters without blanks and slashes',
    }),
    source: sourceSchema,
    target: targetSchema,
    storage: storageSchema,
    backup: backupSchema,
    restore: restoreSchema,
    offset_storage: remarked(
      unusedSection('backend', 'db_path', 's3_key', 'sync_interval_secs'),
      'not used: progress is kept in the archive itself, as its newest snapshot',
    ),
    metrics: remarked(
      unusedSection(
        'enabled',
        'port',
        'bind_address',
        'path',
        'update_interval_ms',
        'keep_alive_seconds',
        'max_partition_labels',
      ),
      (value) =>
        reads((value as { enabled?: unknown } | null)?.enabled, 'false')
          ? undefined
          : 'not available in this version: no metrics are served',
    ),
    checks: remarked(anything(), validation),
    evidence: remarked(anything(), validation),
    notifications: remarked(anything(), validation),
    pitr_timestamp: remarked(anything(), validation),
    triggered_by: remarked(anything(), validation),
    logging: remarked(anything(), 'not used: see the command line (--verbose, --log-level)'),
  })
  .partial();

/** As it is written, in the file's own spelling. */
export type ConfigurationInput = z.input<typeof configurationSchema>;
/** Checked: units are converted, secrets wrapped. Defaults are not filled in. */
export type Configuration = z.output<typeof configurationSchema>;
