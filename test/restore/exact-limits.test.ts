import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RestoreJob, StorageLocation } from '../../runtime/src/config/job.ts';
import { planRestore } from '../../runtime/src/restore/run.ts';
import { TestArchive } from '../support/archive/backup.ts';
import { type KafkaCluster, startKafka } from '../support/kafka/cluster.ts';
import { type JavaClient, javaClient } from '../support/kafka/java-client.ts';
import { beginningAtRecords, expectToRead, type View, viewOf } from './exact-judge.ts';
import { backUp, context, restore, restoreJob } from './harness.ts';

const VERSIONS = ['4', '3.9'];

describe.each(VERSIONS)('Kafka %s', (version) => {
  let kafka: KafkaCluster;
  let client: JavaClient;
  /** Of topic `orders`: two partitions, the second begins at 20; some 30 holes in each. */
  let storage: StorageLocation;
  let view: View;
  let archive: TestArchive;

  beforeAll(async () => {
    kafka = await startKafka({ version });
    client = javaClient(kafka);
    archive = await TestArchive.create();
    await client.createTopic('orders', { partitions: 2 });
    const producer = await client.producer({ 'transactional.id': 'orders' });
    for (let round = 0; round < 12; round++) {
      await producer.begin();
      await producer.send(
        'orders',
        Array.from({ length: 10 }, (_, n) => ({ partition: n % 2, key: `${n}`, value: `${round}` })),
      );
      await (round % 3 === 2 ? producer.abort() : producer.commit());
    }
    await client.deleteRecords('orders', { 1: 20 });
    storage = await backUp(kafka, ['orders'], { backend: 'filesystem', path: archive.path, prefix: '' });
    view = beginningAtRecords(await viewOf(client, 'orders'));
  }, 120_000);
  afterAll(async () => {
    await archive?.remove();
    await kafka?.stop();
  });

  const exact = (target: string, more: Partial<RestoreJob> = {}): Partial<RestoreJob> => ({
    offsets: 'exact',
    topicMapping: { orders: target },
    ...more,
  });
  const exists = async (topic: string) => (await client.describeTopic(topic).catch(() => undefined)) !== undefined;

  test('holes filled with markers that are written as such', async () => {
    const report = await restore(kafka, storage, exact('marked', { fillHolesWith: 'markers' }), { verifyRead: true });
    expect(report.readBack).toEqual({ records: view.records.length, differences: [] });
    await expectToRead(kafka, 'marked', view, { byConsole: true });
  });

  test('headroom: the log goes on so far past the cut, and the next record comes behind it', async () => {
    const report = await restore(kafka, storage, exact('roomy', { offsetHeadroom: 25 }), { verifyRead: true });
    expect(report.readBack!.differences).toEqual([]);
    const roomy = { ...view, offsets: view.offsets.map(({ start, end }) => ({ start, end: end + 25 })) };
    await expectToRead(kafka, 'roomy', roomy);
    expect(report.topics[0]!.partitions.map(({ targetEnd }) => targetEnd)).toEqual(roomy.offsets.map(({ end }) => end));
    const producer = await client.producer();
    expect(await producer.send('roomy', [{ partition: 1, value: 'next' }])).toEqual([
      { partition: 1, offset: view.offsets[1]!.end + 25 },
    ]);
    await expect(restore(kafka, storage, exact('roomy', { offsetHeadroom: 25 }))).rejects.toMatchObject({
      code: 'RESTORE_FINISHED',
    });
  });

  test('a dry run tells the holes, what comes before the first record, and how long it takes', async () => {
    const markers = view.offsets.reduce((sum, { start, end }) => sum + end - start, 0) - view.records.length;
    const plan = async (more: Partial<RestoreJob>) =>
      planRestore(restoreJob(kafka, storage, exact('dry', more)), context().run);
    const dry = await plan({});
    expect(dry).toMatchObject({ offsets: 'exact', markers, leadingOffsets: 20 });
    expect(dry.topics).toMatchObject([{ action: 'create', markers, leadingOffsets: 20 }]);
    expect(dry.expectedSeconds).toBeGreaterThan(0);
    expect(dry.notes).toContainEqual(expect.stringMatching(/markers in holes have the time of the restore/));
    const long = await plan({ offsetHeadroom: 50_000 });
    expect(long.markers).toBe(markers + 100_000);
    expect(long.expectedSeconds).toBeGreaterThan(100);
    const byMarkers = await plan({ offsetHeadroom: 50_000, fillHolesWith: 'markers' });
    expect(byMarkers.expectedSeconds).toBeLessThan(long.expectedSeconds / 4);
    expect(await exists('dry')).toBe(false);
  });

  test('more holes than allowed are refused before anything is written', async () => {
    const tight = restore(kafka, storage, exact('tight', { maxFillerMarkers: 3 }));
    await expect(tight).rejects.toMatchObject({
      kind: 'configuration',
      code: 'TOO_MANY_HOLES',
      message: expect.stringMatching(
        /tight, partition 0 has \d+ offsets.*max_filler_markers is 3;.*offsets: translate/,
      ),
    });
    expect(await exists('tight')).toBe(false);
    const holes = view.offsets[0]!.end - view.offsets[0]!.start - view.records.filter((r) => r.partition === 0).length;
    await restore(kafka, storage, exact('fitting', { maxFillerMarkers: holes }));
    await expectToRead(kafka, 'fitting', view);
  });

  test('another number of partitions', async () => {
    for (const [topic, partitions] of [
      ['fewer', 1],
      ['more', 3],
    ] as const) {
      await client.createTopic(topic, { partitions });
      await expect(restore(kafka, storage, exact(topic))).rejects.toMatchObject({
        kind: 'configuration',
        message: expect.stringMatching(new RegExp(`topic ${topic} has ${partitions} partitions.* needs 2`)),
      });
      expect((await client.offsets(topic)).every(({ end }) => end === 0)).toBe(true);
    }
  });

  test('a topic that was emptied', async () => {
    const producer = await client.producer();
    await client.createTopic('used', { partitions: 2 });
    await producer.send(
      'used',
      Array.from({ length: 7 }, (_, n) => ({ partition: 1, value: `${n}` })),
    );
    await client.deleteRecords('used', { 1: 7 });
    // Not yet past the place of the first record.
    await restore(kafka, storage, exact('used'));
    await expectToRead(kafka, 'used', view);

    await client.createTopic('used-up', { partitions: 2 });
    await producer.send('used-up', [{ partition: 0, value: 'once' }]);
    await client.deleteRecords('used-up', { 0: 1 });
    await expect(restore(kafka, storage, exact('used-up'))).rejects.toMatchObject({
      kind: 'configuration',
      code: 'EXACT_NOT_POSSIBLE',
      message: expect.stringMatching(/used-up, partition 0 is empty.*offset 1, past 0/),
    });
    expect(await client.offsets('used-up')).toEqual([
      { start: 1, end: 1 },
      { start: 0, end: 0 },
    ]);
  });

  test('a topic that holds records of somebody else', async () => {
    await client.createTopic('foreign', { partitions: 2 });
    await (await client.producer()).send('foreign', [{ partition: 1, value: 'precious' }]);
    for (const options of [{}, { recreate: true }]) {
      await expect(restore(kafka, storage, exact('foreign'), options)).rejects.toMatchObject({
        kind: 'configuration',
        code: 'TARGET_NOT_EMPTY',
        message: expect.stringMatching(/foreign \(1\)/),
      });
    }
    expect(await client.readAll('foreign')).toHaveLength(1);
  });

  test('run again it changes nothing; after others have written, or deleted, it is refused', async () => {
    const first = await restore(kafka, storage, exact('live'));
    const again = await restore(kafka, storage, exact('live'), { verifyRead: true });
    expect(again.plan.topics[0]!.action).toBe('resume');
    expect(again.readBack).toEqual({ records: view.records.length, differences: [] });
    expect(again.topics[0]!.partitions).toEqual(first.topics[0]!.partitions);
    await expectToRead(kafka, 'live', view);
    await (await client.producer()).send('live', [{ partition: 0, value: 'new' }]);
    await expect(restore(kafka, storage, exact('live'))).rejects.toMatchObject({
      kind: 'configuration',
      code: 'RESTORE_FINISHED',
      message: expect.stringMatching(/topic live has been written to since .*--recreate/),
    });
    expect((await client.readAll('live')).length).toBe(view.records.length + 1);
    await restore(kafka, storage, exact('live'), { recreate: true });
    await expectToRead(kafka, 'live', view);
    await client.deleteRecords('live', { 0: 8 });
    await expect(restore(kafka, storage, exact('live'))).rejects.toMatchObject({ code: 'EXACT_NOT_POSSIBLE' });
    expect((await client.offsets('live'))[0]!.start).toBe(8);
  });
});
