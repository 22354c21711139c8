import { once } from 'node:events';
import { truncate } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { packKey } from '../../runtime/src/archive/pack-writer.ts';
import { sampleArchive } from '../archive/fixture.ts';
import { TestArchive } from '../support/archive/backup.ts';
import { type KafkaCluster, startKafka } from '../support/kafka/cluster.ts';
import { type JavaClient, javaClient, type ReadRecord } from '../support/kafka/java-client.ts';
import { runCli, startCli } from './run-cli.ts';

const NOON = Date.UTC(2026, 0, 2, 12);
const BINARY = Buffer.from([0xff, 0, 0x80]);

let kafka: KafkaCluster;
let client: JavaClient;
let archive: TestArchive;
/** What the Java client reads, before each of the two backups. */
let first: ReadRecord[];
let second: ReadRecord[];

/** Transactions, every kind of content, out-of-order times; then the log start moves and more comes. */
beforeAll(async () => {
  kafka = await startKafka();
  client = javaClient(kafka);
  archive = await TestArchive.create();
  await client.createTopic('orders', { partitions: 2 });
  const plain = await client.producer({ 'compression.type': 'lz4' });
  await plain.send('orders', [
    { partition: 0, key: 'a', value: 'first\tvalue\n\u001b[31m', timestamp: NOON, headers: [['h', '1']] },
    { partition: 0, key: 'b', value: null, timestamp: NOON + 3_600_000 },
    {
      partition: 0,
      key: BINARY,
      value: BINARY,
      timestamp: NOON + 60_000,
      headers: [
        ['h', '1'],
        ['h', BINARY],
        ['n', null],
      ],
    },
    { partition: 1, key: 'a', value: 'ä\ufeffö', timestamp: NOON + 60_000 },
  ]);
  const transactional = await client.producer({ 'transactional.id': 't' });
  await transactional.begin();
  await transactional.send('orders', [{ partition: 0, key: 'a', value: 'aborted' }]);
  await transactional.abort();
  await transactional.begin();
  await transactional.send('orders', [{ partition: 0, value: '', timestamp: NOON + 120_000 }]);
  await transactional.commit();
  first = await client.readAll('orders');
  await archive.backup(kafka, ['orders'], { backupId: 'monday' });
  await client.deleteRecords('orders', { 0: 2 });
  await plain.send('orders', [{ partition: 1, key: 'c', value: 'late', timestamp: NOON + 7_200_000 }]);
  second = await client.readAll('orders');
  await archive.backup(kafka, ['orders'], { backupId: 'tuesday' });
});
afterAll(async () => {
  await kafka.stop();
  await archive.remove();
});

async function read(...args: string[]) {
  const ended = await runCli(['read', '--path', archive.path, '--topic', 'orders', ...args]);
  expect(ended).toMatchObject({ code: 0 });
  return ended;
}

interface Line {
  partition: number;
  offset: number;
  timestamp: string;
  timestampMs: number;
  key: string | null;
  keyEncoding?: 'base64';
  value: string | null;
  valueEncoding?: 'base64';
  headers: { key: string; value: string | null; valueEncoding?: 'base64' }[];
}

async function lines(...args: string[]): Promise<Line[]> {
  const { stdout, stderr } = await read('--format', 'json', ...args);
  expect(stderr).toBe('');
  return stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Line);
}

/** Told again here what the output means. */
function bytes(text: string | null, encoding: 'base64' | undefined): Buffer | null {
  return text === null ? null : Buffer.from(text, encoding ?? 'utf8');
}

function decoded(line: Line): Omit<ReadRecord, 'timestampType'> {
  expect(Date.parse(line.timestamp)).toBe(line.timestampMs);
  return {
    partition: line.partition,
    offset: line.offset,
    timestamp: line.timestampMs,
    key: bytes(line.key, line.keyEncoding),
    value: bytes(line.value, line.valueEncoding),
    headers: line.headers.map(({ key, value, valueEncoding }) => [key, bytes(value, valueEncoding)]),
  };
}

function withoutType(records: ReadRecord[]): Omit<ReadRecord, 'timestampType'>[] {
  return records.map(({ timestampType: _type, ...record }) => record);
}

describe('as JSON', () => {
  test('has every record exactly as the Java client read it', async () => {
    expect(first).toHaveLength(5);
    expect((await lines('--backup-id', 'monday')).map(decoded)).toEqual(withoutType(first));
    expect((await lines()).map(decoded)).toEqual(withoutType(second));
  });

  test('base64 in any case when it is asked for', async () => {
    const found = await lines('--backup-id', 'monday', '--bytes', 'base64');
    expect(found.map(decoded)).toEqual(withoutType(first));
    expect(found[0]).toMatchObject({ key: 'YQ==', keyEncoding: 'base64', valueEncoding: 'base64' });
  });

  test('is what --json means', async () => {
    const { stdout } = await read('--json', '--limit', '1');
    expect(JSON.parse(stdout)).toMatchObject({ topic: 'orders', partition: 0, offset: 2 });
  });
});

