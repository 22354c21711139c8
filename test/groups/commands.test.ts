import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import type { Snapshot } from '../../runtime/src/archive/snapshot.ts';
import { RestoreJournal } from '../../runtime/src/journal/journal.ts';
import type { OffsetsBody } from '../../runtime/src/journal/offset-map-object.ts';
import { FilesystemStore } from '../../runtime/src/storage/filesystem-store.ts';
import { runCli } from '../cli/run-cli.ts';
import { CREDENTIALS } from '../mappings/credentials.ts';
import { LambdaServer } from '../mappings/lambda-server.ts';
import { TestArchive } from '../support/archive/backup.ts';
import { type KafkaCluster, startKafka } from '../support/kafka/cluster.ts';
import { type JavaClient, javaClient } from '../support/kafka/java-client.ts';

const RESTORE = '00000000000000aa';
const EARLIER = '00000000000000ab';
const GONE = 'amazon.lambda.00000000-1111-2222-3333-444444444444';

let cluster: KafkaCluster;
let java: JavaClient;
let archive: TestArchive;
let lambda: LambdaServer;
/** Of the mapping that the Lambda server has. */
let lambdaGroup: string;
let snapshot: Snapshot;
let directory: string;
let config: string;

const committed = (topic: string, partition: number, offset: number, metadata = '') => ({
  topic,
  partition,
  offset,
  metadata,
});

/** A cluster with groups, a snapshot of it, and a restore of that snapshot to `orders-dr` of the same cluster. */
beforeAll(async () => {
  [cluster, archive, lambda, directory] = await Promise.all([
    startKafka(),
    TestArchive.create(),
    LambdaServer.start(),
    mkdtemp(join(tmpdir(), 'msk-backup-groups-cli-')),
  ]);
  java = javaClient(cluster);
  lambdaGroup = `amazon.lambda.${lambda.add().UUID}`;
  for (const topic of ['orders', 'orders-dr', 'audit']) await java.createTopic(topic, { partitions: 2 });
  const producer = await java.producer();
  for (const topic of ['orders', 'orders-dr', 'audit']) {
    await producer.send(
      topic,
      Array.from({ length: 60 }, (_, n) => ({ value: `${n}`, partition: n % 2 })),
    );
  }
  await producer.close();
  await java.commitOffsets('billing', [
    committed('orders', 0, 10, 'm'),
    committed('orders', 1, 30),
    committed('audit', 0, 1),
  ]);
  await java.commitOffsets(lambdaGroup, [committed('orders', 0, 25)]);
  await java.commitOffsets(GONE, [committed('orders', 1, 5)]);
  snapshot = await archive.backup(cluster, ['orders', 'audit']);
  await note(EARLIER, 'another-cluster');
  await note(RESTORE, snapshot.cluster.id);
  config = join(directory, 'restore.yaml');
  await writeFile(
    config,
    `mode: restore\ntarget: {bootstrap_servers: "${cluster.bootstrapServers.join(',')}"}\nstorage: {backend: filesystem, path: ${archive.path}}\n`,
  );
});

afterAll(async () => {
  await Promise.all([cluster?.stop(), archive?.remove(), lambda?.stop()]);
  for (const path of [directory, `${archive?.path}-restores`]) await rm(path, { recursive: true, force: true });
});

/** What a restore writes down: source offsets 0-9 at 0, 20-29 at 10; the log ends at 30. */
async function note(restoreId: string, clusterId: string): Promise<void> {
  const { backupId, sequence, archiveId } = snapshot;
  const source = { clusterId: snapshot.cluster.id };
  const target = { clusterId };
  const journal = await RestoreJournal.open(new FilesystemStore(`${archive.path}-restores`), restoreId);
  const common = {
    snapshot: { backupId, sequence, archiveId, cutTime: snapshot.cut.time },
    source,
    target,
    offsets: 'translate',
  };
  await journal.append('started', { ...common, topics: [] });
  const ranges: [number, number, number][] = [
    [0, 0, 10],
    [20, 10, 10],
  ];
  const partitions = [0, 1].map((partition) => ({ source: partition, target: partition, end: 30, ranges }));
  const topics = [{ source: 'orders', target: 'orders-dr', partitions }];
  await journal.append('offsets', { restoreId, ...common, topics } as OffsetsBody);
}

