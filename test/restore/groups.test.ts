import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { StorageLocation } from '../../runtime/src/config/job.ts';
import { RestoreJournal } from '../../runtime/src/journal/journal.ts';
import { stateLocation } from '../../runtime/src/journal/state-location.ts';
import { planRestore } from '../../runtime/src/restore/run.ts';
import { openStore } from '../../runtime/src/storage/open-store.ts';
import { runCli } from '../cli/run-cli.ts';
import { type KafkaCluster, startKafka } from '../support/kafka/cluster.ts';
import { type JavaClient, javaClient, type ReadRecord } from '../support/kafka/java-client.ts';
import { backUp, context, restore, restoreJob } from './harness.ts';

let kafka: KafkaCluster;
let client: JavaClient;
let directory: string;
let storage: Extract<StorageLocation, { backend: 'filesystem' }>;
/** What the source held when it was backed up. */
let records: ReadRecord[];
let ends: number[];

/** Groups that stand at every offset of partition 0: `at-0`, `at-1` and so on. */
const at = (offset: number) => `at-${offset}`;

beforeAll(async () => {
  kafka = await startKafka();
  client = javaClient(kafka);
  directory = await mkdtemp(join(tmpdir(), 'msk-backup-restored-groups-'));
  storage = { backend: 'filesystem', path: join(directory, 'archive'), prefix: '' };
  for (const topic of ['orders', 'audit']) await client.createTopic(topic, { partitions: 2 });

  // Committed, aborted, committed, aborted: and the first records are deleted.
  const producer = await client.producer({ 'transactional.id': 'orders' });
  for (let round = 0; round < 4; round++) {
    await producer.begin();
    await producer.send(
      'orders',
      Array.from({ length: 6 }, (_, n) => ({ partition: 0, key: `${n}`, value: `round ${round}, record ${n}` })),
    );
    await (round % 2 === 1 ? producer.abort() : producer.commit());
  }
  await client.deleteRecords('orders', { 0: 3 });
  await (await client.producer()).send('audit', [{ partition: 1, value: 'seen' }]);
  // Of partition 1 the rest belongs to a transaction that is still open at the cut.
  const plain = await client.producer();
  await plain.send(
    'orders',
    Array.from({ length: 5 }, (_, n) => ({ partition: 1, key: `${n}`, value: `early ${n}` })),
  );
  const open = await client.producer({ 'transactional.id': 'open' });
  await open.begin();
  await open.send(
    'orders',
    Array.from({ length: 5 }, (_, n) => ({ partition: 1, value: `open ${n}` })),
  );

  ends = (await client.offsets('orders')).map(({ end }) => end);
  for (let offset = 0; offset <= ends[0]!; offset++) {
    await client.commitOffsets(at(offset), [{ topic: 'orders', partition: 0, offset, metadata: `metadata ${offset}` }]);
  }
  await client.commitOffsets('ahead', [
    { topic: 'orders', partition: 1, offset: 9 },
    { topic: 'audit', partition: 1, offset: 1 },
  ]);
  await client.commitOffsets('auditors', [{ topic: 'audit', partition: 1, offset: 0 }]);
  await backUp(kafka, ['orders', 'audit'], storage);
  records = await client.readAll('orders');
  await open.abort();
}, 120_000);
afterAll(async () => {
  await kafka?.stop();
  if (directory !== undefined) await rm(directory, { recursive: true, force: true });
});

/** Committed offsets of a group on one topic, by partition. */
async function positions(group: string, topic: string): Promise<Record<number, number>> {
  const found = (await client.groupOffsets(group)).filter((it) => it.topic === topic);
  return Object.fromEntries(found.map(({ partition, offset }) => [partition, offset]));
}

async function exists(topic: string): Promise<boolean> {
  return client.describeTopic(topic).then(
    () => true,
    () => false,
  );
}

