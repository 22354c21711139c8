import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openArchive } from '../../runtime/src/archive/format-file.ts';
import type { StartedBody } from '../../runtime/src/journal/entries.ts';
import { RestoreJournal } from '../../runtime/src/journal/journal.ts';
import { type OffsetsBody, toOffsetsPartition } from '../../runtime/src/journal/offset-map-object.ts';
import { OffsetMap } from '../../runtime/src/offsets/offset-map.ts';
import { FilesystemStore } from '../../runtime/src/storage/filesystem-store.ts';
import { runCli } from './run-cli.ts';

const [OLD, DONE, RUNNING, FOREIGN] = ['00000000000000a1', '00000000000000d0', '00000000000000f3', '0f0e1917'];
const RENAMED = '00000000000000e2';
const SOURCE = { clusterId: 'cluster-1', label: 'production' };
const TARGET = { clusterId: 'cluster-2' };

let directory: string;
let archiveId: string;
let config: string;

/** Source offsets 100-149 and 160-169 are at 0-59; a translate restore that somebody wrote behind: it ends at 61. */
function translated(): OffsetMap {
  const map = new OffsetMap(0);
  map.add({ source: 100, target: 0, length: 50 });
  map.add({ source: 160, target: 50, length: 10 });
  map.advance(61);
  return map;
}

function offsets(restoreId: string): OffsetsBody {
  return {
    restoreId,
    snapshot: { backupId: 'monday', sequence: 7, archiveId },
    source: SOURCE,
    target: TARGET,
    offsets: 'translate',
    topics: [
      {
        source: 'orders',
        target: 'orders-dr',
        partitions: [toOffsetsPartition(0, 4, translated()), toOffsetsPartition(1, 1, new OffsetMap(0))],
      },
      // Its name is that of another one's source.
      { source: 'payments', target: 'orders', partitions: [toOffsetsPartition(0, 0, translated())] },
      { source: 'refunds', target: 'refunds', repartitioned: true, partitions: [] },
    ],
  };
}

async function begin(
  restoreId: string,
  ofArchive = archiveId,
  topics: StartedBody['topics'] = [],
): Promise<RestoreJournal> {
  const journal = await RestoreJournal.open(new FilesystemStore(join(directory, 'archive-restores')), restoreId);
  const started: StartedBody = {
    snapshot: { backupId: 'monday', sequence: 7, archiveId: ofArchive, cutTime: '2026-01-02T03:04:06.000Z' },
    source: SOURCE,
    target: TARGET,
    offsets: 'translate',
    topics,
  };
  await journal.append('started', started);
  // The next one is to be later.
  await pause(5);
  return journal;
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'msk-backup-offsets-'));
  archiveId = (await openArchive(new FilesystemStore(join(directory, 'archive')), SOURCE)).id;
  const old = await begin(OLD);
  await old.append('offsets', { ...offsets(OLD), topics: [] });
  const done = await begin(DONE);
  await done.append('progress', { partitions: [] });
  await done.append('offsets', offsets(DONE));
  await done.append('report', {});
  await begin(RUNNING);
  const foreign = await begin(FOREIGN, 'another');
  await foreign.append('offsets', { ...offsets(FOREIGN), topics: [] });
  const topic = { source: 'orders', target: 'orders-tried', topicId: 'x', created: true, settings: [], partitions: [] };
  const renamed = await begin(RENAMED, archiveId, [topic]);
  await renamed.append('offsets', { ...offsets(RENAMED), topics: [] });
  config = join(directory, 'restore.yaml');
  const storage = `storage: {backend: filesystem, path: ${directory}/archive}`;
  await writeFile(config, `mode: restore\ntarget: {bootstrap_servers: 127.0.0.1:9092}\n${storage}\n`);
});
afterAll(() => rm(directory, { recursive: true, force: true }));

