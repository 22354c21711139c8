import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { verifyArchive } from '../../runtime/src/archive/verify.ts';
import { brief, TestArchive } from '../support/archive/backup.ts';
import { type KafkaCluster, startKafka } from '../support/kafka/cluster.ts';
import { type JavaClient, javaClient, type ScenarioProducer } from '../support/kafka/java-client.ts';

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

/** `fetchMaxBytes: 1` gives one batch per answer: markers come in later answers than data, and fetches begin between. */
describe.each([
  ['many batches in one answer', {}],
  ['one batch in each answer', { fetchMaxBytes: 1 }],
])('transactions, %s', (name, job) => {
  const topic = `transactions-${name.length}`;
  let a: ScenarioProducer;
  let b: ScenarioProducer;

  test('only what was committed is stored', async () => {
    await client.createTopic(topic);
    a = await client.producer({ 'transactional.id': `a-${topic}` });
    b = await client.producer({ 'transactional.id': `b-${topic}` });
    const plain = await client.producer();
    const send = (producer: ScenarioProducer, value: string) => producer.send(topic, [{ value }]);

    await send(plain, 'plain-1');
    await a.begin();
    await send(a, 'aborted-1');
    await send(plain, 'plain-2');
    await send(a, 'aborted-2');
    await a.abort();
    await a.begin();
    await send(a, 'aborted-3'); // The same producer aborts twice.
    await b.begin();
    await send(b, 'committed-1');
    await send(a, 'aborted-4');
    await a.abort();
    await send(b, 'committed-2');
    await b.commit();
    await a.begin();
    await send(a, 'committed-3');
    await a.commit();

    const snapshot = await archive.backup(kafka, [topic], { job });
    const records = await archive.records(snapshot, topic);
    expect(records).toEqual(await client.readAll(topic));
    expect(brief(records).map((text) => text.split('=')[1])).toEqual([
      'plain-1',
      'plain-2',
      'committed-1',
      'committed-2',
      'committed-3',
    ]);
    const [partition] = snapshot.topics[0]!.partitions;
    expect(partition).toMatchObject({ aborted: { batches: 4, records: 4 }, lost: [] });
    expect(partition!.reached).toBe(partition!.cut);
  });

  test('a hanging transaction ends the snapshot before it; what comes later is copied once it has ended', async () => {
    const plain = await client.producer();
    const before = await client.readAll(topic);
    await a.begin();
    await a.send(topic, [{ value: 'undecided' }]);
    await plain.send(topic, [{ value: 'after' }]);
    const highWatermark = (await client.offsets(topic, 'read_uncommitted'))[0]!.end;
    await client.commitOffsets(`ahead-${topic}`, [{ topic, partition: 0, offset: highWatermark, metadata: 'm' }]);

    const hanging = await archive.backup(kafka, [topic], { job });
    expect(await archive.records(hanging, topic)).toEqual(before);
    const [partition] = hanging.topics[0]!.partitions;
    expect(partition!.cut).toBe(highWatermark - 2);
    expect(partition!.highWatermark).toBe(highWatermark);
    // The group has read uncommitted data: its position is held at the cut, and the run says so.
    expect(hanging.groups).toMatchObject([
      { groupId: `ahead-${topic}`, offsets: [{ offset: partition!.cut, clampedFrom: highWatermark, metadata: 'm' }] },
    ]);
    expect(archive.notes).toEqual([
      expect.stringContaining(`group ahead-${topic} was at offset ${highWatermark}`),
      expect.stringMatching(
        new RegExp(
          `^${topic}\\[0\\]: producer \\d+ \\(transactional id .*has a transaction open since offset ${partition!.cut}; 2 records`,
        ),
      ),
    ]);

    await a.abort();
    const ended = await archive.backup(kafka, [topic], { job });
    expect(await archive.records(ended, topic)).toEqual(await client.readAll(topic));
    expect(brief(await archive.records(ended, topic)).at(-1)).toMatch(/=after$/);
  });
});

test.each(['none', 'gzip', 'snappy', 'lz4', 'zstd'])('%s batches pass untouched', async (codec) => {
  const topic = `codec-${codec}`;
  await client.createTopic(topic);
  const producer = await client.producer({ 'compression.type': codec });
  const sent = Array.from({ length: 50 }, (_, i) => ({
    key: `k${i}`,
    value: `value ${'x'.repeat(i * 20)}`,
    timestamp: 1_700_000_000_000 + i,
  }));
  await producer.send(topic, sent);
  const snapshot = await archive.backup(kafka, [topic]);
  expect(await archive.records(snapshot, topic)).toEqual(await client.readAll(topic));
  const log = await kafka.tool('org.apache.kafka.tools.DumpLogSegments', [
    ...['--files', `${kafka.logDirs[0]}/${topic}-0/00000000000000000000.log`],
  ]);
  expect(log).toMatchObject({ code: 0, stderr: '' });
  const codecs = new Set([...log.stdout.matchAll(/compresscodec: (\S+)/g)].map(([, found]) => found));
  expect([...codecs]).toEqual([codec]);
});

