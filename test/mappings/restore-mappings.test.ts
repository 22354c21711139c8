import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { LambdaMapping } from '../../runtime/src/config/job.ts';
import { MskBackupError } from '../../runtime/src/errors.ts';
import type { RecoveryBody } from '../../runtime/src/mappings/recovery.ts';
import { openMappings, type RestoreMappingsOptions } from '../../runtime/src/mappings/restore-mappings.ts';
import { useCredentials } from './credentials.ts';
import { groupOf, LambdaServer, type ServedMapping } from './lambda-server.ts';

useCredentials();

let server: LambdaServer;
let notes: string[];
let saved: RecoveryBody[];

beforeEach(async () => {
  server = await LambdaServer.start({ functions: ['order-processor', 'mailer'], transitionMs: 1 });
  notes = [];
  saved = [];
});
afterEach(() => server.stop());

function options(given: Partial<RestoreMappingsOptions> = {}): RestoreMappingsOptions {
  return {
    topics: [{ source: 'orders', target: 'orders' }],
    snapshotGroups: [...server.mappings.values()].map((it) => groupOf(it)!),
    save: async (body) => {
      saved.push(JSON.parse(JSON.stringify(body)) as RecoveryBody);
      return `ENTRY-${saved.length}`;
    },
    progress: { stage() {}, advance() {}, note: (_, message) => notes.push(message) },
    ...given,
  };
}

/** What a run before this one has saved. */
function earlier(): NonNullable<RestoreMappingsOptions['earlier']> {
  return { body: saved.at(-1)!, place: `ENTRY-${saved.length}` };
}

function wish(given: Partial<LambdaMapping> = {}): LambdaMapping {
  const named = given.uuid === undefined ? { functionName: 'order-processor' } : {};
  return { ...named, strategy: 'resume', region: server.region, endpoint: server.endpoint, ...given };
}

const failing = (action: string) => `${action} of the test failed`;

describe('resume', () => {
  test('at another cluster goes on with the same group, and every setting', async () => {
    const old = server.add({
      FilterCriteria: { Filters: [{ Pattern: '{"value":{}}' }] },
      ProvisionedPollerConfig: { MinimumPollers: 1, MaximumPollers: 3 },
      tags: { team: 'shop' },
    });
    const group = `amazon.lambda.${old.UUID}`;
    const opened = await openMappings([wish({ clusterArn: server.clusterArn('dr') })], options());
    expect(opened.groups).toEqual([group]);
    expect(opened.plan).toEqual([
      `event source mapping ${old.UUID} is made again as order-processor on orders of dr and goes on at the offsets of ${group}`,
    ]);
    expect(opened.giveUp()).toEqual([]);
    expect(server.requests.map(({ action }) => action)).toEqual(['List', 'Get', 'ListTags']);

    await opened.pause();
    expect(server.only()).toMatchObject({ UUID: old.UUID, State: 'Disabled' });
    expect(saved.at(-1)?.mappings).toMatchObject([{ step: 'saved', saved: { uuid: old.UUID, enabled: true } }]);

    const outcomes = await opened.goOn();
    const now = server.only();
    expect(outcomes).toEqual([
      {
        uuid: old.UUID,
        newUuid: now.UUID,
        function: 'order-processor',
        topics: ['orders'],
        clusterArn: server.clusterArn('dr'),
        action: 'made',
        strategy: 'resume',
        consumerGroupId: group,
        state: 'Enabled',
        remarks: [],
      },
    ]);
    expect(now).toMatchObject({
      EventSourceArn: server.clusterArn('dr'),
      Topics: ['orders'],
      State: 'Enabled',
      StartingPosition: 'TRIM_HORIZON',
      AmazonManagedKafkaEventSourceConfig: { ConsumerGroupId: group },
      FilterCriteria: old.FilterCriteria,
      ProvisionedPollerConfig: old.ProvisionedPollerConfig,
    });
    expect(server.tagsOf(now.UUID)).toEqual({ team: 'shop' });
    expect(saved.at(-1)?.mappings).toMatchObject([{ step: 'done', newUuid: now.UUID }]);
    expect(opened.giveUp()).toEqual([]);
    opened.close();
  });

  test('at the same cluster deletes the mapping first, since its group must be unique', async () => {
    const old = server.add({ AmazonManagedKafkaEventSourceConfig: { ConsumerGroupId: 'orders-app' } });
    const opened = await openMappings([wish({ uuid: old.UUID.toUpperCase() })], options());
    await opened.pause();
    await opened.goOn();
    const now = server.only();
    expect(now.UUID).not.toBe(old.UUID);
    expect(now).toMatchObject({ EventSourceArn: old.EventSourceArn, State: 'Enabled' });
    expect(groupOf(now)).toBe('orders-app');
    opened.close();
  });

  test('reads the topic by its new name, and leaves the mappings of other topics alone', async () => {
    server.add();
    const other = server.add({ Topics: ['payments'] });
    const opened = await openMappings([wish()], options({ topics: [{ source: 'orders', target: 'orders-2' }] }));
    await opened.pause();
    await opened.goOn();
    expect([...server.mappings.values()].map((it) => [it.Topics[0], it.State])).toEqual([
      ['payments', 'Enabled'],
      ['orders-2', 'Enabled'],
    ]);
    expect(server.mappings.get(other.UUID)).toEqual(other);
    opened.close();
  });

  test('keeps a disabled mapping disabled', async () => {
    server.add({ State: 'Disabled' });
    const opened = await openMappings([wish({ clusterArn: server.clusterArn('dr') })], options());
    expect(opened.plan[0]).toContain('it is disabled and stays so');
    await opened.pause();
    expect(await opened.goOn()).toMatchObject([{ state: 'Disabled' }]);
    expect(server.only()).toMatchObject({ State: 'Disabled', EventSourceArn: server.clusterArn('dr') });
    opened.close();
  });

  test('with the group of another mapping, which is what one in another region takes over', async () => {
    server.add({ State: 'Disabled', EventSourceArn: server.clusterArn('dr') });
    const group = 'amazon.lambda.99999999-1111-2222-3333-444444444444';
    await expect(openMappings([wish()], options({ snapshotGroups: [group] }))).rejects.toMatchObject({
      code: 'MAPPING_GROUP_UNKNOWN',
      message: expect.stringContaining('restore.lambda.consumer_group'),
    });
    const opened = await openMappings([wish({ consumerGroup: group })], options({ snapshotGroups: [group] }));
    expect(opened.groups).toEqual([group]);
    await opened.pause();
    await opened.goOn();
    expect(groupOf(server.only())).toBe(group);
    opened.close();
  });
});