async function ok(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await runCli(['offsets', '--config', config, ...args]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout;
}

async function refused(...args: string[]) {
  const { code, stdout } = await runCli(['offsets', '--json', ...args]);
  return { exit: code, ...JSON.parse(stdout).error };
}

const ORDERS = ['--topic', 'orders', '--partition', '0'];

describe('an offset of the source', () => {
  test('is where its record is, or the next record, or the end', async () => {
    const asked = [99, 100, 149, 150, 160, 169, 170].flatMap((offset) => ['--source', String(offset)]);
    const { restore, lookups } = JSON.parse(await ok(...ORDERS, ...asked, '--json'));
    expect(restore).toMatchObject({ restoreId: DONE, snapshot: { backupId: 'monday' }, target: TARGET });
    expect(lookups[0]).toEqual({
      source: { topic: 'orders', partition: 0, offset: 99 },
      target: { topic: 'orders-dr', partition: 4, offset: 0 },
      exact: false,
      next: 100,
    });
    const told = lookups.map((at: Record<string, { offset: number }>) => [at.target?.offset, at.exact, at.next]);
    expect(told).toEqual([
      [0, false, 100],
      [0, true, undefined],
      [49, true, undefined],
      [50, false, 160],
      [50, true, undefined],
      [59, true, undefined],
      [61, false, null],
    ]);
  });

  test('as text says what the number means', async () => {
    const lines = (await ok(...ORDERS, '--source', '149', '--source', '150', '--source', '1000')).trimEnd().split('\n');
    expect(lines.slice(0, 5)).toEqual([
      `restore   ${DONE}`,
      'snapshot  monday (#7)',
      'source    production (cluster-1)',
      'target    cluster-2',
      'offsets   new',
    ]);
    expect(lines.slice(-3).map((line) => line.trim().split(/ {2,}/))).toEqual([
      ['orders', '0', '149', 'orders-dr', '4', '49'],
      ['orders', '0', '150', 'orders-dr', '4', '50', 'no record there: the first one after it, 160'],
      ['orders', '0', '1,000', 'orders-dr', '4', '61', 'no record there or after it: the end'],
    ]);
  });

  test('as CSV', async () => {
    expect(await ok(...ORDERS, '--source', '149', '--source', '150', '--format', 'csv')).toBe(
      'source_topic,source_partition,source_offset,target_topic,target_partition,target_offset,exact\n' +
        'orders,0,149,orders-dr,4,49,true\norders,0,150,orders-dr,4,50,false\n',
    );
  });

  test('by the name at the target', async () => {
    const found = await ok('--topic', 'orders-dr', '--partition', '0', '--source', '100', '--format', 'csv');
    expect(found).toContain('\norders,0,100,orders-dr,4,0,true\n');
  });
});

test('an offset of the target: names and partitions are those there', async () => {
  const asked = ['--target', '50', '--target', '60', '--format', 'csv'];
  expect((await ok('--topic', 'orders-dr', '--partition', '4', ...asked)).split('\n').slice(1)).toEqual([
    'orders,0,160,orders-dr,4,50,true',
    'orders,0,,orders-dr,4,60,false',
    '',
  ]);
  expect(await ok('--topic', 'orders', '--partition', '0', ...asked)).toContain('payments,0,160,orders,0,50,true');
  expect(await ok('--topic', 'orders-dr', '--partition', '4', '--target', '60')).toContain(
    'no restored record is there',
  );
});

describe('without an offset: the ranges', () => {
  test('of everything, as CSV', async () => {
    expect((await ok('--format', 'csv')).split('\n')).toEqual([
      'source_topic,source_partition,source_offset,target_topic,target_partition,target_offset,records',
      'orders,0,100,orders-dr,4,0,50',
      'orders,0,160,orders-dr,4,50,10',
      'orders,0,170,orders-dr,4,61,0',
      'orders,1,0,orders-dr,1,0,0',
      'payments,0,100,orders,0,0,50',
      'payments,0,160,orders,0,50,10',
      'payments,0,170,orders,0,61,0',
      '',
    ]);
  });

  test('and the topics that have none', async () => {
    expect(await ok()).toMatch(/\n\nwithout a map, because repartitioned: refunds\n$/);
    expect(JSON.parse(await ok('--json')).repartitioned).toEqual(['refunds']);
  });

  test('of one partition, as text and JSON', async () => {
    const text = await ok(...ORDERS);
    expect(text).toMatch(/^orders +0 +100 to 149 +orders-dr +4 +0 to 49 +50$/m);
    expect(text).toMatch(/^orders +0 +from 170 on +orders-dr +4 +61, the end +0$/m);
    const expected = {
      source: { topic: 'orders', partition: 0 },
      target: { topic: 'orders-dr', partition: 4, end: 61 },
      ranges: [
        { source: 100, target: 0, length: 50 },
        { source: 160, target: 50, length: 10 },
      ],
    };
    expect(JSON.parse(await ok(...ORDERS, '--format', 'json')).partitions).toEqual([expected]);
  });
});

describe('which restore', () => {
  test('by its id, and from a copy of its map without any configuration', async () => {
    expect(JSON.parse(await ok('--restore', OLD, '--json'))).toMatchObject({ restore: { restoreId: OLD } });
    const map = join(directory, 'archive-restores', DONE!, '00000002-offsets.json');
    const { code, stdout } = await runCli(['offsets', '--map', map, ...ORDERS, '--source', '160', '--format', 'csv']);
    expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringContaining('orders,0,160,orders-dr,4,50') });
  });

  test.each<[string[], string, string]>([
    [
      ['--restore', 'd0'],
      'RESTORE_UNKNOWN',
      `there is no restore d0 in DIRECTORY; the newest are ${RENAMED}, ${FOREIGN}, ${RUNNING}, ${DONE}, ${OLD}`,
    ],
    [['--restore', '../x'], 'RESTORE_UNKNOWN', 'there is no restore ../x'],
    [['--restore', RUNNING!], 'RESTORE_UNFINISHED', `restore ${RUNNING} in DIRECTORY has not put all its records`],
    [
      ['--topic', 'order', '--partition', '0'],
      'TOPIC_NOT_RESTORED',
      `restore ${DONE} has not restored a topic order; did you mean orders?`,
    ],
    [
      ['--topic', 'orders', '--partition', '4', '--source', '1'],
      'PARTITION_NOT_RESTORED',
      `restore ${DONE} has no map of partition 4 of topic orders at the source; it has 0, 1`,
    ],
    [
      ['--topic', 'refunds'],
      'PARTITION_NOT_RESTORED',
      `restore ${DONE} has no map of topic refunds: its records were spread over the partitions by their keys`,
    ],
  ])('%j: 3', async (args, code, message) => {
    const error = await refused('--config', config, ...args);
    expect(error).toMatchObject({ exit: 3, code });
    expect(error.message).toContain(message.replace('DIRECTORY', join(directory, 'archive-restores')));
  });

  test('the newest one that the configuration fits', async () => {
    const written = async (name: string, restore: string) => {
      const file = join(directory, name);
      const storage = `storage: {backend: filesystem, path: ${directory}/archive}`;
      await writeFile(file, `target: {bootstrap_servers: 127.0.0.1:9092}\n${storage}\nrestore: ${restore}\n`);
      return file;
    };
    const tried = await written('tried.yaml', '{topic_mapping: {orders: orders-tried}}');
    const { stdout } = await runCli(['offsets', '--config', tried, '--json']);
    expect(JSON.parse(stdout).restore.restoreId).toBe(RENAMED);
    expect(await refused('--config', await written('exact.yaml', '{offsets: exact}'))).toMatchObject({
      exit: 3,
      code: 'RESTORE_UNKNOWN',
      message: expect.stringMatching(`of this configuration: name .* --restore .the newest are ${RENAMED}, ${RUNNING}`),
    });
  });

  test('none yet: 3, saying where it was looked for', async () => {
    const elsewhere = join(directory, 'elsewhere.yaml');
    const storage = `storage: {backend: filesystem, path: ${directory}/archive}`;
    await writeFile(
      elsewhere,
      `target: {bootstrap_servers: 127.0.0.1:9092}\n${storage}\nrestore: {state: ${directory}/nothing}\n`,
    );
    expect(await refused('--config', elsewhere)).toMatchObject({
      exit: 3,
      code: 'RESTORE_UNKNOWN',
      message: expect.stringContaining(`no restore of this archive is noted in ${directory}/nothing`),
    });
  });

  test('a file that is no map: 3', async () => {
    expect(await refused('--map', config)).toMatchObject({
      exit: 3,
      code: 'MAP_UNREADABLE',
      message: `${config} cannot be read as a map of offsets: it is not JSON`,
    });
    expect(await refused('--map', join(directory, 'nothing'))).toMatchObject({ exit: 3, code: 'MAP_UNREADABLE' });
  });
});

test.each<[string[], string]>([
  [['--source', '1', '--topic', 'orders'], '--source needs --topic and --partition; see msk-backup offsets --help'],
  [
    ['--source', '1', '--target', '1'],
    "option '--target <offset>' cannot be used with option '--source <offset>'; see msk-backup offsets --help",
  ],
  [
    ['--source', '1.5'],
    "option '--source <offset>' argument '1.5' is invalid. Give a whole number from 0; see msk-backup offsets --help",
  ],
])('%j ends with 2', async (args, message) => {
  const { code, stderr } = await runCli(['offsets', ...args]);
  expect({ code, stderr }).toEqual({ code: 2, stderr: `msk-backup: ${message}\n` });
});
