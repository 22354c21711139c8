import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RestoreJob } from '../../runtime/src/config/job.ts';
import { RestoreJournal } from '../../runtime/src/journal/journal.ts';
import { readOffsets, toOffsetMap } from '../../runtime/src/journal/offset-map-object.ts';
import { stateLocation } from '../../runtime/src/journal/state-location.ts';
import { runRestore } from '../../runtime/src/restore/run.ts';
import { openStore } from '../../runtime/src/storage/open-store.ts';
import { type KafkaCluster, startKafka } from '../support/kafka/cluster.ts';
import { type JavaClient, javaClient } from '../support/kafka/java-client.ts';
import { backUp, content, context, newStorage, restore, restoreJob } from './harness.ts';
import { killedAt, killedWhen } from './killed.ts';

let kafka: KafkaCluster;
let client: JavaClient;

beforeAll(async () => {
  kafka = await startKafka();
  client = javaClient(kafka);
});
afterAll(() => kafka?.stop());

/** Orders in transactions, every third aborted, in several frames: so there are holes, and batches that are taken apart. */
async function fill(topic: string, partitions: number, rounds: number, perRound: number): Promise<void> {
  await client.createTopic(topic, { partitions });
  const producer = await client.producer({ 'transactional.id': topic, 'compression.type': 'lz4' });
  for (let round = 0; round < rounds; round++) {
    await producer.begin();
    await producer.send(
      topic,
      Array.from({ length: perRound }, (_, n) => ({
        partition: n % partitions,
        key: `${round}-${n}`,
        value: `value ${n} of round ${round} `.repeat(10),
        timestamp: Date.now() - n,
      })),
    );
    await (round % 3 === 2 ? producer.abort() : producer.commit());
  }
  await producer.close();
}

const endOf = async (topic: string) =>
  (await client.offsets(topic, 'read_uncommitted').catch(() => [])).reduce((sum, { end }) => sum + end, 0);

/** Killed again and again, each time a little further on. */
async function restoreThroughKills(job: RestoreJob, target: string, total: number, noteEveryMs?: number) {
  let kills = 0;
  for (const part of [0, 0.2, 0.5, 0.8]) {
    const options = noteEveryMs === undefined ? {} : { noteEveryMs };
    if (await killedWhen(job, async () => (await endOf(target)) > part * total, options)) kills++;
  }
  const { run } = context();
  return { kills, report: await runRestore(job, run, { verifyRead: true }) };
}

test.each([
  ['with notes on the way', 50],
  ['killed before it noted anything', undefined],
])(
  'a restore that is killed goes on without a duplicate or a loss, %s',
  async (_, noteEveryMs) => {
    const topic = `killed-${noteEveryMs ?? 'silent'}`;
    await fill(topic, 3, 30, 600);
    const storage = await backUp(kafka, [topic]);
    const all = await client.readAll(topic);
    const target = `${topic}-again`;
    const job = restoreJob(kafka, storage, {
      topicMapping: { [topic]: target },
      includeOriginalOffsetHeader: true,
      rateLimitRecordsPerSec: 4_000,
    });
    const { kills, report } = await restoreThroughKills(job, target, all.length, noteEveryMs);
    expect(kills).toBeGreaterThanOrEqual(3);
    expect(report.plan.topics[0]!.action).toBe('resume');
    expect(report.readBack).toEqual({ records: all.length, differences: [] });
    const again = await client.readAll(target, { isolation: 'read_uncommitted' });
    const own = again.map((record) => ({ ...record, headers: record.headers.slice(0, -3) }));
    expect(content(own)).toEqual(content(all));
    // The map is that of all runs together: each record is where its own header says it came from.
    const state = await openStore(stateLocation({ storage }));
    const offsets = await readOffsets(await RestoreJournal.open(state, report.plan.restoreId));
    const maps = new Map(offsets!.body.topics[0]!.partitions.map((found) => [found.target, toOffsetMap(found)]));
    for (const { partition, offset, headers } of again) {
      const source = Number(new Map(headers).get('x-original-offset')!.readBigInt64LE());
      expect(maps.get(partition)!.targetOf(source)).toBe(offset);
    }
    expect((await client.describeTopic(target)).config['retention.ms']).toBeUndefined();
  },
  180_000,
);

