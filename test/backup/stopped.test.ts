import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
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

/** Single-record batches, read one by one, so that there is time to stop in between. */
const SLOWLY = { fetchMaxBytes: 1 };

async function fill(topic: string, count: number, from = 0): Promise<void> {
  const producer = await client.producer({ 'batch.size': '0' });
  await producer.send(
    topic,
    Array.from({ length: count }, (_, i) => ({ partition: 0, value: `${from + i}` })),
  );
  await producer.close();
}

test('a stopped run commits what it has; the next one reaches the same cut, then takes a new one', async () => {
  await client.createTopic('stopped');
  await fill('stopped', 500);
  await client.commitOffsets('reader', [{ topic: 'stopped', partition: 0, offset: 400 }]);
  const stop = new AbortController();
  let seen = 0;
  const first = await archive.run(kafka, ['stopped'], {
    backupId: 'first',
    job: SLOWLY,
    signal: stop.signal,
    onAdvance: ({ records = 0 }) => {
      seen += records;
      if (seen >= 20) stop.abort();
    },
  });
  expect(first.interrupted).toBe(true);
  const [partial] = first.snapshots;
  expect(partial).toMatchObject({ kind: 'partial', backupId: 'first' });
  const [stopped] = partial!.topics[0]!.partitions;
  expect(stopped!.cut).toBe(500);
  expect(stopped!.reached).toBeGreaterThanOrEqual(20);
  expect(stopped!.reached).toBeLessThan(500);
  expect((await archive.records(partial!, 'stopped')).length).toBe(stopped!.reached);

  await fill('stopped', 10, 500);
  await client.commitOffsets('reader', [{ topic: 'stopped', partition: 0, offset: 505 }]);
  const second = await archive.run(kafka, ['stopped'], { backupId: 'second' });
  expect(second.interrupted).toBe(false);
  const [reached, newest] = second.snapshots;
  // The cut that was stopped, with the groups as they were then.
  expect(reached).toMatchObject({ kind: 'complete', backupId: 'first', cut: partial!.cut });
  expect(reached!.groups).toMatchObject([{ groupId: 'reader', offsets: [{ offset: 400 }] }]);
  expect(brief(await archive.records(reached!, 'stopped'))).toEqual(
    Array.from({ length: 500 }, (_, i) => `0:${i}=${i}`),
  );
  expect(newest).toMatchObject({ kind: 'complete', backupId: 'second' });
  expect(newest!.groups).toMatchObject([{ offsets: [{ offset: 505 }] }]);
  expect(await archive.records(newest!, 'stopped')).toEqual(await client.readAll('stopped'));
});

test('a run stopped before it began to copy leaves the archive as it was', async () => {
  await client.createTopic('at-once');
  await fill('at-once', 5);
  const running = archive.run(kafka, ['at-once'], { signal: AbortSignal.abort() });
  await expect(running).rejects.toMatchObject({ kind: 'interrupted' });
  const next = await archive.backup(kafka, ['at-once']);
  expect(next.sequence).toBe(0);
  expect(await archive.records(next, 'at-once')).toEqual(await client.readAll('at-once'));
});

test('a run that is stopped while the broker hangs commits what it has', async () => {
  await client.createTopic('hanging');
  await fill('hanging', 200);
  const stop = new AbortController();
  const paused = Promise.withResolvers<void>();
  const running = archive.run(kafka, ['hanging'], {
    job: SLOWLY,
    signal: stop.signal,
    onAdvance: () => {
      kafka.brokers[0]!.pause();
      paused.resolve();
    },
  });
  await paused.promise;
  stop.abort();
  try {
    const { snapshots, interrupted } = await running;
    expect(interrupted).toBe(true);
    expect(snapshots[0]).toMatchObject({ kind: 'partial' });
    expect(snapshots[0]!.topics[0]!.partitions[0]!.reached).toBeGreaterThan(0);
  } finally {
    kafka.brokers[0]!.resume();
  }
  // The next run finds the topic unchanged.
  const next = await archive.backup(kafka, ['hanging']);
  expect(next.kind).toBe('complete');
  expect(await archive.records(next, 'hanging')).toEqual(await client.readAll('hanging'));
});

test('a run that is stopped after its only broker died commits what it has', async () => {
  await client.createTopic('dead');
  await fill('dead', 200);
  const stop = new AbortController();
  let killed: Promise<void> | undefined;
  try {
    const { snapshots, interrupted } = await archive.run(kafka, ['dead'], {
      job: SLOWLY,
      signal: stop.signal,
      onAdvance: () => {
        killed ??= kafka.brokers[0]!.kill().then(() => {
          // While its leader is looked for.
          setTimeout(() => stop.abort(), 1_000);
        });
      },
    });
    expect(interrupted).toBe(true);
    expect(snapshots[0]).toMatchObject({ kind: 'partial' });
  } finally {
    await killed;
    await kafka.brokers[0]!.start();
  }
  const next = await archive.backup(kafka, ['dead']);
  expect(next.kind).toBe('complete');
  expect(await archive.records(next, 'dead')).toEqual(await client.readAll('dead'));
});