async function groups(...args: string[]) {
  const { code, stdout, stderr } = await runCli(['groups', ...args, '--config', config]);
  return { code, stdout, stderr };
}

async function json(...args: string[]) {
  const { code, stdout } = await groups(...args, '--json');
  return { code, ...JSON.parse(stdout) };
}

const atTarget = async (group: string) => (await java.groupOffsets(group)).filter(({ topic }) => topic === 'orders-dr');

describe('groups plan, apply, undo', () => {
  test('plan prints what apply commits, and commits nothing', async () => {
    const { code, stdout } = await groups('plan', '--group', 'billing');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^restore {3}00000000000000aa$/m);
    expect(stdout).toMatch(/^billing +orders-dr +0 +10 +10 +- +set$/m);
    expect(stdout).toMatch(/^billing +orders-dr +1 +30 +30 +- +set$/m);
    expect(stdout).toMatch(/^left out: billing, 1 partition of audit: the topic was not restored$/m);
    expect(await atTarget('billing')).toEqual([]);

    const plan = await json('plan');
    expect(plan).toMatchObject({ code: 0, restoreId: RESTORE, snapshot: { backupId: snapshot.backupId }, remarks: [] });
    expect(plan.groups.map(({ groupId }: { groupId: string }) => groupId).sort()).toEqual(
      [GONE, lambdaGroup, 'billing'].sort(),
    );
  });

  test('apply commits, undo puts back; both say so and may be repeated', async () => {
    await java.commitOffsets(lambdaGroup, [committed('orders-dr', 0, 3, 'before')]);
    const applied = await json('apply', '--group', 'amazon.lambda.*', '--group', 'billing');
    expect(applied).toMatchObject({ code: 0, committed: 4 });
    expect(await atTarget('billing')).toEqual([committed('orders-dr', 0, 10, 'm'), committed('orders-dr', 1, 30)]);
    expect(await atTarget(lambdaGroup)).toEqual([committed('orders-dr', 0, 15)]);
    expect(await atTarget(GONE)).toEqual([committed('orders-dr', 1, 5)]);
    const again = await groups('apply');
    expect(again).toMatchObject({ code: 0, stdout: expect.stringContaining('all of them stand there already') });
    expect(again.stdout).toMatch(/ +30 +30 +30 +same$/m);

    const undone = await groups('undo');
    expect(undone.code).toBe(0);
    expect(undone.stdout).toMatch(new RegExp(`^${lambdaGroup} +orders-dr +0 +15 +3$`, 'm'));
    expect(undone.stdout).toMatch(/^billing +orders-dr +1 +30 +-$/m);
    expect(undone.stdout).toMatch(/^put back 4 offsets$/m);
    expect(await atTarget(lambdaGroup)).toEqual([committed('orders-dr', 0, 3, 'before')]);
    expect(await atTarget('billing')).toEqual([]);
    expect(await json('undo', '--restore', RESTORE)).toMatchObject({ code: 0, changed: 0 });
  });

  test('groups with members: told by plan, refused by apply', async () => {
    const member = await java.consumer('billing', 'orders-dr');
    const { stdout } = await groups('plan', '--group', 'billing');
    expect(stdout).toMatch(/^note: group billing has members: nothing is applied before its consumers are stopped$/m);
    const { code, error } = await json('apply');
    expect({ code, error }).toMatchObject({ code: 3, error: { kind: 'configuration', code: 'GROUP_HAS_MEMBERS' } });
    expect(await atTarget(GONE)).toEqual([]);
    await member.leave();
  });

  test('moved offsets are undone by force only', async () => {
    const group = ['--group', GONE];
    expect(await json('apply', ...group)).toMatchObject({ code: 0, committed: 1 });
    await java.commitOffsets(GONE, [committed('orders-dr', 1, 8)]);
    expect(await json('undo')).toMatchObject({ code: 3, error: { code: 'GROUP_OFFSETS_MOVED' } });
    expect(await json('undo', '--force')).toMatchObject({ code: 0, changed: 1 });
    expect(await atTarget(GONE)).toEqual([]);
  });

  test.each([
    [['plan', '--group', 'biling'], 'GROUP_NOT_IN_SNAPSHOT', 'near ones: billing'],
    [['plan', '--restore', 'ffff'], 'RESTORE_UNKNOWN', `the newest are ${RESTORE}`],
    [['apply', '--restore', EARLIER], 'RESTORE_ELSEWHERE', 'went to cluster another-cluster'],
  ])('refused: %j', async (args, code, message) => {
    expect(await json(...args)).toMatchObject({ code: 3, error: { code, message: expect.stringContaining(message) } });
  });
});