describe('which records', () => {
  const all = ['--backup-id', 'monday', '--format', 'json'];
  test.each<[string[], string[]]>([
    [['--partition', '1'], ['1:0']],
    [
      ['--offset', '1..3'],
      ['0:1', '0:2'],
    ],
    [
      ['--offset', '2..'],
      ['0:2', '0:5'],
    ],
    [
      ['--offset', '0'],
      ['0:0', '1:0'],
    ],
    [
      ['--key', 'a'],
      ['0:0', '1:0'],
    ],
    [['--key', 'nobody'], []],
    // Between the two lies a record that is an hour younger.
    [
      ['--to', '2026-01-02T12:01:00Z'],
      ['0:0', '0:2', '1:0'],
    ],
    [
      ['--from', String(NOON + 120_000)],
      ['0:1', '0:5'],
    ],
    [['--from', '2026-01-02T12:01:00Z', '--to', '2026-01-02T12:01:00Z', '--partition', '0'], ['0:2']],
    [
      ['--limit', '2'],
      ['0:0', '0:1'],
    ],
  ])('%j', async (args, expected) => {
    const { stdout } = await read(...all, ...args);
    const found = stdout
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Line);
    expect(found.map(({ partition, offset }) => `${partition}:${offset}`)).toEqual(expected);
  });

  test('expired ones on request', async () => {
    const places = async (...args: string[]) =>
      (await lines(...args)).map(({ partition, offset }) => `${partition}:${offset}`);
    expect(await places()).toEqual(['0:2', '0:5', '1:0', '1:1']);
    expect(await places('--include-expired')).toEqual(['0:0', '0:1', '0:2', '0:5', '1:0', '1:1']);
  });
});

test('as text: a line each, nothing that commands a terminal, and the count on the standard error', async () => {
  const { stdout, stderr } = await read('--backup-id', 'monday');
  expect(stdout.split('\n')).toEqual([
    '0\t0\t2026-01-02T12:00:00.000Z\ta\tfirst\\tvalue\\n\\u001b[31m\th=1',
    '0\t1\t2026-01-02T13:00:00.000Z\tb\t<null>',
    '0\t2\t2026-01-02T12:01:00.000Z\tbase64:/wCA\tbase64:/wCA\th=1, h=base64:/wCA, n=<null>',
    '0\t5\t2026-01-02T12:02:00.000Z\t<null>\t',
    '1\t0\t2026-01-02T12:01:00.000Z\ta\tä\ufeffö',
    '',
  ]);
  expect(JSON.parse(stderr)).toMatchObject({ level: 'info', msg: '5 records of topic orders in snapshot monday' });
  expect(JSON.parse((await read('--key', 'nobody')).stderr)).toMatchObject({
    msg: '0 records of topic orders in snapshot tuesday',
  });
});

describe('what is wrong', () => {
  test.each<[string[], string]>([
    [['--path', '/x'], "required option '--topic <name>' not specified; see msk-backup read --help"],
    [
      ['--topic', 'a', '--offset', '9..9'],
      "option '--offset <offsets>' argument '9..9' is invalid. It ends before it begins: the second offset is not part of it; see msk-backup read --help",
    ],
    [
      ['--topic', 'a', '--from', '1701450000'],
      "option '--from <time>' argument '1701450000' is invalid. It looks like seconds: milliseconds are wanted, three digits more; see msk-backup read --help",
    ],
    [['--topic', 'a', '--from', '2', '--to', '1'], '--from lies after --to; see msk-backup read --help'],
  ])('%j ends with 2', async (args, message) => {
    const { code, stderr } = await runCli(['read', ...args]);
    expect({ code, stderr }).toEqual({ code: 2, stderr: `msk-backup: ${message}\n` });
  });

  test('another topic: 3, with the one that may be meant', async () => {
    const { code, stderr } = await runCli(['read', '--path', archive.path, '--topic', 'ordres']);
    expect({ code, stderr }).toEqual({
      code: 3,
      stderr: 'msk-backup: snapshot tuesday has no topic ordres; did you mean orders?\n',
    });
  });

  test('a damaged pack: 5, after the records before it, and the error is no part of the result', async () => {
    const { path } = await sampleArchive();
    const key = packKey('orders', 'run-1', 0);
    await truncate(`${path}/${key}`, 10);
    const { code, stdout, stderr } = await runCli(['read', '--path', path, '--topic', 'orders', '--json']);
    expect(code).toBe(5);
    expect(
      stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line).offset),
    ).toHaveLength(40);
    expect(stderr).toContain(key);
  });
});

test('a reader who goes away early is no error', async () => {
  const { child, ended } = startCli(['read', '--path', archive.path, '--topic', 'orders']);
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  child.stdout!.destroy();
  await once(child, 'exit');
  expect(await ended).toMatchObject({ code: 0, signal: null });
});
