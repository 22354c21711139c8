import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RestoreJob } from '../../runtime/src/config/job.ts';
import { RestoreJournal } from '../../runtime/src/journal/journal.ts';
import { stateLocation } from '../../runtime/src/journal/state-location.ts';
import { runRestore } from '../../runtime/src/restore/run.ts';
import { openStore } from '../../runtime/src/storage/open-store.ts';
import { type KafkaCluster, startKafka } from '../support/kafka/cluster.ts';
import { type JavaClient, javaClient } from '../support/kafka/java-client.ts';
import { backUp, content, context, restoreJob } from './harness.ts';
import { killedAt, killedWhen } from './killed.ts';

let kafka: KafkaCluster;
let client: JavaClient;
beforeAll(async () => {
  // Retention strikes at once here, so that a topic that is not protected is empty before it is read.
  kafka = await startKafka({
    config: { 'log.retention.check.interval.ms': '200', 'log.initial.task.delay.ms': '100' },
  });
  client = javaClient(kafka);
}, 120_000);
afterAll(() => kafka?.stop());

const DAY = 86_400_000;
/** Several rounds of the retention check. */
const letRetentionWork = () => sleep(1000);
const countOf = async (topic: string) => (await client.readAll(topic)).length;

describe.each(['translate', 'exact'] as const)(
  'old records that an earlier run has restored, offsets: %s',
  (offsets) => {
    /** Twenty records of ten days ago, then twenty of today, each a batch; the source keeps everything. */
    async function oldRecords(topic: string): Promise<RestoreJob> {
      await client.createTopic(topic, { config: { 'retention.ms': '-1' } });
      const producer = await client.producer({ 'batch.size': '1' });
      for (const age of [10 * DAY, 0]) {
        const timestamp = Date.now() - age;
        await producer.send(
          topic,
          Array.from({ length: 20 }, (_, n) => ({ value: `${n}`, timestamp })),
        );
      }
      return restoreJob(kafka, await backUp(kafka, [topic]), {
        offsets,
        topicMapping: { [topic]: `${topic}-again` },
        topicConfigOverrides: { 'retention.ms': `${7 * DAY}` },
      });
    }

    test('keep the retention paused when a finished restore is run again', async () => {
      const job = await oldRecords(`finished-${offsets}`);
      const target = `finished-${offsets}-again`;
      const first = await runRestore(job, context().run);
      expect(first.topics[0]!.retentionPaused).toMatch(/would delete 20 restored records/);
      const second = await runRestore(job, context().run);
      await letRetentionWork();
      expect(await countOf(target)).toBe(40);
      expect(second.topics[0]!.retentionPaused).toBe(first.topics[0]!.retentionPaused);
    });

    test('keep it paused when the rest is restored by another run', async () => {
      const job = await oldRecords(`killed-${offsets}`);
      const target = `killed-${offsets}-again`;
      expect(await killedAt({ ...job, rateLimitRecordsPerSec: 40 }, /^note .*stays paused/, { noteEveryMs: 20 })).toBe(
        true,
      );
      const report = await runRestore(job, context().run);
      expect(report.plan.topics[0]!.action).toBe('resume');
      await letRetentionWork();
      expect(await countOf(target)).toBe(40);
      expect(report.topics[0]!.retentionPaused).toMatch(/would delete 20 restored records/);
    });
  },
);

describe('what topics had set is theirs again, wherever the restore was killed', () => {
  /** By source topic: what it has set, and what the target's topic of the name has if that is there before. */
  const topics: Record<string, { source: Record<string, string>; there?: Record<string, string> }> = {
    'a-made': {
      source: {
        'retention.ms': '777777777',
        'cleanup.policy': 'compact',
        'message.timestamp.type': 'LogAppendTime',
        'message.timestamp.before.max.ms': '99999999999',
      },
    },
    // Its records are older than what the target keeps: the note about them comes while settings are given back.
    'b-old': { source: { 'retention.ms': '-1' }, there: { 'retention.ms': `${7 * DAY}` } },
    'c-own': { source: {}, there: { 'retention.ms': '888888888', 'cleanup.policy': 'compact,delete' } },
    'd-unset': { source: { 'retention.bytes': '1234567', 'cleanup.policy': 'compact' }, there: {} },
    'e-plain': { source: {} },
  };
  const names = Object.keys(topics);
  const all = new Map<string, string[]>();
  beforeAll(async () => {
    const producer = await client.producer({ 'batch.size': '1' });
    for (const [name, { source }] of Object.entries(topics)) {
      await client.createTopic(name, { config: source });
      const timestamp = name === 'b-old' ? Date.now() - 10 * DAY : Date.now();
      await producer.send(
        name,
        Array.from({ length: 5 }, (_, n) => ({ key: `${n}`, value: `${name} ${n}`, timestamp })),
      );
      all.set(name, content(await client.readAll(name)));
    }
  }, 60_000);

  const moments = {
    'before anything was changed': (job: RestoreJob) => killedWhen(job, () => hasCreated(job)),
    'before the first record': (job: RestoreJob) => killedAt(job, /^stage restore/),
    'at the first record': (job: RestoreJob) => killedAt({ ...job, rateLimitRecordsPerSec: 20 }, /^advance/),
    'when all records were there': (job: RestoreJob) => killedAt(job, /^stage verify/, { verifyRead: true }),
    'while they were given back': (job: RestoreJob) => killedAt(job, /^note .*stays paused/),
  };

  const cases = Object.entries(moments).map(([moment, kill], index) => {
    return { moment, kill, index, offsets: index % 2 === 0 ? ('translate' as const) : ('exact' as const) };
  });

  test.each(cases)(
    '$moment, offsets: $offsets',
    async ({ kill, index, offsets }) => {
      const again = (name: string) => `${name}-${index}`;
      for (const [name, { there }] of Object.entries(topics)) {
        if (there !== undefined) await client.createTopic(again(name), { config: there });
      }
      const topicMapping = Object.fromEntries(names.map((name) => [name, again(name)]));
      const job = restoreJob(kafka, await backUp(kafka, names), { offsets, topicMapping });
      expect(await kill(job)).toBe(true);
      const { topics: restored } = await runRestore(job, context().run);
      await letRetentionWork();
      for (const [name, { source, there }] of Object.entries(topics)) {
        expect(content(await client.readAll(again(name))), name).toEqual(all.get(name));
        const config = name === 'b-old' ? { 'retention.ms': '-1' } : (there ?? source);
        expect((await client.describeTopic(again(name))).config, name).toEqual(config);
      }
      expect(restored.filter(({ retentionPaused }) => retentionPaused).map(({ source }) => source)).toEqual(['b-old']);
      expect(restored[1]!.originalConfig).toMatchObject({ 'retention.ms': `${7 * DAY}` });
    },
    60_000,
  );

  async function hasCreated({ storage: archive }: RestoreJob): Promise<boolean> {
    const state = await openStore(stateLocation({ storage: archive }));
    const ids = await RestoreJournal.list(state);
    const journals = await Promise.all(ids.map((id) => RestoreJournal.open(state, id)));
    return journals.some(({ keys }) => keys.some(({ kind }) => kind === 'created'));
  }
});

