import { z } from 'zod';
import { integer } from './values.ts';

export const drillSchema = z
  .strictObject({
    // With the drill's id behind it there is little room left for the topic's own name.
    topic_prefix: z.string().regex(/^[A-Za-z0-9._-]{1,100}$/, {
      error: "must be 1 to 100 letters, digits, '.', '_' and '-': all topics that begin so are a drill's to delete",
    }),
    verify_partitions: integer(1, 10_000_000),
  })
  .partial();

export type DrillSection = z.output<typeof drillSchema>;