test('a continuous backup takes snapshots until stopped, with new topics and partitions, each by a name of its own', async () => {
  await client.createTopic('endless-a');
  await fill('endless-a', 3);
  const stop = new AbortController();
  const running = archive.run(kafka, ['endless-*'], {
    backup: { continuous: true, snapshot_interval: '1s' },
    backupId: 'endless',
    signal: stop.signal,
  });
  const until = async (sequence: number) => {
    while ((await archive.store.size(`commits/${String(sequence).padStart(10, '0')}.json`)) === undefined) {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  };
  await until(0);
  await client.createTopic('endless-b');
  await fill('endless-b', 2);
  await until(1);
  await until(2);
  stop.abort();
  const { snapshots, interrupted } = await running;
  expect(interrupted).toBe(false);
  expect(snapshots.length).toBeGreaterThanOrEqual(3);
  expect(new Set(snapshots.map(({ backupId }) => backupId)).size).toBe(snapshots.length);
  expect(snapshots[0]!.topics.map(({ name }) => name)).toEqual(['endless-a']);
  const last = snapshots.findLast(({ kind }) => kind === 'complete')!;
  expect(last.topics.map(({ name }) => name)).toEqual(['endless-a', 'endless-b']);
  expect(brief(await archive.records(last, 'endless-b'))).toEqual(['0:0=0', '0:1=1']);
});

test('a run that is stopped once it has reached an older cut has not reached its own', async () => {
  await client.createTopic('twice');
  await fill('twice', 100);
  const first = new AbortController();
  await archive.run(kafka, ['twice'], { job: SLOWLY, signal: first.signal, onAdvance: () => first.abort() });
  await fill('twice', 10, 100);
  const second = new AbortController();
  let copied = 0;
  const stopped = await archive.run(kafka, ['twice'], {
    signal: second.signal,
    onAdvance: ({ records = 0 }) => {
      copied += records;
      // The last answer before the old cut.
      if (copied >= 90) second.abort();
    },
  });
  expect(stopped.snapshots.map(({ kind }) => kind)).toEqual(['complete']);
  expect(stopped.interrupted).toBe(true);
});

test('a continuous backup outlives a topic that is deleted while it is copied; the other topics are committed', async () => {
  await client.createTopic('deleted-a');
  await fill('deleted-a', 3);
  const stop = new AbortController();
  let victim: string | undefined;
  let deleting: Promise<void> | undefined;
  const running = archive.run(kafka, ['deleted-*'], {
    backup: { continuous: true, snapshot_interval: '1s' },
    backupId: 'deleted',
    signal: stop.signal,
    job: { ...SLOWLY, source: { ...archive.job(kafka, ['x']).source, requestTimeoutMs: 1_000 } },
    onAdvance: () => {
      if (victim !== undefined) deleting ??= client.deleteTopic(victim);
    },
  });
  const committed = async (sequence: number) => {
    const key = `commits/${String(sequence).padStart(10, '0')}.json`;
    while ((await archive.store.size(key)) === undefined) await new Promise((resolve) => setTimeout(resolve, 50));
  };
  await Promise.race([running, committed(0)]);
  /** A snapshot may be done with the topic just before it is gone; the next attempt has another one. */
  const caught = async (topic: string): Promise<boolean> => {
    await client.createTopic(topic);
    deleting = undefined;
    victim = topic;
    await fill(topic, 3000);
    while (deleting === undefined) await new Promise((resolve) => setTimeout(resolve, 50));
    await deleting;
    victim = undefined;
    for (;;) {
      const note = archive.notes.find(
        (text) => /deleted or created again|no longer in the cluster/.test(text) && text.includes(topic),
      );
      if (note !== undefined) return note.includes('deleted or created again');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  let attempt = 0;
  while (!(await Promise.race([running.then(() => false), caught(`deleted-b${++attempt}`)]))) {
    expect(attempt).toBeLessThan(10);
  }
  await fill('deleted-a', 3, 3);
  const { length } = await commitKeys();
  await Promise.race([running, committed(length + 1)]);
  stop.abort();
  const { snapshots } = await running;
  const last = snapshots.findLast(({ kind }) => kind === 'complete')!;
  expect(last.topics.map(({ name }) => name)).toEqual(['deleted-a']);
  expect(brief(await archive.records(last, 'deleted-a'))).toEqual(Array.from({ length: 6 }, (_, i) => `0:${i}=${i}`));
});

async function commitKeys(): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of archive.store.list('commits/')) keys.push(key);
  return keys;
}

test('a single topic that is created again while it is copied leaves the archive as it was', async () => {
  await client.createTopic('again');
  await fill('again', 300);
  let again: Promise<void> | undefined;
  const replace = async () => {
    await client.deleteTopic('again');
    for (;;) {
      try {
        await client.createTopic('again');
        return;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
  };
  const running = archive.run(kafka, ['again'], {
    job: { ...SLOWLY, source: { ...archive.job(kafka, ['x']).source, requestTimeoutMs: 1_000 } },
    onAdvance: () => {
      again ??= replace();
    },
  });
  await expect(running).rejects.toMatchObject({ code: 'TOPIC_RECREATED' });
  await again;
  expect(await commitKeys()).toEqual([]);
});