describe('the Lambda function behind a group', () => {
  const aws = () => ({ ...CREDENTIALS, AWS_REGION: lambda.region, AWS_ENDPOINT_URL_LAMBDA: lambda.endpoint });
  const list = (env: Record<string, string>, ...args: string[]) =>
    runCli(['groups', '--path', archive.path, ...args], { env });
  const asked = () => lambda.requests.length;

  test('is named, in a snapshot and in a cluster', async () => {
    const { code, stdout } = await list(aws());
    expect(code).toBe(0);
    expect(stdout).toMatch(new RegExp(`^${lambdaGroup} +order-processor +orders +0 +25 +30 +5$`, 'm'));
    expect(stdout).toMatch(new RegExp(`^${GONE} +orders +1 +5 `, 'm'));
    expect(stdout).not.toContain('function unknown');
    const now = await runCli(['groups', '--cluster', '--config', config, '--json'], { env: aws() });
    const named = JSON.parse(now.stdout).groups.find(({ groupId }: { groupId: string }) => groupId === lambdaGroup);
    expect(named.function).toBe(lambda.functionArn('order-processor'));
  });

  test('without access is said to be unknown, once, with the reason; the groups are shown all the same', async () => {
    lambda.beforeEach(() => ({ status: 403, name: 'AccessDeniedException', message: 'not authorized to perform it' }));
    const { code, stdout } = await list(aws());
    lambda.beforeEach(undefined);
    expect(code).toBe(0);
    expect(stdout.match(/function unknown: /g)).toHaveLength(1);
    expect(stdout).toMatch(/^function unknown: .*access denied: allow lambda:GetEventSourceMapping/m);
    expect(stdout).toMatch(new RegExp(`^${lambdaGroup} +orders +0 +25 +30 +5$`, 'm'));
  });

  test('without a region or credentials: the same', async () => {
    for (const name of ['AWS_REGION', 'AWS_DEFAULT_REGION', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']) {
      vi.stubEnv(name, undefined);
    }
    onTestFinished(() => {
      vi.unstubAllEnvs();
    });
    const { AWS_REGION: _, ...keys } = aws();
    const withoutRegion = await list(keys, '--json');
    expect(JSON.parse(withoutRegion.stdout).functionUnknown).toMatch(/no region is known: set .*--region/);
    expect((await list(keys, '--region', lambda.region)).stdout).toContain('order-processor');
    const { AWS_ACCESS_KEY_ID: _id, AWS_SECRET_ACCESS_KEY: _secret, ...nobody } = aws();
    const withoutKeys = await list(nobody);
    expect(withoutKeys.code).toBe(0);
    expect(withoutKeys.stdout).toMatch(/^function unknown: .*no AWS credentials/m);
  });

  test('is not asked for with --no-lambda, nor without such groups', async () => {
    const before = asked();
    const { stdout } = await list(aws(), '--no-lambda', '--json');
    expect(JSON.parse(stdout)).not.toHaveProperty('functionUnknown');
    expect(asked()).toBe(before);
  });
});
