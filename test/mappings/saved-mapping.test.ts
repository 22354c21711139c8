import * as sdk from '@aws-sdk/client-lambda';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { groupOf, newGroup } from '../../runtime/src/mappings/consumer-group.ts';
import { type LambdaApi, lambdaApi } from '../../runtime/src/mappings/lambda-api.ts';
import {
  CREATE_MEMBERS,
  type NewMapping,
  type SavedMapping,
  saveMapping,
  toCreateInput,
} from '../../runtime/src/mappings/saved-mapping.ts';
import { useCredentials } from './credentials.ts';
import { LambdaServer } from './lambda-server.ts';

useCredentials();

const NOW = new Date('2026-11-24T11:05:01.234Z');
const UUID = '12345678-1234-1234-1234-123456789012';

/** The SDK's own description of a structure: kind, namespace, name, traits, names of members, their types. */
type Structure = [3, string, string, unknown, string[], unknown[]];
const schemas = sdk as unknown as Record<string, Structure>;

let server: LambdaServer;
let api: LambdaApi;
let place: { region: string; endpoint: string };

beforeEach(async () => {
  server = await LambdaServer.start();
  place = { region: server.region, endpoint: server.endpoint };
  api = lambdaApi(place);
});
afterEach(async () => {
  api.close();
  await server.stop();
});

describe('the members of CreateEventSourceMapping in the installed SDK', () => {
  test('are all decided on', () => {
    expect(Object.keys(CREATE_MEMBERS).sort()).toEqual([...schemas.CreateEventSourceMappingRequest$![4]].sort());
  });

  test('that are kept are told by GetEventSourceMapping', () => {
    const told = schemas.EventSourceMappingConfiguration$![4];
    const kept = Object.entries(CREATE_MEMBERS).filter(([, fate]) => fate === 'as it was');
    for (const [member] of kept) expect(told).toContain(member);
  });

  test('of structures within are known: what is new may have to be treated apart, as OnSuccess is', () => {
    const members = (name: string) => schemas[`${name}$`]![4];
    expect(members('AmazonManagedKafkaEventSourceConfig')).toEqual(['ConsumerGroupId', 'SchemaRegistryConfig']);
    expect(members('DestinationConfig')).toEqual(['OnSuccess', 'OnFailure']);
  });
});

describe('a mapping with every setting', () => {
  test('is saved and made again with all of them', async () => {
    const given = { ...settings(), Tags: { team: 'shop', 'cost center': '42' } };
    const made = await api.create({
      ...given,
      FunctionName: server.functionArn('order-processor:live'),
      EventSourceArn: server.clusterArn('shop'),
      Topics: ['orders'],
      StartingPosition: 'LATEST',
    });
    await api.waitForState(made.uuid, 'Enabled');
    const saved = throughJson(await saveMapping(api, made.uuid, place));
    expect(saved).toMatchObject({ uuid: made.uuid, enabled: true, topics: ['orders'], tags: given.Tags, place });

    await api.delete(made.uuid);
    await api.waitForState(made.uuid, 'gone');
    const again = await api.create(toCreateInput(saved, target({ consumerGroupId: 'orders-app' })));
    const now = (await api.waitForState(again.uuid, 'Enabled'))!;
    expect(now.settings).toMatchObject(settings());
    expect(now.functionArn).toBe(server.functionArn('order-processor:live'));
    expect(await api.tags(now.arn)).toEqual(given.Tags);
    // The same once more: nothing is lost on the way, and nothing added.
    expect({ ...(await saveMapping(api, again.uuid, place)), uuid: saved.uuid }).toEqual({
      ...saved,
      clusterArn: server.clusterArn('dr'),
    });
  });

  test('of whose members none is missing in this test', () => {
    const kept = Object.entries(CREATE_MEMBERS).filter(([, fate]) => fate === 'as it was');
    expect(Object.keys(settings()).sort()).toEqual(
      [...kept.map(([member]) => member), 'AmazonManagedKafkaEventSourceConfig'].sort(),
    );
    for (const [name, value] of [
      ['KafkaSchemaRegistryConfig', settings().AmazonManagedKafkaEventSourceConfig.SchemaRegistryConfig],
      ['ProvisionedPollerConfig', settings().ProvisionedPollerConfig],
      ['SourceAccessConfiguration', settings().SourceAccessConfigurations[0]],
      ['EventSourceMappingMetricsConfig', settings().MetricsConfig],
      ['EventSourceMappingLoggingConfig', settings().LoggingConfig],
      ['FilterCriteria', settings().FilterCriteria],
      ['Filter', settings().FilterCriteria.Filters[0]],
    ] as const) {
      expect(Object.keys(value!).sort()).toEqual([...schemas[`${name}$`]![4]].sort());
    }
  });
});

