import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type KafkaCluster, startKafka } from '../support/kafka/cluster.ts';
import { type JavaClient, javaClient, type RecordToSend } from '../support/kafka/java-client.ts';
import { backUp, content, restore } from './harness.ts';

let kafka: KafkaCluster;
let client: JavaClient;
beforeAll(async () => {
  // Retention strikes at once here, so that a topic that is not protected is empty before it is read.
  kafka = await startKafka({
    config: { 'log.retention.check.interval.ms': '200', 'log.initial.task.delay.ms': '100' },
  });
  client = javaClient(kafka);
}, 120_000);
afterAll(() => kafka.stop());

const DAY = 86_400_000;
const values = async (topic: string) => (await client.readAll(topic)).map(({ value }) => String(value));
/** Several rounds of the retention check. */
const letRetentionWork = () => sleep(1500);

async function until(condition: () => Promise<boolean>): Promise<void> {
  for (let n = 0; n < 200; n++) {
    if (await condition()) return;
    await sleep(100);
  }
  throw new Error('it did not come to be');
}

describe('retention', () => {
  /** Three old records in an archive; the source keeps everything. */
  async function oldRecords(topic: string) {
    await client.createTopic(topic, { config: { 'retention.ms': '-1' } });
    const producer = await client.producer();
    const at = (days: number) => Date.now() - days * DAY;
    for (const days of [20, 10, 8]) await producer.send(topic, [{ value: `${days}`, timestamp: at(days) }]);
    return backUp(kafka, [topic]);
  }
  const week = { topicConfigOverrides: { 'retention.ms': `${7 * DAY}` } };

  test('stays paused where it would delete restored records, and the plan and the report say so', async () => {
    const storage = await oldRecords('old');
    const report = await restore(kafka, storage, { topicMapping: { old: 'old-again' }, ...week });
    await letRetentionWork();
    expect(await values('old-again')).toEqual(['20', '10', '8']);
    expect(report.topics[0]!.retentionPaused).toMatch(/retention\.ms \(604800000\) would delete 3 restored records/);
    expect(report.topics[0]!.originalConfig['retention.ms']).toBe(`${7 * DAY}`);
    expect((await client.describeTopic('old-again')).config).toEqual({ 'retention.ms': '-1' });
  });

  test('is set back regardless when that is asked for', async () => {
    const storage = await oldRecords('older');
    const report = await restore(kafka, storage, {
      topicMapping: { older: 'older-again' },
      ...week,
      retention: 'original',
    });
    expect(report.topics[0]!.retentionPaused).toBeUndefined();
    await until(async () => (await values('older-again')).length === 0);
  });

  test('is set back where every record is young enough', async () => {
    await client.createTopic('young', { config: { 'retention.ms': `${2 * DAY}`, 'retention.bytes': '1000000' } });
    await (await client.producer()).send('young', [{ value: 'a' }, { value: 'b', timestamp: Date.now() - DAY }]);
    const report = await restore(kafka, await backUp(kafka, ['young']), { topicMapping: { young: 'young-again' } });
    expect(report.topics[0]!.retentionPaused).toBeUndefined();
    expect((await client.describeTopic('young-again')).config).toEqual({
      'retention.ms': `${2 * DAY}`,
      'retention.bytes': '1000000',
    });
    await letRetentionWork();
    expect(await values('young-again')).toEqual(['a', 'b']);
  });

  test('by size goes by what is written, not by what was archived', async () => {
    const limit = 3_000_000;
    await client.createTopic('grown', { config: { 'retention.bytes': `${limit}`, 'segment.bytes': '1048576' } });
    const producer = await client.producer({ 'batch.size': '65536', 'linger.ms': '20' });
    const value = 'x'.repeat(70);
    for (let n = 0; n < 10; n++)
      await producer.send(
        'grown',
        Array.from({ length: 2500 }, () => ({ value })),
      );
    const storage = await backUp(kafka, ['grown']);
    // The added headers double the size of every record.
    const report = await restore(kafka, storage, {
      topicMapping: { grown: 'grown-again' },
      includeOriginalOffsetHeader: true,
    });
    expect(report.plan.rawBytes).toBeLessThan(limit);
    expect(report.topics[0]!.retentionPaused).toMatch(/retention\.bytes \(3000000\) would delete \d+ restored records/);
    await letRetentionWork();
    expect(await client.readAll('grown-again')).toHaveLength(25_000);
    expect((await client.describeTopic('grown-again')).config['retention.bytes']).toBe('-1');
  });

  test('of a topic that was there before is set back too, and its configuration stays its own', async () => {
    await client.createTopic('from', { config: { 'segment.ms': '777777' } });
    await (await client.producer()).send('from', [{ value: 'a', timestamp: Date.now() - DAY }]);
    const own = { 'retention.ms': `${3 * DAY}`, 'cleanup.policy': 'compact,delete' };
    await client.createTopic('into', { config: own });
    const report = await restore(kafka, await backUp(kafka, ['from']), { topicMapping: { from: 'into' } });
    expect(report.plan.topics[0]!.action).toBe('exists');
    expect((await client.describeTopic('into')).config).toEqual(own);
    expect(await values('into')).toEqual(['a']);
  });
});

