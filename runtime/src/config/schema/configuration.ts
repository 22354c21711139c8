import { z } from 'zod';
import { backupSchema } from './backup.ts';
import { drillSchema } from './drill.ts';
import { sourceSchema, targetSchema } from './kafka.ts';
import { metricsSchema } from './metrics.ts';
import { remarked } from './remarks.ts';
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
    drill: drillSchema,
    offset_storage: remarked(
      unusedSection('backend', 'db_path', 's3_key', 'sync_interval_secs'),
      'not used: progress is kept in the archive itself, as its newest snapshot',
    ),
    metrics: metricsSchema,
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