describe('records that are not to be written as they are come back from a restore that was killed', () => {
  const compacted = { 'cleanup.policy': 'compact', 'segment.ms': '100', 'min.cleanable.dirty.ratio': '0.01' };
  const names = ['kind-appended', 'kind-compacted', 'kind-odd'];

  beforeAll(async () => {
    await client.createTopic('kind-appended', { config: { 'message.timestamp.type': 'LogAppendTime' } });
    await client.createTopic('kind-compacted', { config: compacted });
    await client.createTopic('kind-odd', {
      config: { 'retention.ms': '-1', 'message.timestamp.after.max.ms': `${2 ** 52}` },
    });
    const producer = await client.producer({ 'compression.type': 'lz4' });
    for (let round = 0; round < 8; round++) {
      const records = Array.from({ length: 20 }, (_, n) => ({ key: `${n % 10}`, value: `${round}:${n}` }));
      await producer.send(
        'kind-appended',
        records.map((record) => ({ ...record, timestamp: 5 })),
      );
      await producer.send('kind-compacted', [...records, { key: `only ${round}`, value: 'x' }]);
      const stamps = [0, 1, Date.now() - 100 * DAY, Date.now() + 365 * DAY];
      await producer.send(
        'kind-odd',
        records.map((record, n) => ({ ...record, timestamp: stamps[n % 4]! })),
      );
      await sleep(150);
    }
    // A new segment lets the older ones be cleaned; what is cleaned no further is the same at every reading.
    await producer.send('kind-compacted', [{ key: 'last', value: 'last' }]);
    for (let n = 0; (await countOf('kind-compacted')) > 40; n++) {
      if (n === 200) throw new Error('it was not compacted');
      await sleep(100);
    }
    await client.alterTopic('kind-compacted', { 'cleanup.policy': 'delete' });
  }, 90_000);

  test.each(['translate', 'exact'] as const)(
    'offsets: %s',
    async (offsets) => {
      const storage = await backUp(kafka, names);
      const again = (name: string) => `${name}-${offsets}`;
      const limits = { 'message.timestamp.before.max.ms': '1000', 'message.timestamp.after.max.ms': '1000' };
      const job = restoreJob(kafka, storage, {
        offsets,
        topicMapping: Object.fromEntries(names.map((name) => [name, again(name)])),
        topicConfigOverrides: limits,
        rateLimitRecordsPerSec: 300,
      });
      const written = async () => {
        const ends = await Promise.all(names.map((name) => client.offsets(again(name)).catch(() => [])));
        return ends.flat().reduce((sum, { end }) => sum + end, 0);
      };
      expect(await killedWhen(job, async () => (await written()) > 0, { noteEveryMs: 20 })).toBe(true);
      expect(await killedWhen(job, async () => (await written()) > 150, { noteEveryMs: 20 })).toBe(true);
      const report = await runRestore(job, context().run, { verifyRead: true });
      expect(report.readBack!.differences).toEqual([]);
      for (const name of names) {
        const [source, target] = [await client.readAll(name), await client.readAll(again(name))];
        expect(content(target), name).toEqual(content(source));
        if (offsets === 'exact') expect(target.map(({ offset }) => offset)).toEqual(source.map(({ offset }) => offset));
        const { config } = await client.describeTopic(name);
        expect((await client.describeTopic(again(name))).config).toEqual({
          ...config,
          ...limits,
          // Of a hundred days ago, or of 1970.
          ...(name === 'kind-odd' && { 'retention.ms': '-1' }),
        });
      }
    },
    90_000,
  );
});