describe('what an earlier run has left', () => {
  test('is all that is needed: run again, nothing is written', async () => {
    await fill('twice', 2, 4, 100);
    const storage = await backUp(kafka, ['twice']);
    const over = { topicMapping: { twice: 'twice-again' } };
    const first = await restore(kafka, storage, over);
    const again = await client.readAll('twice-again');
    const second = await restore(kafka, storage, over, { verifyRead: true });
    expect(second.topics[0]!.partitions.map(({ records }) => records)).toEqual(
      first.topics[0]!.partitions.map(({ records }) => records),
    );
    expect(await client.readAll('twice-again')).toEqual(again);
    expect(second.readBack!.differences).toEqual([]);
  });

  test('is left alone when it was finished, and somebody has written behind it', async () => {
    await fill('foreign', 1, 2, 50);
    const storage = await backUp(kafka, ['foreign']);
    const over = { topicMapping: { foreign: 'foreign-again' } };
    await restore(kafka, storage, over);
    await (await client.producer()).send('foreign-again', [{ value: 'foreign' }]);
    await expect(restore(kafka, storage, over)).rejects.toMatchObject({
      kind: 'configuration',
      code: 'RESTORE_FINISHED',
      message: expect.stringMatching(
        /finished at 20.*foreign-again has been written to since \(partition 0 ends at 101, then at 100\)/,
      ),
    });
    expect((await client.describeTopic('foreign-again')).config).toEqual({});
  });

  test('is refused when its last records are others', async () => {
    await fill('altered', 1, 2, 50);
    const storage = await backUp(kafka, ['altered']);
    const over = { topicMapping: { altered: 'altered-again' }, rateLimitRecordsPerSec: 100 };
    const job = restoreJob(kafka, storage, over);
    expect(await killedWhen(job, async () => (await endOf('altered-again')) > 0)).toBe(true);
    await (await client.producer()).send('altered-again', [{ value: 'foreign' }]);
    await expect(restore(kafka, storage, over)).rejects.toMatchObject({
      kind: 'data',
      code: 'TARGET_DIFFERS',
    });
  });

  test('is refused when records of it are deleted', async () => {
    await fill('shortened', 1, 2, 50);
    const storage = await backUp(kafka, ['shortened']);
    const over = { topicMapping: { shortened: 'shortened-again' } };
    await restore(kafka, storage, over);
    await client.deleteRecords('shortened-again', { 0: 10 });
    await expect(restore(kafka, storage, over)).rejects.toMatchObject({ code: 'TARGET_LOST_RECORDS' });
  });

  test('goes when it is to be made anew, and only what a restore made', async () => {
    await fill('anew', 1, 2, 50);
    const storage = await backUp(kafka, ['anew']);
    const over = { topicMapping: { anew: 'anew-again' } };
    await restore(kafka, storage, over);
    await (await client.producer()).send('anew-again', [{ value: 'foreign' }]);
    const report = await restore(kafka, storage, over, { recreate: true });
    expect(report.plan.topics[0]!.action).toBe('recreate');
    expect(report.plan.notes).toEqual([expect.stringMatching(/^--recreate deletes .*: topic anew-again \(101\)$/)]);
    expect(content(await client.readAll('anew-again'))).toEqual(content(await client.readAll('anew')));
    await client.createTopic('not-ours');
    await (await client.producer()).send('not-ours', [{ value: 'precious' }]);
    await expect(
      restore(kafka, storage, { topicMapping: { anew: 'not-ours' } }, { recreate: true }),
    ).rejects.toMatchObject({ code: 'TARGET_NOT_EMPTY' });
    expect(await client.readAll('not-ours')).toHaveLength(1);
  });
});

