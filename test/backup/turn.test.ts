import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Turn, type TurnOptions, takeTurn } from '../../runtime/src/backup/turn.ts';
import { FilesystemStore } from '../../runtime/src/storage/filesystem-store.ts';
import type { ObjectStore } from '../../runtime/src/storage/object-store.ts';
import { TestArchive } from '../support/archive/backup.ts';
import { type KafkaCluster, startKafka } from '../support/kafka/cluster.ts';
import { javaClient } from '../support/kafka/java-client.ts';
import { ended, spawnOwned } from '../support/process.ts';

const SOON = { heldMs: 60_000, renewMs: 20_000, lookMs: 20 };

let path: string;
let store: ObjectStore;
let notes: string[];
const turns: Turn[] = [];
beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), 'msk-backup-turn-'));
  store = new FilesystemStore(path);
  notes = [];
});
afterEach(async () => {
  for (const turn of turns.splice(0)) turn.done();
  await store.close();
  await rm(path, { recursive: true, force: true });
});

async function take(runId: string, options: Partial<TurnOptions> = {}, signal = new AbortController().signal) {
  const progress = { stage() {}, advance() {}, note: (_level: string, message: string) => void notes.push(message) };
  const turn = await takeTurn(store, { runId, whenRunning: 'wait', timing: SOON, ...options }, { progress, signal });
  turns.push(turn);
  return turn;
}

async function objects(): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of store.list('running/')) keys.push(key);
  return keys;
}

/** A process of its own that has the turn until it is killed. */
async function startHolder(heldMs: number) {
  const script = join(import.meta.dirname, 'turn-child.ts');
  const child = spawnOwned(process.execPath, [script, path, String(heldMs)], { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise((resolve) => child.stdout!.once('data', resolve));
  return child;
}

describe('of two runs at once', () => {
  test('one that is to stop is refused, and names the other', async () => {
    await take('first');
    await expect(take('second', { whenRunning: 'stop' })).rejects.toMatchObject({
      kind: 'configuration',
      code: 'BACKUP_RUNS_ALREADY',
      message: expect.stringMatching(/another backup, run first, is copying into .*when_running: wait/),
    });
  });

  test('one that waits begins when the other gives up', async () => {
    const first = await take('first');
    let begun = false;
    const second = take('second').then(() => {
      begun = true;
    });
    while (notes.length === 0) await sleep(5);
    expect(begun).toBe(false);
    await first.giveUp();
    await second;
    expect(notes).toEqual([expect.stringMatching(/^another backup, run first, .*: waiting for its end$/)]);
    // Nothing was overwritten or deleted.
    expect(await objects()).toEqual([0, 1, 2].map((n) => `running/0000000000/00000${n}.json`));
  });

  test('of many that want it at the same moment one has it', async () => {
    const asked = Array.from({ length: 8 }, (_, i) => take(`run-${i}`, { whenRunning: 'stop' }));
    const results = await Promise.allSettled(asked);
    expect(results.filter(({ status }) => status === 'fulfilled').length).toBe(1);
  });

  test('one that waits can be stopped', async () => {
    await take('first');
    const stop = new AbortController();
    const second = take('second', {}, stop.signal);
    while (notes.length === 0) await sleep(5);
    stop.abort();
    await expect(second).rejects.toMatchObject({ kind: 'interrupted' });
  });

  test('a run that lasts longer keeps its turn', async () => {
    const child = await startHolder(1_500);
    // Five times as long as one word of it counts.
    await sleep(7_500);
    await expect(take('second', { whenRunning: 'stop' })).rejects.toMatchObject({ code: 'BACKUP_RUNS_ALREADY' });
    child.kill('SIGKILL');
    await ended(child);
  });

  test('a run that was killed loses its turn when its time is over', async () => {
    const child = await startHolder(2_000);
    child.kill('SIGKILL');
    await ended(child);
    await take('second');
    expect(notes.at(-1)).toMatch(/^backup run child has said nothing since .*: going on without it$/);
  });
});

describe('backups', () => {
  let kafka: KafkaCluster;
  let archive: TestArchive;
  beforeAll(async () => {
    kafka = await startKafka();
    const client = javaClient(kafka);
    await client.createTopic('orders');
    const producer = await client.producer({ 'batch.size': '0' });
    await producer.send(
      'orders',
      Array.from({ length: 300 }, (_, i) => ({ partition: 0, value: `${i}` })),
    );
    await producer.close();
    archive = await TestArchive.create();
  });
  afterAll(async () => {
    await kafka.stop();
    await archive.remove();
  });

  test('the second waits for the first and copies only what is new; with stop it is refused', async () => {
    const under = Promise.withResolvers<void>();
    const first = archive.run(kafka, ['orders'], {
      backupId: 'first',
      job: { fetchMaxBytes: 1 },
      onAdvance: () => under.resolve(),
    });
    await under.promise;
    const refused = archive.run(kafka, ['orders'], { backupId: 'refused', job: { whenRunning: 'stop' } });
    const second = archive.run(kafka, ['orders'], { backupId: 'second' });
    await expect(refused).rejects.toMatchObject({ code: 'BACKUP_RUNS_ALREADY' });
    expect((await first).snapshots).toMatchObject([{ backupId: 'first', sequence: 0, added: { records: 300 } }]);
    expect((await second).snapshots).toMatchObject([{ backupId: 'second', sequence: 1, added: { records: 0 } }]);
  }, 60_000);

  test('one that failed leaves the next one nothing to wait for', async () => {
    const stopped = archive.run(kafka, ['orders'], { signal: AbortSignal.abort() });
    await expect(stopped).rejects.toMatchObject({ kind: 'interrupted' });
    const { snapshots } = await archive.run(kafka, ['orders'], { backupId: 'third', job: { whenRunning: 'stop' } });
    expect(snapshots).toMatchObject([{ backupId: 'third' }]);
  });
});
