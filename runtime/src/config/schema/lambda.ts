import { z } from 'zod';
import { CLUSTER_ARN_PROBLEM, isClusterArn, isMappingUuid, MAPPING_UUID_PROBLEM } from '../mapping-names.ts';
import { endpointUrl, text, time } from './values.ts';

const mappingSchema = z
  .strictObject({
    function: text(),
    uuid: z.string().refine(isMappingUuid, { error: MAPPING_UUID_PROBLEM }),
    cluster_arn: z.string().refine(isClusterArn, { error: CLUSTER_ARN_PROBLEM }),
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