describe('timestamps', () => {
  test('append times stay those of the source', async () => {
    const config = { 'message.timestamp.type': 'LogAppendTime' };
    await client.createTopic('appended', { config });
    const producer = await client.producer({ 'compression.type': 'zstd' });
    for (let n = 0; n < 3; n++) {
      await producer.send('appended', [{ value: `${n}`, timestamp: 5 }, { value: `${n}.` }]);
      await sleep(20);
    }
    const report = await restore(
      kafka,
      await backUp(kafka, ['appended']),
      { topicMapping: { appended: 'appended-again' } },
      { verifyRead: true },
    );
    const [source, again] = [await client.readAll('appended'), await client.readAll('appended-again')];
    expect(content(again)).toEqual(content(source));
    expect(again.every(({ timestamp }) => timestamp > 1_000_000)).toBe(true);
    expect(report.readBack!.differences).toEqual([]);
    expect((await client.describeTopic('appended-again')).config).toEqual(config);
  });

  test('far in the future, long ago, and none at all come back, whatever the topic’s limits', async () => {
    const limits = { 'message.timestamp.before.max.ms': '1000', 'message.timestamp.after.max.ms': '1000' };
    await client.createTopic('odd', {
      config: { 'retention.ms': '-1', 'message.timestamp.after.max.ms': `${2 ** 52}` },
    });
    const producer = await client.producer();
    for (const timestamp of [0, 1, Date.now() + 365 * DAY]) await producer.send('odd', [{ value: 'x', timestamp }]);
    const storage = await backUp(kafka, ['odd']);
    await restore(kafka, storage, { topicMapping: { odd: 'odd-again' }, topicConfigOverrides: limits });
    expect(content(await client.readAll('odd-again'))).toEqual(content(await client.readAll('odd')));
    expect((await client.describeTopic('odd-again')).config).toEqual({ 'retention.ms': '-1', ...limits });
  });
});

describe('compacted topics', () => {
  const compacted = {
    'cleanup.policy': 'compact',
    'segment.ms': '100',
    'min.cleanable.dirty.ratio': '0.01',
    'delete.retention.ms': '60000',
  };

  test('come back with their holes closed, tombstones included, and are compacted only afterwards', async () => {
    await client.createTopic('states', { config: compacted });
    const producer = await client.producer();
    for (let round = 0; round < 4; round++) {
      const records: RecordToSend[] = Array.from({ length: 20 }, (_, n) => ({
        key: `${n % 10}`,
        value: `${round}:${n}`,
      }));
      await producer.send('states', [...records, { key: 'gone', value: round === 3 ? null : 'x' }]);
      await sleep(150);
    }
    // A new segment lets the older ones be cleaned.
    await producer.send('states', [{ key: 'last', value: 'last' }]);
    await until(async () => (await client.readAll('states')).length <= 25);
    const report = await restore(
      kafka,
      await backUp(kafka, ['states']),
      { topicMapping: { states: 'states-again' }, topicConfigOverrides: { 'min.cleanable.dirty.ratio': '0.99' } },
      { verifyRead: true },
    );
    expect(report.readBack!.differences).toEqual([]);
    const again = await client.readAll('states-again');
    expect(again.map(({ offset }) => offset)).toEqual(again.map((_, index) => index));
    // The source may have been compacted further meanwhile: what has to agree is the newest of each key.
    const newest = (records: typeof again) =>
      new Map(records.map(({ key, value }) => [String(key), value?.toString() ?? null]));
    expect(newest(again)).toEqual(newest(await client.readAll('states')));
    expect(newest(again).get('gone')).toBeNull();
    expect((await client.describeTopic('states-again')).config['cleanup.policy']).toBe('compact');
  });

  test('take records without a key, as the source did before it was compacted', async () => {
    await client.createTopic('mixed');
    await (await client.producer()).send('mixed', [{ value: 'no key' }, { key: 'k', value: 'v' }]);
    await client.alterTopic('mixed', { 'cleanup.policy': 'compact' });
    const storage = await backUp(kafka, ['mixed']);
    const report = await restore(kafka, storage, { topicMapping: { mixed: 'mixed-again' } }, { verifyRead: true });
    expect(report.readBack).toEqual({ records: 2, differences: [] });
    expect((await client.describeTopic('mixed-again')).config).toEqual({ 'cleanup.policy': 'compact' });
  });
});