test('null and empty keys and values, duplicate and null headers, both kinds of timestamps', async () => {
  await client.createTopic('shapes', { config: { 'message.timestamp.after.max.ms': '9223372036854775807' } });
  await client.createTopic('appended', { config: { 'message.timestamp.type': 'LogAppendTime' } });
  const producer = await client.producer();
  const records = [
    { key: null, value: null },
    { key: '', value: '' },
    { key: 'k', value: null, timestamp: 0 },
    { key: null, value: 'v', timestamp: 4_102_444_800_000 },
    {
      value: 'h',
      headers: [
        ['a', '1'],
        ['a', '2'],
        ['b', null],
        ['', 'nameless'],
        ['a', ''],
      ] as [string, string | null][],
    },
    { value: new Uint8Array([0, 255, 10, 13, 128]) },
  ];
  for (const topic of ['shapes', 'appended']) await producer.send(topic, records);
  const snapshot = await archive.backup(kafka, ['shapes', 'appended']);
  for (const topic of ['shapes', 'appended']) {
    expect(await archive.records(snapshot, topic)).toEqual(await client.readAll(topic));
  }
  expect((await archive.records(snapshot, 'appended'))[0]!.timestampType).toBe('LogAppendTime');
});

test('a log start inside a batch, empty partitions, and a log emptied by DeleteRecords', async () => {
  await client.createTopic('starts', { partitions: 3 });
  const producer = await client.producer();
  const values = ['a', 'b', 'c', 'd'].map((value) => ({ partition: 0, value }));
  await producer.send('starts', values);
  await producer.send('starts', [{ partition: 2, value: 'gone' }]);
  await client.deleteRecords('starts', { 0: 2, 2: 1 });
  const snapshot = await archive.backup(kafka, ['starts']);
  expect(brief(await archive.records(snapshot, 'starts'))).toEqual(['0:2=c', '0:3=d']);
  expect(snapshot.topics[0]!.partitions.map(({ logStart, cut, reached }) => [logStart, cut, reached])).toEqual([
    [2, 4, 4],
    [0, 0, 0],
    [1, 1, 1],
  ]);
});

test('a compacted topic with holes', async () => {
  await client.createTopic('compacted', {
    config: {
      'cleanup.policy': 'compact',
      'segment.ms': '100',
      'min.cleanable.dirty.ratio': '0.01',
      'delete.retention.ms': '100',
    },
  });
  const producer = await client.producer();
  for (let round = 0; round < 4; round++) {
    await producer.send(
      'compacted',
      ['a', 'b', 'c'].map((key) => ({ key, value: `${key}${round}` })),
    );
    await producer.send('compacted', [{ key: `only-${round}`, value: 'x' }]);
    await new Promise((resolve) => setTimeout(resolve, 150));
  }
  await producer.send('compacted', [{ key: 'last', value: 'x' }]);
  const deadline = Date.now() + 30_000;
  while ((await client.readAll('compacted')).length > 10 && Date.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  const left = await client.readAll('compacted');
  expect(left.length).toBeLessThanOrEqual(10);
  const snapshot = await archive.backup(kafka, ['compacted']);
  // The cleaner may have gone on meanwhile: never fewer records than the source has now.
  const held = brief(await archive.records(snapshot, 'compacted'));
  expect(held).toEqual(expect.arrayContaining(brief(await client.readAll('compacted'))));
  expect(held.length).toBeLessThanOrEqual(left.length);
  expect(snapshot.topics[0]!.config).toMatchObject({ 'cleanup.policy': 'compact', 'segment.ms': '100' });
  // 100 ms of tombstones: the next run cannot know what has come and gone, and copies everything again.
  const again = await archive.backup(kafka, ['compacted']);
  expect(again.topics[0]!.partitions[0]!.generations).toEqual([{ generation: 1, from: 0 }]);
  expect(archive.notes[0]).toContain('older than half of delete.retention.ms');
});

test('consumer groups by name and pattern, with metadata and without those that hold nothing here', async () => {
  await client.createTopic('read', { partitions: 2 });
  await client.createTopic('unread');
  const producer = await client.producer();
  await producer.send('read', [
    { partition: 0, value: 'a' },
    { partition: 1, value: 'b' },
  ]);
  await producer.send('unread', [{ value: 'c' }]);
  await client.commitOffsets('amazon.lambda.0f9a', [{ topic: 'read', partition: 1, offset: 1, metadata: 'note' }]);
  await client.commitOffsets('other', [{ topic: 'read', partition: 0, offset: 0 }]);
  await client.commitOffsets('elsewhere', [{ topic: 'unread', partition: 0, offset: 1 }]);
  const all = await archive.backup(kafka, ['read']);
  expect(all.groups.map(({ groupId }) => groupId)).toEqual(['amazon.lambda.0f9a', 'other']);
  expect(all.groups[0]!.offsets).toMatchObject([{ topic: 'read', partition: 1, offset: 1, metadata: 'note' }]);
  const lambda = await archive.backup(kafka, ['read'], { backup: { consumer_groups: ['amazon.lambda.*'] } });
  expect(lambda.groups.map(({ groupId }) => groupId)).toEqual(['amazon.lambda.0f9a']);
});

test.each([1_764_000_000_000_000_000, 2 ** 62])(
  'a record whose timestamp %i no JS number holds does not stop a backup',
  async (timestamp) => {
    const topic = `nanoseconds-${timestamp}`;
    await client.createTopic(topic, { config: { 'message.timestamp.after.max.ms': '9223372036854775807' } });
    const producer = await client.producer();
    await producer.send(topic, [{ value: 'a', timestamp }, { value: 'b' }]);
    await producer.close();
    expect(await archive.backup(kafka, [topic])).toMatchObject({ kind: 'complete', added: { records: 2 } });
    expect(await verifyArchive(archive.store, { depth: 'full' })).toMatchObject({
      findings: [],
      checked: { frames: 1 },
    });
  },
);
