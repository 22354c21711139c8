import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RestoreJob, StorageLocation } from '../../runtime/src/config/job.ts';
import type { ProgressBody } from '../../runtime/src/journal/entries.ts';
import { RestoreJournal } from '../../runtime/src/journal/journal.ts';
import { stateLocation } from '../../runtime/src/journal/state-location.ts';
import { planRestore, runRestore } from '../../runtime/src/restore/run.ts';
import { openStore } from '../../runtime/src/storage/open-store.ts';
import { type KafkaCluster, startKafka } from '../support/kafka/cluster.ts';
import { type JavaClient, javaClient, type ReadRecord, type RecordToSend } from '../support/kafka/java-client.ts';
import { backUp, context, newStorage, restore, restoreJob } from './harness.ts';
import { killedWhen } from './killed.ts';

let kafka: KafkaCluster;
let client: JavaClient;
beforeAll(async () => {
  kafka = await startKafka();
  client = javaClient(kafka);
}, 120_000);
afterAll(() => kafka?.stop());

const PARTITIONS = 7;
const START = Date.now() - 3_600_000;

function into(target: string, partitions = PARTITIONS): Pick<RestoreJob, 'repartitioning'> {
  return { repartitioning: { [target]: { strategy: 'murmur2', partitions } } };
}

/** One in five has no key. Every value is another, and says the record's place in the order. */
function orders(from: number, count: number): RecordToSend[] {
  return Array.from({ length: count }, (_, n) => ({
    key: (from + n) % 5 === 0 ? null : `customer ${(from + n) % 60}`,
    value: `${String(from + n).padStart(6, '0')} ${'x'.repeat((from + n) % 90)}`,
    timestamp: START + ((from + n) % 13) * 1000,
    headers: n % 2 === 0 ? [] : ([['trace', `${n}`]] as [string, string][]),
  }));
}

/** Everything but the place. */
const contentOf = ({ timestamp, key, value, headers }: ReadRecord) =>
  JSON.stringify([
    timestamp,
    key?.toString('latin1') ?? null,
    value?.toString('latin1') ?? null,
    headers.map(([name, bytes]) => [name, bytes?.toString('latin1') ?? null]),
  ]);
