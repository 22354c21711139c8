import type { CreateEventSourceMappingRequest, EventSourceMappingConfiguration } from '@aws-sdk/client-lambda';
import { MskBackupError } from '../errors.ts';
import { type EventSourceMapping, type LambdaApi, type LambdaPlace, mappingName } from './lambda-api.ts';
import { isMskArn } from './lambda-names.ts';

const KEPT = 'as it was';
const GIVEN = 'given when the mapping is made';

/**
 * What becomes of each member of Lambda's CreateEventSourceMapping. `KEPT` members are taken whole from GetEventSourceMapping,
 * with whatever they consist of. A member that a newer SDK adds does not compile until it is decided on.
 */
export const CREATE_MEMBERS = {
  BatchSize: KEPT,
  BisectBatchOnFunctionError: KEPT,
  DestinationConfig: KEPT,
  FilterCriteria: KEPT,
  FunctionResponseTypes: KEPT,
  KMSKeyArn: KEPT,
  LoggingConfig: KEPT,
  MaximumBatchingWindowInSeconds: KEPT,
  MaximumRecordAgeInSeconds: KEPT,
  MaximumRetryAttempts: KEPT,
  MetricsConfig: KEPT,
  ProvisionedPollerConfig: KEPT,
  SourceAccessConfigurations: KEPT,
  // Its SchemaRegistryConfig is kept, the group is given.
  AmazonManagedKafkaEventSourceConfig: GIVEN,
  Enabled: GIVEN,
  EventSourceArn: GIVEN,
  FunctionName: GIVEN,
  StartingPosition: GIVEN,
  StartingPositionTimestamp: GIVEN,
  // From ListTags.
  Tags: GIVEN,
  Topics: GIVEN,
  DocumentDBEventSourceConfig: 'of DocumentDB only',
  ParallelizationFactor: 'of Kinesis and DynamoDB only',
  Queues: 'of Amazon MQ only',
  ScalingConfig: 'of SQS only',
  SelfManagedEventSource: 'of Kafka outside MSK only',
  SelfManagedKafkaEventSourceConfig: 'of Kafka outside MSK only',
  TumblingWindowInSeconds: 'of Kinesis and DynamoDB only',
} as const satisfies Record<keyof CreateEventSourceMappingRequest, string>;

type KeptMember = {
  [Member in keyof typeof CREATE_MEMBERS]: (typeof CREATE_MEMBERS)[Member] extends typeof KEPT ? Member : never;
}[keyof typeof CREATE_MEMBERS];

const KEPT_MEMBERS = (Object.keys(CREATE_MEMBERS) as (keyof typeof CREATE_MEMBERS)[]).filter(
  (member): member is KeptMember => CREATE_MEMBERS[member] === KEPT,
);

/** All that a mapping consists of, in JSON: it can be made again from this alone. */
export interface SavedMapping {
  uuid: string;
  /** Where it is: without a region, the environment's. */
  place: LambdaPlace;
  /** Whether it was to read when it was saved. */
  enabled: boolean;
  /** With the version or alias. */
  functionArn: string;
  /** Of the MSK cluster, or of a VPC connection to one. */
  clusterArn: string;
  topics: string[];
  /** As Lambda tells it; see `groupOf`. */
  consumerGroupId?: string;
  settings: Pick<CreateEventSourceMappingRequest, KeptMember | 'AmazonManagedKafkaEventSourceConfig'>;
  tags: Record<string, string>;
}

/**
 * A mapping with everything that making it again needs. Waits until it is at rest: in transition it does not show whether it
 * is to read.
 * @throws MskBackupError kind `configuration`: `MAPPING_NOT_MSK` for other event sources, `MAPPING_FILTER_HIDDEN` when its
 *   filters are encrypted with a key that the caller may not use, `MAPPING_GONE` when it does not exist
 */
export async function saveMapping(
  api: LambdaApi,
  uuid: string,
  place: LambdaPlace,
  signal?: AbortSignal,
): Promise<SavedMapping> {
  const mapping = (await api.waitForState(uuid, 'at rest', signal))!;
  const { settings, functionArn, eventSourceArn, topics, consumerGroupId } = mapping;
  if (eventSourceArn === undefined || !isMskArn(eventSourceArn)) throw notMsk(mapping);
  refuseHiddenFilters(settings, uuid);
  const tags = await api.tags(mapping.arn, signal);
  const registry = settings.AmazonManagedKafkaEventSourceConfig?.SchemaRegistryConfig;
  return {
    uuid,
    place,
    enabled: mapping.state === 'Enabled',
    functionArn,
    clusterArn: eventSourceArn,
    topics,
    ...(consumerGroupId !== undefined && { consumerGroupId }),
    settings: {
      ...keptSettings(settings),
      ...(registry !== undefined && { AmazonManagedKafkaEventSourceConfig: { SchemaRegistryConfig: registry } }),
    },
    tags,
  };
}

