import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RestoreJournal } from '../../runtime/src/journal/journal.ts';
import { readOffsets, toOffsetMap } from '../../runtime/src/journal/offset-map-object.ts';
import { stateLocation } from '../../runtime/src/journal/state-location.ts';
import type { RestoreReport } from '../../runtime/src/restore/report/report.ts';
import { planRestore, runRestore } from '../../runtime/src/restore/run.ts';
import { openStore } from '../../runtime/src/storage/open-store.ts';
import { type KafkaCluster, startKafka } from '../support/kafka/cluster.ts';
import { type JavaClient, javaClient, type ReadRecord } from '../support/kafka/java-client.ts';
import { backUp, content, context, newStorage, restore, restoreJob } from './harness.ts';
import { killedWhen } from './killed.ts';

let kafka: KafkaCluster;
let client: JavaClient;
beforeAll(async () => {
  kafka = await startKafka();
  client = javaClient(kafka);
}, 120_000);
afterAll(() => kafka?.stop());

/** In transactions, every third aborted, so that there are holes; the partitions differ in length. */
async function fill(topic: string, partitions: number): Promise<ReadRecord[]> {
  await client.createTopic(topic, { partitions });
  const producer = await client.producer({ 'transactional.id': topic, 'compression.type': 'snappy' });
  for (let round = 0; round < 6; round++) {
    await producer.begin();
    await producer.send(
      topic,
      Array.from({ length: 10 * partitions }, (_, n) => ({
        partition: n % partitions,
        key: `${n}`,
        value: `${round}`,
      })).filter(({ partition }, n) => n < 10 * (partition + 1)),
    );
    await (round % 3 === 2 ? producer.abort() : producer.commit());
  }
  await producer.close();
  return client.readAll(topic);
}

/** What a target has to hold: the source's records under their new partitions. */
function mapped(records: ReadRecord[], mapping: Map<number, number>): ReadRecord[] {
  return records
    .map((record) => ({ ...record, partition: mapping.get(record.partition) ?? record.partition }))
    .sort((a, b) => a.partition - b.partition || a.offset - b.offset);
}

async function mapOf({ plan }: RestoreReport, storage: Parameters<typeof stateLocation>[0]['storage']) {
  const state = await openStore(stateLocation({ storage }));
  const offsets = await readOffsets(await RestoreJournal.open(state, plan.restoreId));
  return offsets!.body.topics[0]!.partitions;
}

