import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { writeCommit } from '../../runtime/src/archive/commits.ts';
import { brief, TestArchive } from '../support/archive/backup.ts';
import { type KafkaCluster, startKafka } from '../support/kafka/cluster.ts';
import { type JavaClient, javaClient } from '../support/kafka/java-client.ts';

let kafka: KafkaCluster;
let client: JavaClient;
let archive: TestArchive;
beforeAll(async () => {
  kafka = await startKafka();
  client = javaClient(kafka);
});
afterAll(() => kafka.stop());
beforeEach(async () => {
  archive = await TestArchive.create();
});
afterEach(() => archive.remove());

async function send(topic: string, ...values: string[]): Promise<void> {
  const producer = await client.producer();
  await producer.send(
    topic,
    values.map((value) => ({ partition: 0, value })),
  );
  await producer.close();
}

test('copies only what is new, and every snapshot stays what it was', async () => {
  await client.createTopic('orders', { partitions: 2 });
  await send('orders', 'a', 'b');
  const first = await archive.backup(kafka, ['orders']);
  await send('orders', 'c');
  const second = await archive.backup(kafka, ['orders']);
  const third = await archive.backup(kafka, ['orders']);

  expect([first, second, third].map(({ added }) => added.records)).toEqual([2, 1, 0]);
  expect([first, second, third].map(({ sequence, parent, kind }) => [sequence, parent, kind])).toEqual([
    [0, null, 'complete'],
    [1, 0, 'complete'],
    [2, 1, 'complete'],
  ]);
  expect(brief(await archive.records(first, 'orders'))).toEqual(['0:0=a', '0:1=b']);
  expect(await archive.records(third, 'orders')).toEqual(await client.readAll('orders'));
  expect(third.topics[0]).toMatchObject({ partitionCount: 2, replicationFactor: 1 });
  expect(third.topics[0]!.topicId).toBe((await client.describeTopic('orders')).topicId);
});

test('copies everything again on request, into a generation of its own', async () => {
  await client.createTopic('full');
  await send('full', 'a', 'b');
  await archive.backup(kafka, ['full']);
  const again = await archive.backup(kafka, ['full'], { job: { full: true } });
  expect(again.added.records).toBe(2);
  expect(again.topics[0]!.partitions[0]!.generations).toEqual([{ generation: 1, from: 0 }]);
  expect(await archive.records(again, 'full')).toEqual(await client.readAll('full'));
});

test('finds new topics by pattern and new partitions of known ones', async () => {
  await client.createTopic('grow-a');
  await send('grow-a', '1');
  await archive.backup(kafka, ['grow-*']);
  await client.createTopic('grow-b');
  await send('grow-b', '2');
  await kafka.tool('org.apache.kafka.tools.TopicCommand', [
    ...['--bootstrap-server', kafka.bootstrapServers[0]!, '--alter', '--topic', 'grow-a', '--partitions', '3'],
  ]);
  const producer = await client.producer();
  await producer.send('grow-a', [{ partition: 2, value: '3' }]);
  const snapshot = await archive.backup(kafka, ['grow-*']);
  expect(snapshot.topics.map(({ name, partitions }) => [name, partitions.length])).toEqual([
    ['grow-a', 3],
    ['grow-b', 1],
  ]);
  expect(brief(await archive.records(snapshot, 'grow-a'))).toEqual(['0:0=1', '2:0=3']);
});

describe('a topic that was deleted and created again', () => {
  test('starts anew, and nothing of the old one is in the new snapshot', async () => {
    await client.createTopic('again');
    await send('again', 'old-0', 'old-1', 'old-2');
    const before = await archive.backup(kafka, ['again']);
    await client.deleteTopic('again');
    await client.createTopic('again');
    await send('again', 'new-0');
    const after = await archive.backup(kafka, ['again']);
    expect(archive.notes).toEqual([expect.stringContaining('again[0] is copied anew: the topic was deleted')]);
    expect(brief(await archive.records(after, 'again'))).toEqual(['0:0=new-0']);
    expect(brief(await archive.records(before, 'again'))).toEqual(['0:0=old-0', '0:1=old-1', '0:2=old-2']);
    expect(after.topics[0]!.partitions[0]!.lost).toMatchObject([{ from: 0, until: 3, reason: 'topic-recreated' }]);
  });

  test('is refused when that happens during the run, and nothing is committed', async () => {
    await client.createTopic('during');
    const producer = await client.producer({ 'batch.size': '0' });
    await producer.send(
      'during',
      Array.from({ length: 3000 }, (_, i) => ({ value: `${i}` })),
    );
    const copying = Promise.withResolvers<void>();
    const running = archive.run(kafka, ['during'], {
      onAdvance: () => copying.resolve(),
      job: { fetchMaxBytes: 1 }, // A batch per request, so that there is time.
    });
    running.catch(() => {}); // Awaited below.
    await copying.promise;
    await client.deleteTopic('during');
    await client.createTopic('during');
    await expect(running).rejects.toThrow(/during: deleted or created again while it was copied/);
    await expect(archive.store.size('commits/0000000000.json')).resolves.toBeUndefined();
  });
});