export interface NewMapping {
  /** Name or ARN. */
  functionName: string;
  clusterArn: string;
  topics: string[];
  /** Undefined: Lambda makes one, without offsets. */
  consumerGroupId?: string;
  /** Where the group begins on partitions of which it has no offset. */
  startingPosition: 'TRIM_HORIZON' | 'AT_TIMESTAMP';
  /** Epoch ms, for `AT_TIMESTAMP`. */
  startingTimestamp?: number;
  enabled: boolean;
}

/** What CreateEventSourceMapping is asked for. */
export function toCreateInput(saved: SavedMapping, mapping: NewMapping): CreateEventSourceMappingRequest {
  const { AmazonManagedKafkaEventSourceConfig, ...settings } = saved.settings;
  const { consumerGroupId, startingTimestamp } = mapping;
  const kafka = {
    ...AmazonManagedKafkaEventSourceConfig,
    ...(consumerGroupId !== undefined && { ConsumerGroupId: consumerGroupId }),
  };
  const tags = Object.fromEntries(Object.entries(saved.tags).filter(([key]) => !isAwsTag(key)));
  return {
    ...settings,
    FunctionName: mapping.functionName,
    EventSourceArn: mapping.clusterArn,
    Topics: mapping.topics,
    Enabled: mapping.enabled,
    StartingPosition: mapping.startingPosition,
    ...(startingTimestamp !== undefined && { StartingPositionTimestamp: new Date(startingTimestamp) }),
    ...(Object.keys(kafka).length > 0 && { AmazonManagedKafkaEventSourceConfig: kafka }),
    ...(Object.keys(tags).length > 0 && { Tags: tags }),
  };
}

/** Tags that CloudFormation and others set. AWS lets nobody else set them. */
export function isAwsTag(key: string): boolean {
  return key.toLowerCase().startsWith('aws:');
}

/** Settings without what says no more than Lambda's defaults: Lambda shows some that it does not take for every mapping. */
function keptSettings(settings: EventSourceMappingConfiguration): SavedMapping['settings'] {
  const kept = Object.fromEntries(
    KEPT_MEMBERS.map((member) => [member, settings[member]] as const).filter(
      ([member, value]) => !isDefault(member, value),
    ),
  ) as SavedMapping['settings'];
  if (kept.DestinationConfig !== undefined) {
    // The answer may show an OnSuccess, which Lambda does not take.
    const { OnFailure } = kept.DestinationConfig;
    if (OnFailure?.Destination === undefined) delete kept.DestinationConfig;
    else kept.DestinationConfig = { OnFailure };
  }
  return kept;
}

function isDefault(member: KeptMember, value: unknown): boolean {
  if (value === undefined || value === null) return true;
  if (Array.isArray(value)) return value.length === 0;
  if (typeof value === 'object') return Object.keys(value).length === 0;
  if (member === 'MaximumRecordAgeInSeconds' || member === 'MaximumRetryAttempts') return value === -1;
  return member === 'BisectBatchOnFunctionError' && value === false;
}

function refuseHiddenFilters({ FilterCriteriaError, KMSKeyArn }: EventSourceMappingConfiguration, uuid: string): void {
  if (FilterCriteriaError === undefined) return;
  const { ErrorCode = 'no reason given', Message = '' } = FilterCriteriaError;
  throw new MskBackupError(
    'configuration',
    'MAPPING_FILTER_HIDDEN',
    `${mappingName(uuid)}: its filters cannot be read (${[ErrorCode, Message].filter(Boolean).join(': ')}), and without them it ` +
      `could not be made again: allow kms:Decrypt on ${KMSKeyArn ?? 'its KMS key'}`,
  );
}

function notMsk({ uuid, eventSourceArn }: EventSourceMapping): MskBackupError {
  return new MskBackupError(
    'configuration',
    'MAPPING_NOT_MSK',
    `${mappingName(uuid)} reads ${eventSourceArn ?? 'a source without an ARN'}, which is no MSK cluster: name another mapping`,
  );
}