describe('reset', () => {
  test('reads from the start with a group that Lambda makes', async () => {
    const old = server.add();
    const opened = await openMappings([wish({ strategy: 'reset' })], options({ snapshotGroups: [] }));
    expect(opened.groups).toEqual([]);
    expect(opened.plan[0]).toContain('reads from the start');
    await opened.pause();
    await opened.goOn();
    const now = server.only();
    expect(now).toMatchObject({ StartingPosition: 'TRIM_HORIZON', State: 'Enabled' });
    expect(groupOf(now)).toBe(`amazon.lambda.${now.UUID}`);
    expect(now.UUID).not.toBe(old.UUID);
    opened.close();
  });

  test('reads from a point in time, with a new group for one that was chosen', async () => {
    server.add({ AmazonManagedKafkaEventSourceConfig: { ConsumerGroupId: 'orders-app' } });
    const startingTimestamp = Date.UTC(2026, 10, 1);
    const opened = await openMappings([wish({ strategy: 'reset', startingTimestamp })], options());
    await opened.pause();
    await opened.goOn();
    const now = server.only();
    expect(now).toMatchObject({
      StartingPosition: 'AT_TIMESTAMP',
      StartingPositionTimestamp: startingTimestamp / 1000,
    });
    expect(groupOf(now)).toMatch(/^orders-app-reset-\d{8}T\d{6}Z$/);
    opened.close();
  });

  test('into the future is refused before anything is changed', async () => {
    server.add();
    const startingTimestamp = Date.now() + 3_600_000;
    await expect(openMappings([wish({ strategy: 'reset', startingTimestamp })], options())).rejects.toMatchObject({
      code: 'MAPPING_TIME',
    });
  });
});

