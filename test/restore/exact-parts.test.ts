import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { resolveSnapshot } from '../../runtime/src/archive/resolve-snapshot.ts';
import type { StorageLocation } from '../../runtime/src/config/job.ts';
import { openStore } from '../../runtime/src/storage/open-store.ts';
import { TestArchive } from '../support/archive/backup.ts';
import { type KafkaCluster, startKafka } from '../support/kafka/cluster.ts';
import { type JavaClient, javaClient } from '../support/kafka/java-client.ts';
import { beginningAtRecords, expectToRead, only, type View, viewOf } from './exact-judge.ts';
import { backUp, newStorage, restore } from './harness.ts';

const START = Date.now() - 3_600_000;
/** Milliseconds after `START`. */
const at = (offset: number) => START + offset;

let kafka: KafkaCluster;
let client: JavaClient;

beforeAll(async () => {
  kafka = await startKafka();
  client = javaClient(kafka);
}, 120_000);
afterAll(() => kafka?.stop());

/** Transactions of some records in each partition, every third aborted; timestamps in no order. */
async function transact(topic: string, partitions: number[], rounds: number, perRound: number) {
  const producer = await client.producer({ 'transactional.id': topic, 'compression.type': 'zstd' });
  for (let round = 0; round < rounds; round++) {
    await producer.begin();
    const records = partitions.flatMap((partition) =>
      Array.from({ length: perRound }, (_, n) => ({
        partition,
        key: `${n}`,
        value: `${round}/${n}`,
        timestamp: at((((round * perRound + n) * 7919) % 1000) * 10),
      })),
    );
    await producer.send(topic, records);
    await (round % 3 === 2 ? producer.abort() : producer.commit());
  }
  await producer.close();
}

describe('of the records', () => {
  let storage: StorageLocation;
  let view: View;
  let remove: () => Promise<void>;

  beforeAll(async () => {
    await client.createTopic('times', { partitions: 3 });
    await transact('times', [0, 1], 9, 40);
    await client.deleteRecords('times', { 1: 50 });
    const archive = await TestArchive.create();
    remove = () => archive.remove();
    storage = await backUp(kafka, ['times'], { backend: 'filesystem', path: archive.path, prefix: '' });
    view = await viewOf(client, 'times');
  });
  afterAll(() => remove());

  test.each([
    ['both', at(2000), at(7000)],
    ['until', undefined, at(3000)],
    ['since', at(6000), undefined],
    ['none', at(20_000), at(30_000)],
  ])('those of a time: %s', async (name, start, end) => {
    const target = `times-${name}`;
    const report = await restore(
      kafka,
      storage,
      {
        offsets: 'exact',
        topicMapping: { times: target },
        timeWindow: { ...(start !== undefined && { start }), ...(end !== undefined && { end }) },
      },
      { verifyRead: true },
    );
    const wanted = only(view, ({ timestamp }) => timestamp >= (start ?? 0) && timestamp <= (end ?? Infinity));
    expect(report.readBack).toEqual({ records: wanted.records.length, differences: [] });
    await expectToRead(kafka, target, wanted);
  });

  test('those of one partition, into another one', async () => {
    const over = {
      offsets: 'exact' as const,
      topicMapping: { times: 'moved' },
      sourcePartitions: [1],
      partitionMapping: new Map([[1, 2]]),
    };
    await restore(kafka, storage, over);
    const { records, offsets } = beginningAtRecords(view);
    const nothing = { start: 0, end: 0 };
    const moved = {
      records: records.filter(({ partition }) => partition === 1).map((record) => ({ ...record, partition: 2 })),
      offsets: [nothing, nothing, offsets[1]!],
    };
    await expectToRead(kafka, 'moved', moved);
  });

  test('a partition beyond those of the source: more are made, and the same restore goes on with as many', async () => {
    const over = {
      offsets: 'exact' as const,
      topicMapping: { times: 'beyond' },
      partitionMapping: new Map([[0, 4]]),
    };
    await restore(kafka, storage, over);
    const { records, offsets } = beginningAtRecords(view);
    const nothing = { start: 0, end: 0 };
    const beyond = {
      records: records
        .map((record) => (record.partition === 0 ? { ...record, partition: 4 } : record))
        .sort((a, b) => a.partition - b.partition),
      offsets: [nothing, offsets[1]!, offsets[2]!, nothing, offsets[0]!],
    };
    await expectToRead(kafka, 'beyond', beyond);
    expect((await restore(kafka, storage, over)).plan.topics[0]!.action).toBe('resume');
    await expectToRead(kafka, 'beyond', beyond);
  });
});

