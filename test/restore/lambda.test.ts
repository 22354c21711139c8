import { spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import type { LambdaMapping, RestoreJob, StorageLocation } from '../../runtime/src/config/job.ts';
import { planRestore, runRestore } from '../../runtime/src/restore/run.ts';
import { MAIN } from '../cli/run-cli.ts';
import { CREDENTIALS, useCredentials } from '../mappings/credentials.ts';
import { type Action, groupOf, LambdaServer, type ServedMapping } from '../mappings/lambda-server.ts';
import { type KafkaCluster, startKafka } from '../support/kafka/cluster.ts';
import { type JavaClient, javaClient } from '../support/kafka/java-client.ts';
import { type AwsEmulator, startMinistack } from '../support/s3/emulator.ts';
import { backUp, context, restore, restoreJob } from './harness.ts';
import { killedWhen } from './killed.ts';

useCredentials();

const GROUP = 'order-processing';
const RECORDS = 120;
/** Committed in each of the two partitions when the backup was taken, and how many records lie behind it. */
const COMMITTED = 20;
const SETTINGS = {
  AmazonManagedKafkaEventSourceConfig: { ConsumerGroupId: GROUP },
  BatchSize: 7,
  MaximumBatchingWindowInSeconds: 3,
  FilterCriteria: { Filters: [{ Pattern: '{"value":{"state":["PAID"]}}' }] },
  DestinationConfig: { OnFailure: { Destination: 'arn:aws:sqs:eu-west-1:123456789012:failed' } },
  ProvisionedPollerConfig: { MinimumPollers: 1, MaximumPollers: 3 },
  MetricsConfig: { Metrics: ['EventCount'] },
};

let kafka: KafkaCluster;
let client: JavaClient;
let directory: string;
let storage: Extract<StorageLocation, { backend: 'filesystem' }>;
let server: LambdaServer;
let old: ServedMapping;
/** Each test restores to a topic of its own. */
let target: string;
let tests = 0;

beforeAll(async () => {
  kafka = await startKafka();
  client = javaClient(kafka);
  directory = await mkdtemp(join(tmpdir(), 'msk-backup-restored-mappings-'));
  storage = { backend: 'filesystem', path: join(directory, 'archive'), prefix: '' };
  await client.createTopic('orders', { partitions: 2 });
  await (await client.producer()).send(
    'orders',
    Array.from({ length: RECORDS }, (_, n) => ({ partition: n % 2, key: `${n}`, value: `order ${n}` })),
  );
  await client.commitOffsets(
    GROUP,
    [0, 1].map((partition) => ({ topic: 'orders', partition, offset: COMMITTED })),
  );
  await backUp(kafka, ['orders'], storage);
}, 120_000);
afterAll(async () => {
  await kafka?.stop();
  if (directory !== undefined) await rm(directory, { recursive: true, force: true });
});

beforeEach(async () => {
  server = await LambdaServer.start();
  old = server.add({ ...SETTINGS, tags: { team: 'shop' } });
  target = `orders-${++tests}`;
});
afterEach(() => server.stop());

function wish(given: Partial<LambdaMapping> = {}): LambdaMapping {
  return {
    functionName: 'order-processor',
    strategy: 'resume',
    clusterArn: server.clusterArn('dr'),
    region: server.region,
    endpoint: server.endpoint,
    ...given,
  };
}

function job(over: Partial<RestoreJob> = {}): RestoreJob {
  return restoreJob(kafka, storage, { topicMapping: { orders: target }, lambda: [wish()], ...over });
}

/** Records at the target; undefined when there is no such topic. */
async function records(): Promise<number | undefined> {
  return client.offsets(target).then(
    (offsets) => offsets.reduce((sum, { start, end }) => sum + end - start, 0),
    () => undefined,
  );
}

/** Committed by a group at the target, of each partition that has any. */
async function positions(group = GROUP): Promise<number[]> {
  return (await client.groupOffsets(group)).filter(({ topic }) => topic === target).map(({ offset }) => offset);
}

function actions(): Action[] {
  return server.requests.map(({ action }) => action).filter((action) => !/^(Get|List)/.test(action));
}

/** The mapping as it must be in the end: all settings of before, at the other cluster. */
function expectMoved(strategy: LambdaMapping['strategy'] = 'resume'): void {
  const now = server.only();
  const { AmazonManagedKafkaEventSourceConfig: _, ...kept } = SETTINGS;
  expect(now).toMatchObject({
    ...kept,
    EventSourceArn: server.clusterArn('dr'),
    FunctionArn: old.FunctionArn,
    Topics: [target],
    State: 'Enabled',
    StartingPosition: 'TRIM_HORIZON',
  });
  expect(now.UUID).not.toBe(old.UUID);
  expect(server.tagsOf(now.UUID)).toEqual({ team: 'shop' });
  if (strategy === 'resume') expect(groupOf(now)).toBe(GROUP);
  else expect(groupOf(now)).toMatch(new RegExp(`^${GROUP}-reset-\\d{8}T\\d{6}Z$`));
}

describe.each(['resume', 'reset'] as const)('strategy %s', (strategy) => {
  test('stopped before the first record, made again when all records and offsets are there', async () => {
    const seen: [Action, number | undefined, number[]][] = [];
    server.beforeEach(async (action) => {
      if (!/^(Get|List)/.test(action)) seen.push([action, await records(), await positions()]);
      return undefined;
    });
    const states: string[] = [];
    const { run, notes } = context(undefined, () => states.push(server.only().State));
    const report = await runRestore(job({ offsets: 'exact', lambda: [wish({ strategy })] }), run);

    const offsets = strategy === 'resume' ? [COMMITTED, COMMITTED] : [];
    expect(seen).toEqual([
      ['Update', undefined, []],
      ['Delete', RECORDS, offsets],
      ['Create', RECORDS, offsets],
    ]);
    expect(states.length).toBeGreaterThan(0);
    expect(new Set(states)).toEqual(new Set(['Disabled']));
    expectMoved(strategy);
    expect(report.mappings).toMatchObject([
      {
        uuid: old.UUID,
        newUuid: server.only().UUID,
        action: 'made',
        strategy,
        consumerGroupId: groupOf(server.only()),
      },
    ]);
    expect(report.plan.notes).toContainEqual(expect.stringContaining(`event source mapping ${old.UUID} is made again`));
    expect(notes).toContainEqual(expect.stringContaining(`${old.UUID} is ${server.only().UUID} now`));
  });

  test('killed between deletion and creation, run again it ends well', async () => {
    const given = job({ lambda: [wish({ strategy })] });
    let killNow = false;
    const creation = server.hold('Create').then(() => {
      killNow = true;
    });
    expect(await killedWhen(given, async () => killNow)).toBe(true);
    await creation;
    expect(server.mappings.size).toBe(0);
    const report = await runRestore(given, context().run);
    expectMoved(strategy);
    expect(report.mappings).toMatchObject([{ uuid: old.UUID, newUuid: server.only().UUID }]);
    expect(await records()).toBe(RECORDS);
    expect(await positions()).toEqual(strategy === 'resume' ? [COMMITTED, COMMITTED] : []);
  });
});

describe('killed when the mapping is made and nobody knows it yet', () => {
  /** Lambda reads at once. @returns UUID of the new mapping */
  async function killedAfterCreation(): Promise<string> {
    let made = false;
    const creation = server.holdAnswer('Create').then(() => {
      made = true;
    });
    expect(await killedWhen(job(), async () => made)).toBe(true);
    await creation;
    await expect.poll(() => server.only().State, { timeout: 30_000 }).toBe('Enabled');
    return server.only().UUID;
  }

  test('run again, it takes the mapping, and does not set its group back', async () => {
    const uuid = await killedAfterCreation();
    const poller = await client.consumer(GROUP, target);
    await poller.take(10);
    await poller.commit();
    const now = await positions();
    const report = await runRestore(job(), context().run);
    expect(report.mappings).toMatchObject([{ uuid: old.UUID, newUuid: uuid }]);
    expectMoved();
    expect(server.only().UUID).toBe(uuid);
    expect(await positions()).toEqual(now);
    await poller.leave();
  });

  test.each(['function', 'uuid'])(
    'run again from the start (--recreate), it stops that too, named by its %s',
    async (by) => {
      const uuid = await killedAfterCreation();
      const named = wish(by === 'uuid' ? { uuid: old.UUID, functionName: undefined } : {});
      const atUpdate: (number | undefined)[] = [];
      server.beforeEach(async (action) => {
        if (action === 'Update') atUpdate.push(await records());
        return undefined;
      });
      await client.commitOffsets(GROUP, [{ topic: target, partition: 0, offset: 60 }]);
      const report = await runRestore(job({ lambda: [named] }), context().run, { recreate: true });
      expect(atUpdate).toEqual([RECORDS]);
      expect(report.mappings).toMatchObject([{ uuid, newUuid: server.only().UUID }]);
      expectMoved();
      expect(await positions()).toEqual([COMMITTED, COMMITTED]);
    },
  );
});

test('a dry run tells what becomes of the mappings, and changes nothing', async () => {
  const { notes } = await planRestore(job({ dryRun: true, consumerGroups: ['order-*'] }), context().run);
  expect(notes).toEqual([
    `event source mapping ${old.UUID} is made again as order-processor on ${target} of dr and goes on at the offsets of ${GROUP}`,
  ]);
  expect(actions()).toEqual([]);
  expect(server.only()).toMatchObject({ UUID: old.UUID, State: 'Enabled' });
  expect(await records()).toBeUndefined();
});

test('no mapping can go on in a topic that is repartitioned', async () => {
  const repartitioning = { [target]: { strategy: 'murmur2' as const, partitions: 3 } };
  await expect(runRestore(job({ repartitioning }), context().run)).rejects.toMatchObject({
    code: 'GROUP_REPARTITIONED',
    message: expect.stringContaining('strategy: reset'),
  });
  expect(server.only()).toMatchObject({ UUID: old.UUID, State: 'Enabled' });
  await runRestore(job({ repartitioning, lambda: [wish({ strategy: 'reset' })] }), context().run);
  expectMoved('reset');
});

test('the pollers of a mapping may leave late: the group is waited for', async () => {
  const poller = await client.consumer(GROUP, 'orders');
  let left: Promise<void> | undefined;
  const { run } = context(undefined, () => {
    left ??= sleep(2_000).then(() => poller.leave());
  });
  await runRestore(job(), run);
  await left;
  expectMoved();
  expect(await positions()).toEqual([COMMITTED, COMMITTED]);
});

describe('a restore that fails in between', () => {
  test('tells what is stopped and how it reads again without the restore; run again, it ends well', async () => {
    const mend = await damagePack();
    const { run, notes } = context();
    await expect(runRestore(job(), run)).rejects.toMatchObject({ kind: 'data' });
    expect(server.only()).toMatchObject({ UUID: old.UUID, State: 'Disabled' });
    expect(notes).toContain(`event source mapping ${old.UUID} (order-processor on ${target} of dr) is stopped`);

    // It may be long until the archive is mended: the source, which is still there, is read on meanwhile.
    await typed(hintIn(notes));
    expect(server.only()).toMatchObject({
      UUID: old.UUID,
      State: 'Enabled',
      EventSourceArn: server.clusterArn('shop'),
    });

    await mend();
    await runRestore(job(), context().run);
    expectMoved();
    expect(await records()).toBe(RECORDS);
  });

  test('when Lambda refuses the new mapping, the command in the message makes it from the journal', async () => {
    refuseCreation();
    const { run, notes } = context();
    const error = await runRestore(job(), run).catch((it: Error) => it);
    expect(error).toMatchObject({ code: 'LAMBDA_REFUSED', message: expect.stringContaining('The role may not.') });
    expect(server.mappings.size).toBe(0);
    expect(hintIn([(error as Error).message])).toBe(hintIn(notes));
    await typed(hintIn(notes));
    expectMoved();

    // Lambda reads: the restore neither stops it nor sets its group back, and has nothing left to do.
    const { UUID } = server.only();
    const poller = await client.consumer(GROUP, target);
    await poller.take(10);
    await poller.commit();
    const now = await positions();
    const before = actions().length;
    const again = await runRestore(job(), context().run);
    expect(again.interrupted).toBe(false);
    expect(actions().slice(before)).toEqual(['Delete']); // Of the old one, in case that was lost.
    expect(server.only()).toMatchObject({ UUID, State: 'Enabled' });
    expect(await positions()).toEqual(now);
    await poller.leave();
  });

  test('stopped by a signal, it leaves the mapping stopped, and goes on when it is run again', async () => {
    const stop = new AbortController();
    const { run, notes } = context(stop.signal, () => stop.abort());
    const slow = { rateLimitRecordsPerSec: 50 };
    const stopped = await runRestore(job(slow), run);
    expect(stopped.interrupted).toBe(true);
    expect(server.only()).toMatchObject({ UUID: old.UUID, State: 'Disabled' });
    expect(notes).toContain(`event source mapping ${old.UUID} (order-processor on ${target} of dr) is stopped`);
    expect(hintIn(notes)).toContain(storage.path);
    await runRestore(job(), context().run);
    expectMoved();
    expect(await records()).toBe(RECORDS);
  });
});

describe('a restore that has ended well and is run again', () => {
  test('leaves alone what Lambda reads', async () => {
    const given = { consumerGroups: ['order-*'], topicMapping: { orders: target }, lambda: [wish()] };
    await restore(kafka, storage, given);
    const { UUID } = server.only();
    const before = actions().length;
    const poller = await client.consumer(GROUP, target);
    await poller.take(10);
    await poller.commit();
    const now = await positions();
    const again = await restore(kafka, storage, given);
    expect(again.mappings).toBeUndefined();
    expect(again.groups).toBeUndefined();
    expect(again.plan.notes).toContainEqual(expect.stringMatching(`^left alone, .*: group ${GROUP}; `));
    expect(actions()).toHaveLength(before);
    expect(server.only()).toMatchObject({ UUID, State: 'Enabled' });
    expect(await positions()).toEqual(now);
    await poller.leave();
  });

  test.each(['function', 'uuid'])(
    'from the start (--recreate), it stops the mapping again, named by its %s',
    async (by) => {
      const named = wish(by === 'uuid' ? { uuid: old.UUID, functionName: undefined } : {});
      const given = { topicMapping: { orders: target }, lambda: [named] };
      await restore(kafka, storage, given);
      const { UUID } = server.only();
      await client.commitOffsets(GROUP, [{ topic: target, partition: 0, offset: 60 }]);
      const { topicId } = await client.describeTopic(target);
      const atUpdate: string[] = [];
      server.beforeEach(async (action) => {
        if (action === 'Update') atUpdate.push((await client.describeTopic(target)).topicId);
        return undefined;
      });
      const report = await restore(kafka, storage, given, { recreate: true });
      expect(atUpdate).toEqual([topicId]);
      expect((await client.describeTopic(target)).topicId).not.toBe(topicId);
      expect(report.mappings).toMatchObject([{ uuid: UUID, newUuid: server.only().UUID }]);
      expect(server.only().UUID).not.toBe(UUID);
      expectMoved();
      expect(await positions()).toEqual([COMMITTED, COMMITTED]);
    },
  );
});

describe('with the archive in S3', () => {
  let aws: AwsEmulator;
  let s3: StorageLocation;

  beforeAll(async () => {
    aws = await startMinistack({ regions: ['us-west-2'] });
    await aws.createBucket('kafka-backups', { region: 'us-west-2' });
    s3 = {
      backend: 's3',
      bucket: 'kafka-backups',
      prefix: 'orders of the shop',
      region: 'us-west-2',
      endpoint: aws.endpoint,
      pathStyle: true,
      maxConcurrentUploads: 4,
    };
    await backUp(kafka, ['orders'], s3);
  }, 60_000);
  afterAll(() => aws?.stop());

  test('the message holds the command as it has to be typed, and it does what it says', async () => {
    refuseCreation();
    const { run, notes } = context();
    await expect(runRestore({ ...job(), storage: s3 }, run)).rejects.toMatchObject({ code: 'LAMBDA_REFUSED' });
    expect(server.mappings.size).toBe(0);
    const command = hintIn(notes);
    expect(command).toMatch(
      /'s3:\/\/kafka-backups\/orders%20of%20the%20shop-restores\/\w+\/\d{8}-mappings\.json\?region=us-west-2&/,
    );
    await typed(command);
    expectMoved();
    await runRestore({ ...job(), storage: s3 }, context().run);
    expectMoved();
  });
});

function refuseCreation(): void {
  server.refuse('Create', { status: 400, name: 'InvalidParameterValueException', message: 'The role may not.' });
}

/** The command that a message ends with. */
function hintIn(messages: string[]): string {
  const command = /: (msk-backup esm resume --from .*)$/.exec(messages.find((it) => it.includes('esm resume')) ?? '');
  if (command === null) throw new Error(`no command in ${messages.join('\n')}`);
  return command[1]!;
}

/** What somebody does who has only the message: types it into a shell, on another machine. */
async function typed(command: string): Promise<void> {
  const cwd = await mkdtemp(join(directory, 'shell-'));
  const script = `msk-backup() { "$NODE" "$MAIN" "$@"; }; ${command}`;
  const env = { ...process.env, ...CREDENTIALS, NODE: process.execPath, MAIN };
  const child = spawn('bash', ['-c', script], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk));
  const code = await new Promise((resolve, reject) => child.on('error', reject).on('close', resolve));
  if (code !== 0) throw new Error(`${command}\nended with ${code}:\n${output}`);
}

/** Flips a bit in the middle of a pack. @returns what mends it */
async function damagePack(): Promise<() => Promise<void>> {
  const found = (await readdir(join(storage.path, 'packs'), { recursive: true })).find((name) =>
    name.endsWith('.pack'),
  );
  const path = join(storage.path, 'packs', found!);
  const good = await readFile(path);
  const bad = Buffer.from(good);
  bad[Math.floor(bad.length / 4)]! ^= 1;
  await writeFile(path, bad);
  const mend = () => writeFile(path, good);
  onTestFinished(mend);
  return mend;
}