describe('a mapping', () => {
  test('with nothing but defaults is made with nothing but defaults', async () => {
    const made = await api.create({
      FunctionName: 'order-processor',
      EventSourceArn: server.clusterArn('shop'),
      Topics: ['orders'],
      StartingPosition: 'LATEST',
    });
    const saved = await saveMapping(api, made.uuid, place);
    expect(saved.settings).toEqual({ BatchSize: 100, MaximumBatchingWindowInSeconds: 0 });
    expect(toCreateInput(saved, target({}))).toEqual({
      BatchSize: 100,
      MaximumBatchingWindowInSeconds: 0,
      FunctionName: server.functionArn('order-processor:live'),
      EventSourceArn: server.clusterArn('dr'),
      Topics: ['orders'],
      Enabled: true,
      StartingPosition: 'TRIM_HORIZON',
    });
  });

  test('that is disabled is saved so, and in transition once it is at rest', async () => {
    const { UUID } = server.add({ State: 'Disabled' });
    expect(await saveMapping(api, UUID, place)).toMatchObject({ enabled: false });
    await api.enable(UUID);
    expect(await saveMapping(api, UUID, place)).toMatchObject({ enabled: true });
  });

  test('that reads from a point in time', () => {
    const input = toCreateInput(
      plain(),
      target({ startingPosition: 'AT_TIMESTAMP', startingTimestamp: 1_700_000_000_123 }),
    );
    expect(input).toMatchObject({
      StartingPosition: 'AT_TIMESTAMP',
      StartingPositionTimestamp: new Date('2023-11-14T22:13:20.123Z'),
    });
  });

  test('loses the destination of successes, which Lambda shows and does not take, and the tags of AWS', async () => {
    const { UUID } = server.add({
      DestinationConfig: { OnSuccess: {}, OnFailure: { Destination: 'arn:aws:sqs:eu-west-1:123456789012:failed' } },
      tags: { 'aws:cloudformation:stack-name': 'shop', team: 'shop' },
    });
    const saved = await saveMapping(api, UUID, place);
    const input = toCreateInput(saved, target({}));
    expect(input.DestinationConfig).toEqual({
      OnFailure: { Destination: 'arn:aws:sqs:eu-west-1:123456789012:failed' },
    });
    expect(input.Tags).toEqual({ team: 'shop' });
    server.mappings.clear();
    await api.create(input);
  });

  test('with filters that cannot be read is refused, and read where they can', async () => {
    const key = 'arn:aws:kms:eu-west-1:123456789012:key/1';
    const { UUID } = server.add({ KMSKeyArn: key, FilterCriteria: { Filters: [{ Pattern: '{"value":{"a":[1]}}' }] } });
    expect((await api.list())[0]?.settings.FilterCriteria).toBeUndefined();
    expect((await saveMapping(api, UUID, place)).settings.FilterCriteria).toEqual({
      Filters: [{ Pattern: '{"value":{"a":[1]}}' }],
    });
    server.hideFilters(UUID);
    await expect(saveMapping(api, UUID, place)).rejects.toMatchObject({
      code: 'MAPPING_FILTER_HIDDEN',
      message: expect.stringContaining(`allow kms:Decrypt on ${key}`),
    });
  });

  test('of another event source is refused', async () => {
    const { UUID } = server.add({ EventSourceArn: 'arn:aws:sqs:eu-west-1:123456789012:jobs', Topics: [] });
    await expect(saveMapping(api, UUID, place)).rejects.toMatchObject({ code: 'MAPPING_NOT_MSK' });
  });

  test('that is not there is refused', async () => {
    await expect(saveMapping(api, UUID, place)).rejects.toMatchObject({ code: 'MAPPING_GONE' });
  });
});