describe.each(['exact', 'translate'] as const)('with offsets: %s', (offsets) => {
  const target = `orders-${offsets}`;
  const over = { offsets, topics: { include: ['orders'], exclude: [] }, topicMapping: { orders: target } };

  test('a group stands at the first record at or after its offset, wherever that was', async () => {
    const report = await restore(kafka, storage, { ...over, consumerGroups: ['at-*', 'ahead'] });
    const of0 = records.filter(({ partition }) => partition === 0);
    expect(of0.map(({ offset }) => offset)).toEqual([3, 4, 5, 14, 15, 16, 17, 18, 19]);
    const restored = (await client.readAll(target)).filter(({ partition }) => partition === 0);
    expect(restored.map(({ value }) => value)).toEqual(of0.map(({ value }) => value));

    const [end0, end1] = (await client.offsets(target)).map(({ end }) => end);
    for (let offset = 0; offset <= ends[0]!; offset++) {
      const next = of0.findIndex((record) => record.offset >= offset);
      const expected = {
        topic: target,
        partition: 0,
        offset: restored[next]?.offset ?? end0,
        metadata: `metadata ${offset}`,
      };
      expect((await client.groupOffsets(at(offset))).filter(({ topic }) => topic === target)).toEqual([expected]);
    }
    // It had read what was never committed: it stands at the end, where the next record will be.
    expect(await positions('ahead', target)).toEqual({ 1: end1 });
    expect(end1).toBe(5);

    expect(report.groups!.committed).toBe(ends[0]! + 2);
    const ahead = report.groups!.groups.find(({ groupId }) => groupId === 'ahead');
    expect(ahead!.leftOut).toEqual([{ topic: 'audit', partition: 1, offset: 1, reason: 'topic-not-restored' }]);
    expect(await positions('auditors', 'audit')).toEqual({ 1: 0 });
  });

  test('groups undo puts back what they had', async () => {
    const config = join(directory, `${offsets}.yaml`);
    const servers = kafka.bootstrapServers.join(',');
    await writeFile(
      config,
      `mode: restore\ntarget: {bootstrap_servers: "${servers}"}\nstorage: {backend: filesystem, path: ${storage.path}}\n`,
    );
    const { run } = context();
    const { restoreId } = await planRestore(restoreJob(kafka, storage, over), run);
    const { code, stdout, stderr } = await runCli(['groups', 'undo', '--config', config, '--restore', restoreId]);
    expect([code, stderr]).toEqual([0, expect.any(String)]);
    expect(stdout).toContain(`put back ${ends[0]! + 2} offsets`);
    for (const group of [at(0), at(9), at(ends[0]!), 'ahead']) expect(await positions(group, target)).toEqual({});
    expect(await positions(at(9), 'orders')).toEqual({ 0: 9 });
  });
});

test('topics by another name, partitions by another number: groups follow', async () => {
  await client.createTopic('crossed', { partitions: 3 });
  const crossed = new Map([
    [0, 2],
    [1, 0],
  ]);
  await restore(kafka, storage, {
    topics: { include: ['orders'], exclude: [] },
    topicMapping: { orders: 'crossed' },
    partitionMapping: crossed,
    consumerGroups: [at(15), 'ahead'],
  });
  const [first, , third] = await client.offsets('crossed');
  expect(await positions(at(15), 'crossed')).toEqual({ 2: third!.end - 5 });
  expect(await positions('ahead', 'crossed')).toEqual({ 0: first!.end });
});

test('of a topic that is repartitioned groups get nothing, and are told why', async () => {
  const report = await restore(kafka, storage, {
    topicMapping: { orders: 'spread', audit: 'audit-again' },
    repartitioning: { spread: { strategy: 'murmur2', partitions: 4 } },
    consumerGroups: [at(15), 'ahead'],
  });
  expect(await positions(at(15), 'spread')).toEqual({});
  expect(await positions('ahead', 'spread')).toEqual({});
  expect(await positions('ahead', 'audit-again')).toEqual({ 1: 1 });
  const left = report.groups!.groups.map(({ groupId, leftOut }) => [groupId, leftOut.map(({ reason }) => reason)]);
  expect(left).toEqual([
    ['ahead', ['topic-repartitioned']],
    [at(15), ['topic-repartitioned']],
  ]);
  expect(report.groups!.remarks).toEqual([expect.stringContaining(`group ${at(15)} gets no offsets`)]);
  expect(report.notes).toEqual(expect.arrayContaining(report.groups!.remarks));
  expect(report.plan.notes).toContainEqual(expect.stringContaining('so no group is set on it'));
});

