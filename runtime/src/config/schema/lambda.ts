import { z } from 'zod';
import { endpointUrl, text, time } from './values.ts';

const ARN = 'must be the ARN of an MSK cluster: arn:aws:kafka:REGION:ACCOUNT:cluster/NAME/ID';

const mappingSchema = z
  .strictObject({
    function: text(),
    uuid: z.string().regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i, {
      error: 'must be the UUID of an event source mapping',
    }),
    cluster_arn: z.string().regex(/^arn:aws[a-z-]*:kafka:[a-z0-9-]+:\d{12}:cluster\/\S+$/, { error: ARN }),
    strategy: z.enum(['reset', 'resume']),
    starting_timestamp: time(),
    consumer_group: z.string().regex(/^[a-zA-Z0-9\-/*:_+=.@]{1,200}$/, {
      error: 'must be a consumer group that Lambda takes: 1 to 200 letters, digits and -/*:_+=.@',
    }),
    region: z.string().regex(/^[a-z0-9-]+$/, { error: 'must be the name of a region such as eu-west-1' }),
    endpoint: endpointUrl(),
  })
  .partial();

/** Event source mappings: one, or a list. */
export const lambdaSchema = z.union([mappingSchema, z.array(mappingSchema)], {
  error: 'must be a map such as {function: NAME, strategy: resume}, or a list of them',
});

export type LambdaSection = z.output<typeof mappingSchema>;