describe('what cannot go well is refused before anything is changed', () => {
  afterEach(() => {
    expect(server.requests.filter(({ action }) => ['Update', 'Delete', 'Create'].includes(action))).toEqual([]);
  });

  test.each([
    ['an unknown function', { functionName: 'order-procesor' }, 'there is no mapping of function order-procesor'],
    [
      'a function of other topics',
      { functionName: 'mailer' },
      'reads none of the topics orders; it reads mails of shop',
    ],
    ['an unknown mapping', { uuid: '00000000-0000-4000-8000-000000000000' }, 'esm resume --from FILE'],
  ])('%s', async (_, named, text) => {
    server.add();
    server.add({ FunctionArn: server.functionArn('mailer'), Topics: ['mails'] });
    await expect(openMappings([wish({ functionName: undefined, ...named })], options())).rejects.toMatchObject({
      kind: 'configuration',
      code: 'MAPPING_NOT_FOUND',
      message: expect.stringContaining(text),
    });
  });

  test('two mappings that would become one', async () => {
    const one = server.add();
    const two = server.add({ EventSourceArn: server.clusterArn('dr') });
    const error = await openMappings([wish({ clusterArn: server.clusterArn('dr') })], options()).catch((it) => it);
    expect(error).toMatchObject({ code: 'MAPPINGS_COLLIDE' });
    expect(error.message).toContain(`${one.UUID} and ${two.UUID} would both become order-processor on orders of dr`);
  });

  test('a mapping that is there already', async () => {
    const one = server.add();
    const two = server.add({ EventSourceArn: server.clusterArn('dr') });
    const wished = wish({ uuid: one.UUID, clusterArn: server.clusterArn('dr') });
    await expect(openMappings([wished], options())).rejects.toMatchObject({
      code: 'MAPPING_EXISTS',
      message: expect.stringContaining(two.UUID),
    });
  });

  test('a group with which another mapping reads', async () => {
    const one = server.add();
    const two = server.add({ FunctionArn: server.functionArn('mailer') });
    const wished = wish({ uuid: one.UUID, consumerGroup: groupOf(two)! });
    await expect(openMappings([wished], options())).rejects.toMatchObject({
      code: 'MAPPING_GROUP_TAKEN',
      message: expect.stringContaining(two.UUID),
    });
  });

  test('settings that cannot be saved', async () => {
    server.add();
    const full = new MskBackupError('connection', 'S3_REFUSED', 'the disk is full');
    const opened = await openMappings([wish()], options({ save: () => Promise.reject(full) }));
    await expect(opened.pause()).rejects.toBe(full);
    expect(server.only().State).toBe('Enabled');
    opened.close();
  });
});

test('several mappings go on at once; one that fails does not stop the others, and its settings are kept', async () => {
  const lost = server.add();
  for (const Topic of ['payments', 'mails', 'stock', 'users']) server.add({ Topics: [Topic] });
  const topics = ['orders', 'payments', 'mails', 'stock', 'users'].map((it) => ({ source: it, target: it }));
  const opened = await openMappings([wish({ clusterArn: server.clusterArn('dr') })], options({ topics }));
  await opened.pause();
  let asked = 0;
  server.beforeEach((action) =>
    action === 'Create' && asked++ === 0
      ? { status: 400, name: 'InvalidParameterValueException', message: failing('Create') }
      : undefined,
  );
  const error = await opened.goOn().catch((it: MskBackupError) => it);
  expect(error).toMatchObject({ kind: 'configuration', code: 'LAMBDA_REFUSED' });
  expect((error as MskBackupError).message).toContain(failing('Create'));
  // The entry that was written last: in an earlier one the mapping was still to be enabled where it was.
  expect((error as MskBackupError).message).toMatch(`msk-backup esm resume --from ENTRY-${saved.length}`);
  const made = [...server.mappings.values()].filter((it) => it.EventSourceArn === server.clusterArn('dr'));
  expect(made).toHaveLength(4);
  const { mappings } = saved.at(-1)!;
  expect(mappings.filter(({ step }) => step === 'moving')).toHaveLength(1);
  expect(mappings.filter(({ step }) => step === 'done')).toHaveLength(4);
  expect(opened.giveUp()).toEqual([
    expect.stringMatching(/^event source mapping \S+ \(order-processor on \w+ of dr\) is stopped$/),
    expect.stringContaining(`msk-backup esm resume --from ENTRY-${saved.length}`),
  ]);
  expect(await opened.goOn()).toHaveLength(1);
  expect(server.mappings.size).toBe(5);
  expect(server.mappings.has(lost.UUID)).toBe(false);
  opened.close();
});

test('a mapping that Lambda cannot start is told with the reason, and is there', async () => {
  server.add();
  const opened = await openMappings([wish({ clusterArn: server.clusterArn('dr') })], options());
  await opened.pause();
  server.endNextIn('Disabled', 'the execution role may not describe the cluster');
  await expect(opened.goOn()).rejects.toMatchObject({
    code: 'MAPPING_STATE',
    message: expect.stringContaining('the execution role may not describe the cluster'),
  });
  expect(server.only().EventSourceArn).toBe(server.clusterArn('dr'));
  opened.close();
});

test('a mapping that was deleted between two runs is made again', async () => {
  const old = server.add({ BatchSize: 7 });
  const given = options();
  const wishes = [wish({ strategy: 'reset' })];
  const first = await openMappings(wishes, given);
  await first.pause();
  first.close();
  server.mappings.clear();
  await run(wishes, { ...given, earlier: earlier() });
  expect(server.only()).toMatchObject({ BatchSize: 7, State: 'Enabled', EventSourceArn: old.EventSourceArn });
});