test('a group with a member is refused before anything is written', async () => {
  const job = { topicMapping: { orders: 'refused' }, topics: { include: ['orders'], exclude: [] } };
  const consumer = await client.consumer(at(4), 'orders');
  await expect(restore(kafka, storage, { ...job, consumerGroups: ['at-*'] })).rejects.toMatchObject({
    kind: 'configuration',
    code: 'GROUP_HAS_MEMBERS',
    message: expect.stringContaining(at(4)),
  });
  expect(await exists('refused')).toBe(false);
  const state = await openStore(stateLocation({ storage }));
  const { restoreId } = await planRestore(restoreJob(kafka, storage, job), context().run);
  expect((await RestoreJournal.open(state, restoreId)).keys).toEqual([]);

  // Others may go, and so may this one when nobody reads with it any more.
  await restore(kafka, storage, { ...job, consumerGroups: [at(5)] });
  expect(await positions(at(5), 'refused')).toEqual({ 0: 2 });
  await consumer.leave();
  await restore(kafka, storage, { ...job, consumerGroups: ['at-*'] });
  expect(await positions(at(4), 'refused')).toEqual({ 0: 1 });
});

test('what a group has read since is not read again when the restore is run again', async () => {
  const job = { topicMapping: { orders: 'twice' }, topics: { include: ['orders'], exclude: [] } };
  const first = await restore(kafka, storage, { ...job, consumerGroups: [at(4), at(5)] });
  expect(first.groups!.committed).toBe(2);
  const consumer = await client.consumer(at(4), 'twice');
  expect(await consumer.take(13)).toHaveLength(13);
  await consumer.commit();

  // While it reads, and when it has stopped. Others get their offsets meanwhile.
  const second = await restore(kafka, storage, { ...job, consumerGroups: [at(4), at(15)] });
  expect(second.groups!.groups.map(({ groupId }) => groupId)).toEqual([at(15)]);
  await consumer.leave();
  const third = await restore(kafka, storage, { ...job, consumerGroups: ['at-4', 'at-5'] });
  expect(third.groups).toBeUndefined();
  expect(third.plan.notes).toContainEqual(
    expect.stringMatching(/^left alone, .*: group at-4, at-5; msk-backup groups apply/),
  );
  expect(await positions(at(4), 'twice')).toEqual({ 0: 9, 1: 5 });

  // Made anew, the topic is another: there is nothing that the group has read of it.
  await restore(kafka, storage, { ...job, consumerGroups: [at(4)] }, { recreate: true });
  expect(await positions(at(4), 'twice')).toMatchObject({ 0: 1 });
});

describe('a dry run', () => {
  const topicMapping = { orders: 'planned', audit: 'audit-planned' };

  test('tells the groups, and commits nothing', async () => {
    const job = restoreJob(kafka, storage, { topicMapping, consumerGroups: ['at-*', 'nobody-*'], dryRun: true });
    const { notes } = await planRestore(job, context().run);
    expect(notes).toContain(`${ends[0]! + 1} consumer groups will stand at the same records as at the cut`);
    expect(notes).toContain('no group of the snapshot matches nobody-*');
    expect(await positions(at(4), 'planned')).toEqual({});
    expect(await exists('planned')).toBe(false);
  });

  test('counts all groups of the snapshot that read what is restored, when none is named', async () => {
    const topics = { include: ['audit'], exclude: [] };
    const { notes } = await planRestore(
      restoreJob(kafka, storage, { topics, topicMapping, consumerGroups: [] }),
      context().run,
    );
    expect(notes).toContain('2 consumer groups will stand at the same records as at the cut');
  });

  test('refuses a group that the snapshot does not have', async () => {
    const job = restoreJob(kafka, storage, { topicMapping, consumerGroups: ['at-7', 'auditor'] });
    await expect(planRestore(job, context().run)).rejects.toMatchObject({
      code: 'GROUP_NOT_IN_SNAPSHOT',
      message: expect.stringContaining('auditors'),
    });
  });
});