describe.each(['translate', 'exact'] as const)('offsets: %s', (offsets) => {
  const modes = [
    ['swapped', { 0: 1, 1: 0 }, undefined],
    ['beyond', { 1: 5 }, undefined],
    ['chosen', { 2: 0 }, [1, 2]],
  ] as const;

  test.each(modes)('%s', async (name, plain, sourcePartitions) => {
    const source = `${name}-${offsets}`;
    const target = `${source}-again`;
    const all = (await fill(source, 3)).filter(
      ({ partition }) => sourcePartitions === undefined || (sourcePartitions as readonly number[]).includes(partition),
    );
    const storage = await backUp(kafka, [source]);
    const partitionMapping = new Map(Object.entries(plain).map(([from, to]) => [Number(from), to]));
    const job = restoreJob(kafka, storage, {
      offsets,
      partitionMapping,
      topicMapping: { [source]: target },
      ...(sourcePartitions !== undefined && { sourcePartitions: [...sourcePartitions] }),
    });
    const plan = await planRestore(job, context().run);
    const count = name === 'beyond' ? 6 : 3;
    expect(plan.topics[0]).toMatchObject({ targetPartitions: count, action: 'create' });
    expect(plan.notes.join('\n')).toMatch(/topic \S+-again: partitions go elsewhere: \d to \d/);
    const report = await runRestore(job, context().run, { verifyRead: true });
    expect(report.readBack).toEqual({ records: all.length, differences: [] });
    const again = await client.readAll(target, { isolation: 'read_uncommitted' });
    const wanted = mapped(all, partitionMapping);
    expect(content(again)).toEqual(content(wanted));
    if (offsets === 'exact') expect(again).toEqual(wanted);
    expect((await client.describeTopic(target)).partitions).toBe(count);

    // The map tells both partitions, and each record's place.
    const maps = await mapOf(report, storage);
    expect(maps.map((found) => [found.source, found.target])).toEqual(
      [0, 1, 2]
        .filter((partition) => (sourcePartitions ?? [0, 1, 2]).some((chosen) => chosen === partition))
        .map((partition) => [partition, partitionMapping.get(partition) ?? partition]),
    );
    const bySource = new Map(maps.map((found) => [found.source, toOffsetMap(found)]));
    const placed = all.map(({ partition, offset }) => [
      partitionMapping.get(partition) ?? partition,
      bySource.get(partition)!.targetOf(offset),
    ]);
    expect(placed.sort((a, b) => a[0]! - b[0]! || a[1]! - b[1]!)).toEqual(
      again.map(({ partition, offset }) => [partition, offset]),
    );

    // Run again, it finds all of it.
    const second = await runRestore(job, context().run, { verifyRead: true });
    expect(second.plan.topics[0]!.action).toBe('resume');
    expect(second.readBack).toEqual({ records: all.length, differences: [] });
    expect(await client.readAll(target, { isolation: 'read_uncommitted' })).toEqual(again);
  });

  test('killed and run again, it goes on in the partitions of then', async () => {
    const source = `killed-${offsets}`;
    const target = `${source}-again`;
    const all = await fill(source, 3);
    const partitionMapping = new Map([
      [0, 2],
      [1, 0],
      [2, 1],
    ]);
    const job = restoreJob(kafka, await backUp(kafka, [source]), {
      offsets,
      partitionMapping,
      topicMapping: { [source]: target },
      includeOriginalOffsetHeader: true,
      rateLimitRecordsPerSec: 50,
    });
    const written = async () =>
      (await client.offsets(target, 'read_uncommitted').catch(() => [])).reduce((sum, { end }) => sum + end, 0);
    for (const part of [0, 40]) {
      expect(await killedWhen(job, async () => (await written()) > part, { noteEveryMs: 20 })).toBe(true);
    }
    const report = await runRestore(job, context().run, { verifyRead: true });
    expect(report.readBack).toEqual({ records: all.length, differences: [] });
    const again = await client.readAll(target);
    expect(content(again.map((record) => ({ ...record, headers: record.headers.slice(0, -3) })))).toEqual(
      content(mapped(all, partitionMapping)),
    );
    // The headers name the partition of the source.
    for (const { partition, headers } of again) {
      const from = new Map(headers).get('x-source-partition')!.readInt32LE();
      expect(partitionMapping.get(from)).toBe(partition);
    }
  }, 60_000);
});

test('two partitions in one are refused before anything is written', async () => {
  await fill('shared', 3);
  const over = { topicMapping: { shared: 'shared-again' }, partitionMapping: new Map([[2, 0]]) };
  const storage = await backUp(kafka, ['shared']);
  await expect(restore(kafka, storage, over)).rejects.toMatchObject({
    kind: 'configuration',
    code: 'PARTITIONS_SHARED',
    message: expect.stringMatching(/partitions 0 and 2 of topic shared would both become partition 0; map each/),
  });
  await expect(client.describeTopic('shared-again')).rejects.toThrow();
  // Without the one that is there already it may go.
  await restore(kafka, storage, { ...over, sourcePartitions: [1, 2] });
});

test('a topic that is there needs the partitions that are mapped to, and only those have to be empty', async () => {
  const all = await fill('narrow', 2);
  const storage = await backUp(kafka, ['narrow'], await newStorage());
  const over = { topicMapping: { narrow: 'narrow-own' }, partitionMapping: new Map([[0, 2]]) };
  await client.createTopic('narrow-own', { partitions: 2 });
  await expect(restore(kafka, storage, over)).rejects.toMatchObject({
    code: 'TARGET_PARTITIONS',
    message: expect.stringMatching(/narrow-own has 2 partitions at the target, but narrow needs 3/),
  });
  await client.deleteTopic('narrow-own');
  await client.createTopic('narrow-own', { partitions: 3 });
  await (await client.producer()).send('narrow-own', [{ partition: 0, value: 'mine' }]);
  await restore(kafka, storage, over);
  const again = await client.readAll('narrow-own');
  expect(content(again.slice(1))).toEqual(content(mapped(all, over.partitionMapping)));
  expect(String(again[0]!.value)).toBe('mine');
});