test('what the source has deleted since, at its offsets', async () => {
  await client.createTopic('expired', { partitions: 2 });
  await transact('expired', [0, 1], 6, 10);
  const storage = await backUp(kafka, ['expired'], await newStorage());
  const whole = await viewOf(client, 'expired');
  await client.deleteRecords('expired', { 0: 25, 1: 66 });
  await backUp(kafka, ['expired'], storage, { backupId: 'later' });
  const left = await viewOf(client, 'expired');
  await restore(kafka, storage, { offsets: 'exact', topicMapping: { expired: 'left' } });
  await expectToRead(kafka, 'left', beginningAtRecords(left));
  await restore(kafka, storage, { offsets: 'exact', topicMapping: { expired: 'all' }, includeExpired: true });
  await expectToRead(kafka, 'all', beginningAtRecords(whole));
  const timeWindow = { start: at(0), end: at(5000) };
  const over = { offsets: 'exact' as const, timeWindow, includeExpired: true };
  await restore(kafka, storage, { ...over, topicMapping: { expired: 'all-early' } });
  await expectToRead(
    kafka,
    'all-early',
    only(whole, ({ timestamp }) => timestamp <= at(5000)),
  );
});

test('topics and partitions without a record end where they did', async () => {
  await client.createTopic('nothing', { partitions: 2 });
  await client.createTopic('emptied', { partitions: 3 });
  await transact('emptied', [0, 1], 4, 10);
  const [{ end }] = (await client.offsets('emptied')) as [{ start: number; end: number }];
  await client.deleteRecords('emptied', { 0: end });
  const aborting = await client.producer({ 'transactional.id': 'nothing' });
  await aborting.begin();
  await aborting.send('nothing', [{ partition: 1, value: 'aborted' }]);
  await aborting.abort();
  const storage = await backUp(kafka, ['nothing', 'emptied']);
  const [nothing, emptied] = [await viewOf(client, 'nothing'), await viewOf(client, 'emptied')];
  const topicMapping = { nothing: 'nothing-again', emptied: 'emptied-again' };
  const report = await restore(kafka, storage, { offsets: 'exact', topicMapping }, { verifyRead: true });
  expect(report.plan).toMatchObject({ leadingOffsets: end + 2, records: 30 });
  await expectToRead(kafka, 'nothing-again', beginningAtRecords(nothing));
  await expectToRead(kafka, 'emptied-again', beginningAtRecords(emptied));
  const producer = await client.producer();
  expect(await producer.send('emptied-again', [{ partition: 0, value: 'next' }])).toEqual([
    { partition: 0, offset: end },
  ]);
});

test('a partial snapshot ends where it had come to', async () => {
  await client.createTopic('partial');
  await transact('partial', [0], 60, 50);
  const archive = await TestArchive.create();
  const stop = new AbortController();
  try {
    const { snapshots } = await archive.run(kafka, ['partial'], {
      backupId: 'stopped',
      signal: stop.signal,
      job: { fetchMaxBytes: 2_000, packBytes: 1_000_000, bufferBytes: 1_000_000 },
      onAdvance: () => stop.abort(),
    });
    expect(snapshots).toMatchObject([{ kind: 'partial' }]);
    const store = await openStore({ backend: 'filesystem', path: archive.path, prefix: '' });
    const snapshot = await resolveSnapshot(store, 'stopped', { allowPartial: true });
    const { reached, cut } = snapshot.topics[0]!.partitions[0]!;
    expect(reached).toBeGreaterThan(0);
    expect(reached).toBeLessThan(cut);
    const location: StorageLocation = { backend: 'filesystem', path: archive.path, prefix: '' };
    const state: StorageLocation = { backend: 'filesystem', path: `${archive.path}/restores`, prefix: '' };
    await restore(kafka, location, {
      offsets: 'exact',
      backupId: 'stopped',
      state,
      topicMapping: { partial: 'partial-again' },
    });
    const { records } = await viewOf(client, 'partial');
    const view = { records: records.filter(({ offset }) => offset < reached), offsets: [{ start: 0, end: reached }] };
    await expectToRead(kafka, 'partial-again', view);
  } finally {
    await archive.remove();
  }
});