describe('when the restore is another one by now', () => {
  test('because latest has moved on: it is said how to go on with the old one, or to begin anew', async () => {
    await fill('moved', 1, 4, 50);
    const storage = await backUp(kafka, ['moved']);
    const job = restoreJob(kafka, storage, { topicMapping: { moved: 'moved-again' }, rateLimitRecordsPerSec: 200 });
    expect(await killedAt(job, /advance/)).toBe(true);
    await (await client.producer()).send('moved', [{ value: 'later' }]);
    await backUp(kafka, ['moved'], storage, { backupId: 'tuesday' });
    await expect(runRestore(job, context().run)).rejects.toMatchObject({
      code: 'TARGET_NOT_EMPTY',
      message: expect.stringMatching(
        /topic moved-again was begun by restore [0-9a-f]{16} of snapshot monday \(commit:0, as of .*\): go on with it with --backup-id commit:0, or make it anew from this snapshot with --recreate; otherwise delete it/,
      ),
    });
    const resumed = await runRestore({ ...job, backupId: 'commit:0' }, context().run, { verifyRead: true });
    expect(resumed).toMatchObject({ plan: { topics: [{ action: 'resume' }] }, readBack: { differences: [] } });
    const all = content(await client.readAll('moved'));
    expect(content(await client.readAll('moved-again'))).toEqual(all.slice(0, -1));
    await expect(runRestore(job, context().run)).rejects.toMatchObject({
      code: 'TARGET_NOT_EMPTY',
      message: expect.stringMatching(/was restored by restore .* of snapshot monday .*: make it anew/),
    });
    await runRestore(job, context().run, { recreate: true });
    expect(content(await client.readAll('moved-again'))).toEqual(all);
  }, 60_000);

  test('because of its configuration, or its archive', async () => {
    await fill('changed', 1, 2, 50);
    const storage = await backUp(kafka, ['changed']);
    await client.createTopic('changed-own');
    const state = await newStorage();
    const job = restoreJob(kafka, storage, { topicMapping: { changed: 'changed-own' }, state });
    await runRestore(job, context().run);
    const refusal = async (over: Partial<RestoreJob>) => {
      const error = await runRestore({ ...job, ...over }, context().run).catch((reason) => reason);
      expect(error).toMatchObject({ code: 'TARGET_NOT_EMPTY' });
      return error.message as string;
    };
    // Nothing about --recreate: the restore has not made the topic.
    expect(await refusal({ includeOriginalOffsetHeader: true })).toMatch(
      /changed-own was restored by restore \w+ of this snapshot with another configuration \(restore.offsets: translate\); otherwise/,
    );
    expect(await refusal({ storage: await backUp(kafka, ['changed']) })).toMatch(
      /changed-own was restored by restore \w+ of snapshot monday of another archive; otherwise/,
    );
  }, 60_000);

  test('because it begins anew: topics that were there before go on, with what they had set themselves', async () => {
    const own = { 'retention.ms': '777777777', 'cleanup.policy': 'compact' };
    await client.createTopic('mixed-own', { config: own });
    await fill('mixed-a', 1, 2, 50);
    await fill('mixed-b', 1, 2, 50);
    const storage = await backUp(kafka, ['mixed-a', 'mixed-b']);
    const job = restoreJob(kafka, storage, { topicMapping: { 'mixed-a': 'mixed-own', 'mixed-b': 'mixed-made' } });
    expect(await killedAt(job, /stage restore/)).toBe(true);
    const report = await runRestore(job, context().run, { recreate: true, verifyRead: true });
    expect(report.plan.topics.map(({ action }) => action)).toEqual(['resume', 'recreate']);
    expect(report.readBack!.differences).toEqual([]);
    expect((await client.describeTopic('mixed-own')).config).toEqual(own);
    expect((await client.describeTopic('mixed-made')).config).toEqual({});
  }, 60_000);
});

test('two runs of the same restore at once: one of them is told', async () => {
  await fill('rivals', 1, 2, 500);
  const storage = await backUp(kafka, ['rivals'], await newStorage());
  const job = restoreJob(kafka, storage, { topicMapping: { rivals: 'rivals-again' }, rateLimitRecordsPerSec: 200 });
  const outcomes = await Promise.allSettled([
    runRestore(job, context().run, { noteEveryMs: 100 }),
    runRestore(job, context().run, { noteEveryMs: 100 }),
  ]);
  expect(outcomes.filter(({ status }) => status === 'rejected').length).toBeGreaterThanOrEqual(1);
}, 60_000);
