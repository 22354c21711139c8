import { parseArn } from './arn.ts';
import { allow, type Statement } from './document.ts';

export interface MappingAccess {
  /** Functions whose event source mappings are stopped and made again, by their ARNs without version or alias; of one region. */
  functionArns: readonly string[];
}

/** For `restore.lambda` and `msk-backup esm`: the mappings of these functions, and of no other. */
export function moveMappings({ functionArns }: MappingAccess): Statement[] {
  if (functionArns.length === 0) return [];
  const { partition, region, account } = parseArn(functionArns[0]!);
  const mappings = [`arn:${partition}:lambda:${region}:${account}:event-source-mapping:*`];
  // A mapping may invoke a version or an alias.
  const functions = [...functionArns].sort().flatMap((arn) => [arn, `${arn}:*`]);
  const ofFunctions = { ArnLike: { 'lambda:FunctionArn': functions } };
  return [
    allow(
      'MappingsList',
      [
        // ListEventSourceMappings, which IAM grants for an account as a whole
        'lambda:ListEventSourceMappings',
      ],
      ['*'],
    ),
    allow(
      'MappingsMake',
      [
        // CreateEventSourceMapping: a mapping has no ARN before
        'lambda:CreateEventSourceMapping',
      ],
      ['*'],
      ofFunctions,
    ),
    allow(
      'MappingsMove',
      [
        // GetEventSourceMapping: settings, group, state
        'lambda:GetEventSourceMapping',
        // UpdateEventSourceMapping: stopped, and enabled again
        'lambda:UpdateEventSourceMapping',
        // DeleteEventSourceMapping: a mapping that is made again goes first
        'lambda:DeleteEventSourceMapping',
      ],
      mappings,
      ofFunctions,
    ),
    allow(
      'MappingsTag',
      [
        // ListTags, and CreateEventSourceMapping with tags; neither tells IAM the function
        'lambda:ListTags',
        'lambda:TagResource',
      ],
      mappings,
    ),
  ];
}