test('compacted offsets behind the last batch of an epoch are no truncation', async () => {
  await client.createTopic('epochs');
  await send('epochs', 'a');
  await kafka.brokers[0]!.kill();
  await kafka.brokers[0]!.start();
  await send('epochs', 'b', 'c');
  const first = await archive.backup(kafka, ['epochs']);
  const { reached, leaderEpoch } = first.topics[0]!.partitions[0]!;
  expect([reached, leaderEpoch > 0]).toEqual([3, true]);
  // As if compaction had removed `b` and `c` before they were copied, and left `a`, of the epoch before.
  const compacted = { ...structuredClone(first), sequence: 1, parent: 0 };
  Object.assign(compacted.topics[0]!.partitions[0]!, { leaderEpoch: 0, lastBatchEnd: 1 });
  await writeCommit(archive.store, compacted);
  const second = await archive.backup(kafka, ['epochs']);
  expect(second.topics[0]!.partitions[0]).toMatchObject({ generations: [{ generation: 0, from: 0 }], lost: [] });
});

test('records what retention deleted between two runs', async () => {
  await client.createTopic('expired');
  await send('expired', 'a', 'b');
  const first = await archive.backup(kafka, ['expired']);
  await send('expired', 'c');
  await send('expired', 'd', 'e');
  await client.deleteRecords('expired', { 0: 4 });
  const second = await archive.backup(kafka, ['expired']);
  expect(second.topics[0]!.partitions[0]).toMatchObject({
    logStart: 4,
    lost: [{ from: 2, until: 3, reason: 'retention' }],
  });
  expect(brief(await archive.records(second, 'expired'))).toEqual(['0:4=e']);
  // What the archive still has from before comes back on request: also offset 3, whose batch the log start cuts.
  expect(brief(await archive.records(second, 'expired', { includeExpired: true }))).toEqual([
    '0:0=a',
    '0:1=b',
    '0:3=d',
    '0:4=e',
  ]);
  expect(brief(await archive.records(first, 'expired'))).toEqual(['0:0=a', '0:1=b']);
});

test('keeps topics of another job in the snapshot, as they were', async () => {
  await client.createTopic('mine');
  await client.createTopic('yours');
  await send('mine', '1');
  await send('yours', '2');
  await client.commitOffsets('reader-of-mine', [{ topic: 'mine', partition: 0, offset: 1 }]);
  const mine = await archive.backup(kafka, ['mine']);
  await send('mine', '3');
  const yours = await archive.backup(kafka, ['yours']);
  expect(yours.topics.map(({ name, asOf }) => [name, asOf?.sequence])).toEqual([
    ['mine', 0],
    ['yours', undefined],
  ]);
  expect(yours.groups).toEqual(mine.groups);
  expect(brief(await archive.records(yours, 'mine'))).toEqual(['0:0=1']);
  const mineAgain = await archive.backup(kafka, ['mine']);
  expect(mineAgain.added.records).toBe(1);
  await client.deleteTopic('yours');
  const without = await archive.backup(kafka, ['mine']);
  expect(without.topics.map(({ name }) => name)).toEqual(['mine']);
  expect(archive.notes).toEqual([expect.stringContaining('topic yours is in the last snapshot but no longer')]);
});

test('refuses a missing topic before anything is copied, and another cluster', async () => {
  await client.createTopic('there');
  await expect(archive.run(kafka, ['there', 'not-there'])).rejects.toThrow(/no topic not-there; nothing was copied/);
  await expect(archive.store.size('commits/0000000000.json')).resolves.toBeUndefined();
  await archive.backup(kafka, ['there']);
  const other = await startKafka();
  try {
    await javaClient(other).createTopic('there');
    await expect(archive.run(other, ['there'])).rejects.toThrow(/belongs to/);
  } finally {
    await other.stop();
  }
});

test('of two runs at once one commits and the other says that it lost', async () => {
  await client.createTopic('raced');
  await send('raced', 'a');
  const runs = await Promise.allSettled([archive.run(kafka, ['raced']), archive.run(kafka, ['raced'])]);
  const lost = runs.filter(({ status }) => status === 'rejected');
  const won = runs.filter(({ status }) => status === 'fulfilled');
  expect(won.length).toBeGreaterThanOrEqual(1);
  for (const run of lost) expect(String((run as PromiseRejectedResult).reason)).toMatch(/another run committed first/);
  const next = await archive.backup(kafka, ['raced']);
  expect(brief(await archive.records(next, 'raced'))).toEqual(['0:0=a']);
});