const keyed = (records: ReadRecord[]) => records.filter(({ key }) => key !== null);
/** By key: the partition of each record and what is in it, in the order of the topic. */
function byKey(records: ReadRecord[]): [string, string[]][] {
  const groups = Map.groupBy(keyed(records), ({ key }) => key!.toString('hex'));
  return [...groups]
    .map(([key, group]): [string, string[]] => [key, group.map((one) => `${one.partition} ${contentOf(one)}`)])
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

/**
 * What the Java client's producer makes of the records, in a topic of as many partitions: sent as they are at the source, one
 * partition after the other, since the order of a key is that of its partition.
 */
async function byJava(topic: string, records: ReadRecord[], partitions = PARTITIONS): Promise<ReadRecord[]> {
  await client.createTopic(topic, { partitions, config: { 'retention.ms': '-1' } });
  const producer = await client.producer();
  const toSend = keyed(records).map(({ key, value, timestamp, headers }) => ({ key, value, timestamp, headers }));
  for (let at = 0; at < toSend.length; at += 500) await producer.send(topic, toSend.slice(at, at + 500));
  return client.readAll(topic);
}

/** The same records, keyed ones where Java puts them and in order; those without a key spread. */
async function expectAsByJava(target: string, source: ReadRecord[], partitions = PARTITIONS): Promise<ReadRecord[]> {
  const found = await client.readAll(target, { isolation: 'read_uncommitted' });
  expect(found.map(contentOf).sort()).toEqual(source.map(contentOf).sort());
  expect(byKey(found)).toEqual(byKey(await byJava(`${target}-java`, source, partitions)));
  return found;
}

test.each(['none', 'gzip', 'snappy', 'lz4', 'zstd'])(
  'keys go where Java’s producer would put them, in their order, %s',
  async (codec) => {
    const topic = `orders-${codec}`;
    const target = `${topic}-again`;
    await client.createTopic(topic, { partitions: 3, config: { 'message.timestamp.type': 'CreateTime' } });
    const producer = await client.producer({ 'compression.type': codec, 'batch.size': '3000' });
    for (let from = 0, count = 1; from < 1500; from += count, count = (count * 3) % 101) {
      await producer.send(topic, orders(from, count));
    }
    const storage = await backUp(kafka, [topic]);
    const source = await client.readAll(topic);
    const job = restoreJob(kafka, storage, { topicMapping: { [topic]: target }, ...into(target) });
    const plan = await planRestore(job, context().run);
    expect(plan.topics[0]).toMatchObject({ action: 'create', partitions: 3, targetPartitions: 7, repartitioned: true });
    expect(plan.notes).toEqual([
      expect.stringMatching(
        /topic orders-\w+-again is repartitioned: the records of 3 partitions .* go to 7 by their keys/,
      ),
    ]);
    const report = await runRestore(job, context().run, { verifyRead: true });
    expect(report.readBack).toEqual({ records: source.length, differences: [] });
    const found = await expectAsByJava(target, source);
    expect(report.topics[0]!.spread!.sources.map(({ records }) => records)).toEqual(
      [0, 1, 2].map((partition) => source.filter((record) => record.partition === partition).length),
    );
    expect(report.topics[0]!.spread!.targets.map(({ records, targetEnd }) => [records, targetEnd])).toEqual(
      (await client.offsets(target)).map(({ end }) => [end, end]),
    );
    const without = new Set(found.filter(({ key }) => key === null).map(({ partition }) => partition));
    expect(without.size).toBeGreaterThan(PARTITIONS / 2);
    expect((await client.describeTopic(target)).config).toEqual({ 'message.timestamp.type': 'CreateTime' });
  },
  60_000,
);

test('aborted transactions and holes of compaction stay out', async () => {
  const config = { 'cleanup.policy': 'compact', 'segment.ms': '100', 'min.cleanable.dirty.ratio': '0.01' };
  await client.createTopic('holes', { partitions: 2, config });
  const producer = await client.producer({ 'transactional.id': 'holes', 'compression.type': 'lz4' });
  for (let round = 0; round < 9; round++) {
    await producer.begin();
    await producer.send(
      'holes',
      Array.from({ length: 40 }, (_, n) => ({ key: `${n % 20}`, value: `${round}:${n}`, timestamp: START + round })),
    );
    await (round % 3 === 2 ? producer.abort() : producer.commit());
    await sleep(120);
  }
  await producer.begin();
  await producer.send(
    'holes',
    [0, 1].map((partition) => ({ partition, key: 'last', value: 'x', timestamp: START })),
  );
  await producer.commit();
  await producer.close();
  for (let n = 0; (await client.readAll('holes')).length > 120; n++) {
    if (n === 200) throw new Error('it was not compacted');
    await sleep(100);
  }
  await client.alterTopic('holes', { 'cleanup.policy': 'delete' });
  const storage = await backUp(kafka, ['holes']);
  const source = await client.readAll('holes');
  const over = { topicMapping: { holes: 'holes-again' }, ...into('holes-again', 5) };
  const report = await restore(kafka, storage, over, { verifyRead: true });
  expect(report.readBack).toEqual({ records: source.length, differences: [] });
  const found = await client.readAll('holes-again', { isolation: 'read_uncommitted' });
  // `last` was in both partitions: its order is nobody's.
  const own = (records: ReadRecord[]) => records.filter(({ key }) => String(key) !== 'last');
  expect(byKey(own(found))).toEqual(byKey(own(await byJava('holes-java', source, 5))));
  expect(found.map(contentOf).sort()).toEqual(source.map(contentOf).sort());
  expect((await client.offsets('holes-again')).reduce((sum, { end }) => sum + end, 0)).toBe(source.length);
}, 60_000);

describe('an archive of batches of 16 kB', () => {
  let source: ReadRecord[];
  beforeAll(async () => {
    await client.createTopic('plain', { partitions: 4 });
    const producer = await client.producer({ 'compression.type': 'zstd' });
    for (let from = 0; from < 2000; from += 250) await producer.send('plain', orders(from, 250));
    source = await client.readAll('plain');
  }, 60_000);

  const restorePlain = async (target: string, over: Partial<RestoreJob> = {}, storage?: StorageLocation) =>
    restore(
      kafka,
      storage ?? (await backUp(kafka, ['plain'])),
      { topicMapping: { plain: target }, ...into(target), ...over },
      { verifyRead: true },
    );

  test('a window of time, some partitions, and headers that name the source', async () => {
    const timeWindow = { start: START + 2000, end: START + 6000 };
    const report = await restorePlain('windowed', {
      timeWindow,
      sourcePartitions: [0, 2, 3],
      includeOriginalOffsetHeader: true,
    });
    const wanted = source.filter(
      ({ partition, timestamp }) => partition !== 1 && timestamp >= timeWindow.start && timestamp <= timeWindow.end,
    );
    expect(report.readBack).toEqual({ records: wanted.length, differences: [] });
    const found = await client.readAll('windowed');
    expect(found).toHaveLength(wanted.length);
    const places = new Map(source.map((record) => [`${record.partition}:${record.offset}`, contentOf(record)]));
    for (const record of found) {
      const added = new Map(record.headers.slice(-3));
      const partition = added.get('x-source-partition')!.readInt32LE();
      const place = `${partition}:${added.get('x-original-offset')!.readBigInt64LE()}`;
      expect(contentOf({ ...record, headers: record.headers.slice(0, -3) })).toBe(places.get(place));
      places.delete(place);
    }
  }, 60_000);

  test('batches above what the target takes, at a limited rate', async () => {
    const report = await restorePlain('small', {
      topicConfigOverrides: { 'max.message.bytes': '1500' },
      rateLimitRecordsPerSec: 2_000,
    });
    expect(report.readBack).toEqual({ records: source.length, differences: [] });
    await expectAsByJava('small', source);
    // Two thousand records at that rate: a limit that is not kept takes a tenth of it.
    expect(report.durationMs).toBeGreaterThan(700);
  }, 60_000);

  test('little memory, one partition at a time', async () => {
    const report = await restorePlain('thrifty', { bufferBytes: 16 * 1024 * 1024, maxConcurrentPartitions: 1 });
    expect(report.readBack!.differences).toEqual([]);
    await expectAsByJava('thrifty', source);
  }, 60_000);

  test('into one partition, and into more than there were keys', async () => {
    for (const partitions of [1, 100]) {
      const target = `plain-in-${partitions}`;
      await restorePlain(target, into(target, partitions));
      await expectAsByJava(target, source, partitions);
    }
  }, 60_000);

  test('an empty topic that is there, of as many partitions, keeps its configuration; another count is refused', async () => {
    await client.createTopic('own', { partitions: 7, config: { 'retention.ms': '777777777' } });
    const report = await restorePlain('own');
    expect(report.plan.topics[0]).toMatchObject({ action: 'exists', targetPartitions: 7 });
    await expectAsByJava('own', source);
    expect((await client.describeTopic('own')).config).toEqual({ 'retention.ms': '777777777' });
    await client.createTopic('six', { partitions: 6 });
    await expect(restorePlain('six')).rejects.toMatchObject({
      kind: 'configuration',
      code: 'TARGET_PARTITIONS',
      message: expect.stringMatching(
        /six has 6 partitions at the target, but restore.repartitioning spreads it over 7/,
      ),
    });
    expect(await client.readAll('six')).toEqual([]);
  }, 60_000);

  test('a topic that holds records is refused in every partition, and added to on request', async () => {
    await client.createTopic('held', { partitions: 7 });
    await (await client.producer()).send('held', [{ partition: 6, value: 'mine' }]);
    await expect(restorePlain('held')).rejects.toMatchObject({
      code: 'TARGET_NOT_EMPTY',
      message: expect.stringContaining('held (1)'),
    });
    const report = await restorePlain('held', { allowNonEmpty: true });
    expect(report.readBack).toEqual({ records: source.length, differences: [] });
    expect(await client.readAll('held')).toHaveLength(source.length + 1);
  }, 60_000);

  test('exact offsets are refused before anything is written', async () => {
    await expect(restorePlain('exact', { offsets: 'exact' })).rejects.toMatchObject({
      kind: 'configuration',
      code: 'EXACT_REPARTITIONING',
      message: expect.stringMatching(/topic exact cannot be repartitioned .* set restore.offsets: translate/),
    });
    await expect(client.describeTopic('exact')).rejects.toThrow();
  });

  test('groups are left out, and it is said why; those of other topics are not', async () => {
    await client.createTopic('beside', { partitions: 2 });
    await (await client.producer()).send('beside', [
      { partition: 1, value: 'a' },
      { partition: 1, value: 'b' },
    ]);
    await client.commitOffsets('readers', [
      { topic: 'plain', partition: 0, offset: 100 },
      { topic: 'beside', partition: 1, offset: 1 },
    ]);
    await client.commitOffsets('only-plain', [{ topic: 'plain', partition: 0, offset: 100 }]);
    const storage = await backUp(kafka, ['plain', 'beside']);
    const over = { topicMapping: { plain: 'grouped', beside: 'beside-again' }, ...into('grouped'), consumerGroups: [] };
    const report = await restorePlain('grouped', over, storage);
    const readers = report.groups!.groups.find(({ groupId }) => groupId === 'readers')!;
    expect(readers.leftOut).toEqual([expect.objectContaining({ topic: 'plain', reason: 'topic-repartitioned' })]);
    expect(readers.offsets).toEqual([expect.objectContaining({ topic: 'beside-again', partition: 1, offset: 1 })]);
    expect(report.notes).toContain('1 consumer group will stand at the same records as at the cut');
    expect(report.notes.join('\n')).toMatch(/grouped is repartitioned: .* no group is set on it/);
    expect(report.notes.join('\n')).toMatch(/group only-plain gets no offsets: topic plain was repartitioned/);
    const after = await client.groupOffsets('readers');
    expect(after.filter(({ topic }) => topic === 'grouped')).toEqual([]);
  }, 60_000);

  test('one that was killed is begun anew, when that is asked for', async () => {
    const storage = await backUp(kafka, ['plain'], await newStorage());
    const job = restoreJob(kafka, storage, {
      topicMapping: { plain: 'killed' },
      ...into('killed'),
      rateLimitRecordsPerSec: 500,
    });
    const written = async () => (await client.offsets('killed').catch(() => [])).reduce((sum, { end }) => sum + end, 0);
    expect(await killedWhen(job, async () => (await written()) > 100)).toBe(true);
    const before = await written();
    const refusal = {
      code: 'RESTORED_BEFORE',
      message: expect.stringMatching(
        /killed was begun .*: delete it and restore again .*, or begin anew with --recreate/,
      ),
    };
    await expect(planRestore(job, context().run)).rejects.toMatchObject(refusal);
    await expect(runRestore(job, context().run)).rejects.toMatchObject(refusal);
    expect(await written()).toBe(before);
    const quick = { ...job, rateLimitRecordsPerSec: undefined };
    expect((await planRestore(quick, context().run, { recreate: true })).topics[0]!.action).toBe('recreate');
    const report = await runRestore(quick, context().run, { recreate: true, verifyRead: true });
    expect(report.readBack).toEqual({ records: source.length, differences: [] });
    await expectAsByJava('killed', source);
    expect((await client.describeTopic('killed')).config).toEqual({});
  }, 60_000);
});

test('one that was complete when another topic was stopped is there, however often the restore is run again', async () => {
  for (const topic of ['done', 'slow']) await client.createTopic(topic, { partitions: 2 });
  const producer = await client.producer({ 'batch.size': '1000' });
  await producer.send('done', orders(0, 300));
  await producer.send('slow', orders(0, 4000));
  const storage = await backUp(kafka, ['done', 'slow'], await newStorage());
  const job = restoreJob(kafka, storage, {
    topicMapping: { done: 'done-again', slow: 'slow-again' },
    ...into('done-again'),
    rateLimitRecordsPerSec: 300,
  });
  const written = async (topic: string) =>
    (await client.offsets(topic).catch(() => [])).reduce((sum, { end }) => sum + end, 0);
  const state = await openStore(stateLocation({ storage }));
  const noted = async () => {
    const [id] = await RestoreJournal.list(state);
    const entries = id === undefined ? [] : await (await RestoreJournal.open(state, id)).all<ProgressBody>('progress');
    return entries.some(({ body }) => (body.spread ?? []).length > 0);
  };
  expect(await killedWhen(job, noted)).toBe(true);
  expect(await written('done-again')).toBe(300);
  expect(await written('slow-again')).toBeLessThan(4000);
  const { rateLimitRecordsPerSec: _, ...quick } = job;
  for (let run = 0; run < 2; run++) {
    const report = await runRestore(quick, context().run, { verifyRead: true });
    expect(report.plan.topics.map(({ action }) => action)).toEqual(['resume', 'resume']);
    expect(report.readBack).toEqual({ records: 4300, differences: [] });
    expect(report.topics[0]!.spread!.sources.reduce((sum, { records }) => sum + records, 0)).toBe(300);
    await expectSame('done-again', 'done');
  }
  await producer.send('done-again', [{ value: 'foreign' }]);
  await expect(runRestore(quick, context().run)).rejects.toMatchObject({
    code: 'RESTORE_FINISHED',
    message: expect.stringContaining('topic done-again has been written to since'),
  });
}, 60_000);

async function expectSame(target: string, source: string): Promise<void> {
  const [found, wanted] = [await client.readAll(target), await client.readAll(source)];
  expect(found.map(contentOf).sort()).toEqual(wanted.map(contentOf).sort());
}

test('append times stay, and old records keep the retention paused', async () => {
  await client.createTopic('appended', { partitions: 2, config: { 'message.timestamp.type': 'LogAppendTime' } });
  await client.createTopic('ancient', { partitions: 2, config: { 'retention.ms': '-1' } });
  const producer = await client.producer({ 'compression.type': 'lz4' });
  for (let from = 0; from < 200; from += 40) {
    await producer.send('appended', orders(from, 40));
    await producer.send(
      'ancient',
      orders(from, 40).map((record) => ({ ...record, timestamp: START - 10 * 86_400_000 })),
    );
  }
  const storage = await backUp(kafka, ['appended', 'ancient']);
  const report = await restore(
    kafka,
    storage,
    {
      topicMapping: { appended: 'appended-again', ancient: 'ancient-again' },
      repartitioning: { ...into('appended-again').repartitioning, ...into('ancient-again').repartitioning },
      topicConfigOverrides: { 'retention.ms': `${7 * 86_400_000}` },
    },
    { verifyRead: true },
  );
  expect(report.readBack).toEqual({ records: 400, differences: [] });
  const [ancient, appended] = report.topics;
  expect(ancient!.retentionPaused).toMatch(/would delete 200 restored records/);
  expect(appended!.retentionPaused).toBeUndefined();
  const source = await client.readAll('appended');
  expect((await client.readAll('appended-again')).map(contentOf).sort()).toEqual(source.map(contentOf).sort());
  expect((await client.describeTopic('appended-again')).config).toMatchObject({
    'message.timestamp.type': 'LogAppendTime',
  });
}, 60_000);
