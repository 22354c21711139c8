import { z } from 'zod';
import { remarked } from './remarks.ts';
import { flag, integer, text } from './values.ts';

/** Those of kafka-backup are for its server; the others are ours. */
export const metricsSchema = z
  .strictObject({
    cloudwatch: flag(),
    topics: flag(),
    enabled: flag(),
    port: integer(1, 65_535),
    bind_address: text(),
    path: z.string().regex(/^\/[\w./-]*$/, { error: 'must be a path such as /metrics' }),
    keep_alive_seconds: integer(0, 86_400),
    update_interval_ms: remarked(integer(1), 'not used: values are as of the moment when they are asked for'),
    max_partition_labels: remarked(integer(0), 'not used: no metric has a label for the partition'),
  })
  .partial();

export type MetricsSection = z.output<typeof metricsSchema>;