describe('the consumer group', () => {
  test('of a mapping is the one that Lambda tells', () => {
    expect(groupOf(plain({ consumerGroupId: 'orders-app' }))).toBe('orders-app');
    expect(groupOf(plain({ consumerGroupId: UUID }), ['orders-app'])).toBe(UUID);
  });

  test('made from the UUID is found by either name', () => {
    expect(groupOf(plain())).toBe(`amazon.lambda.${UUID}`);
    expect(groupOf(plain(), [UUID])).toBe(UUID);
    expect(groupOf(plain({ consumerGroupId: UUID }), [`amazon.lambda.${UUID}`])).toBe(`amazon.lambda.${UUID}`);
  });

  test('to begin anew is one of Lambda for one of Lambda', () => {
    for (const consumerGroupId of [undefined, UUID, `amazon.lambda.${UUID}`]) {
      expect(newGroup(plain({ consumerGroupId }), NOW)).toBeUndefined();
    }
  });

  test('to begin anew has a new end, in place of the last one, within what Lambda takes', () => {
    expect(newGroup(plain({ consumerGroupId: 'orders-app' }), NOW)).toBe('orders-app-reset-20261124T110501Z');
    expect(newGroup(plain({ consumerGroupId: 'orders-app-reset-20250101T000000Z' }), NOW)).toBe(
      'orders-app-reset-20261124T110501Z',
    );
    const long = newGroup(plain({ consumerGroupId: 'g'.repeat(200) }), NOW);
    expect(long).toHaveLength(200);
    expect(long).toMatch(/^g+-reset-20261124T110501Z$/);
  });
});

function target(given: Partial<NewMapping>): NewMapping {
  return {
    functionName: server.functionArn('order-processor:live'),
    clusterArn: server.clusterArn('dr'),
    topics: ['orders'],
    startingPosition: 'TRIM_HORIZON',
    enabled: true,
    ...given,
  };
}

function plain(given: Partial<SavedMapping> = {}): SavedMapping {
  return {
    uuid: UUID,
    place: {},
    enabled: true,
    functionArn: 'arn:aws:lambda:eu-west-1:123456789012:function:order-processor',
    clusterArn: 'arn:aws:kafka:eu-west-1:123456789012:cluster/shop/1',
    topics: ['orders'],
    settings: { BatchSize: 100 },
    tags: {},
    ...given,
  };
}

function throughJson<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}

/** Every setting that Lambda has for MSK, none at its default. */
function settings() {
  return {
    AmazonManagedKafkaEventSourceConfig: {
      ConsumerGroupId: 'orders-app',
      SchemaRegistryConfig: {
        SchemaRegistryURI: 'arn:aws:glue:eu-west-1:123456789012:registry/shop',
        EventRecordFormat: 'JSON',
        AccessConfigs: [{ Type: 'BASIC_AUTH', URI: 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:registry' }],
        SchemaValidationConfigs: [{ Attribute: 'VALUE' }],
      },
    },
    BatchSize: 500,
    BisectBatchOnFunctionError: true,
    DestinationConfig: { OnFailure: { Destination: 'arn:aws:sqs:eu-west-1:123456789012:failed' } },
    FilterCriteria: { Filters: [{ Pattern: '{"value":{"state":["paid"]}}' }] },
    FunctionResponseTypes: ['ReportBatchItemFailures'],
    KMSKeyArn: 'arn:aws:kms:eu-west-1:123456789012:key/1',
    LoggingConfig: { SystemLogLevel: 'DEBUG' },
    MaximumBatchingWindowInSeconds: 5,
    MaximumRecordAgeInSeconds: 3600,
    MaximumRetryAttempts: 7,
    MetricsConfig: { Metrics: ['EventCount', 'KafkaMetrics'] },
    ProvisionedPollerConfig: { MinimumPollers: 2, MaximumPollers: 20, PollerGroupName: 'shop' },
    SourceAccessConfigurations: [
      { Type: 'SASL_SCRAM_512_AUTH', URI: 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:scram' },
    ],
  } satisfies Partial<sdk.CreateEventSourceMappingRequest>;
}