test('a second run does by a changed configuration what the first has not begun', async () => {
  server.add();
  const given = options();
  const first = await openMappings([wish({ strategy: 'reset' })], given);
  await first.pause();
  first.close();
  const second = await openMappings([wish({ clusterArn: server.clusterArn('dr') })], {
    ...given,
    earlier: earlier(),
  });
  expect(second.giveUp()).toHaveLength(2);
  await second.pause();
  await second.goOn();
  expect(server.only()).toMatchObject({ EventSourceArn: server.clusterArn('dr'), State: 'Enabled' });
  second.close();
});

test('stopped while it waits for Lambda: what is stopped, and how it goes on', async () => {
  const old = server.add();
  const stop = new AbortController();
  const opened = await openMappings([wish()], options({ signal: stop.signal }));
  server.stick();
  const pausing = opened.pause().catch((it: unknown) => it);
  await expect.poll(() => server.only().State, { timeout: 30_000 }).toBe('Disabling');
  stop.abort(new MskBackupError('interrupted', 'INTERRUPTED', 'stopped by SIGTERM'));
  expect(await pausing).toMatchObject({
    kind: 'interrupted',
    message: expect.stringMatching(
      /^stopped by SIGTERM; the settings are in ENTRY-1: msk-backup esm resume --from ENTRY-1$/,
    ),
  });
  expect(opened.giveUp()[0]).toContain(old.UUID);
  opened.close();
});

test('a mapping in a region that is away is left out, with how to make it again', async () => {
  const dr = await LambdaServer.start({ region: 'us-east-1', transitionMs: 1 });
  try {
    const old = server.add();
    const gone = wish({ uuid: old.UUID, clusterArn: dr.clusterArn('dr') });
    await server.stop();
    const opened = await openMappings([gone], options());
    expect(opened.groups).toEqual([]);
    expect(notes).toEqual([
      expect.stringMatching(
        `${old.UUID}: left out, .* msk-backup esm resume --from FILE --cluster-arn ${dr.clusterArn('dr')}$`,
      ),
    ]);
    await opened.pause();
    expect(await opened.goOn()).toEqual([]);
    opened.close();
    // At the region that is to be restored to, nothing is left out.
    await expect(openMappings([{ ...gone, region: dr.region }], options())).rejects.toMatchObject({
      code: 'LAMBDA_UNREACHABLE',
    });
  } finally {
    await dr.stop();
    server = await LambdaServer.start();
  }
});

describe.each(['refused', 'lost'])('broken off at every request, by one that is %s,', (how) => {
  test.each(['resume', 'reset'] as const)('a %s goes on to the same end', async (strategy) => {
    let broken = 0;
    for (let at = 0; broken === at; at++) {
      const result = await brokenOff(strategy, at, how === 'lost');
      if (result === 'broken') broken++;
    }
    expect(broken).toBeGreaterThanOrEqual(10);
  });
});

/**
 * A restore's mappings as far as request `at`, which is refused or whose answer is lost, as is all that follows; then what a
 * second run makes of it. `whole`: there were not so many requests.
 */
async function brokenOff(strategy: 'reset' | 'resume', at: number, lost: boolean): Promise<'broken' | 'whole'> {
  server.mappings.clear();
  saved = [];
  const old = server.add({ BatchSize: 7, tags: { team: 'shop' } });
  const given = options();
  const wishes = [wish({ strategy, clusterArn: server.clusterArn('dr') })];
  let count = 0;
  server.beforeEach((action) => {
    if (lost && count === at) server.loseAnswer(action);
    return count++ >= at + (lost ? 1 : 0) ? { status: 403, name: 'AccessDeniedException', message: 'dead' } : undefined;
  });
  const error = await run(wishes, given).catch((it: unknown) => it);
  server.beforeEach(undefined);
  if (error !== undefined) {
    expect(error).toBeInstanceOf(MskBackupError);
    expect(error).toMatchObject({ code: 'LAMBDA_ACCESS_DENIED' });
    await run(wishes, { ...given, ...(saved.length > 0 && { earlier: earlier() }) });
  }
  const now: ServedMapping = server.only();
  expect(now).toMatchObject({ BatchSize: 7, EventSourceArn: server.clusterArn('dr'), State: 'Enabled' });
  expect(groupOf(now)).toBe(strategy === 'resume' ? groupOf(old) : `amazon.lambda.${now.UUID}`);
  expect(server.tagsOf(now.UUID)).toEqual({ team: 'shop' });
  return error === undefined ? 'whole' : 'broken';
}

async function run(wishes: LambdaMapping[], given: RestoreMappingsOptions): Promise<void> {
  const opened = await openMappings(wishes, given);
  try {
    await opened.pause();
    await opened.goOn();
  } finally {
    opened.close();
  }
}
