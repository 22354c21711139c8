import { rm, truncate } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { writeCommit } from '../../runtime/src/archive/commits.ts';
import { packKey } from '../../runtime/src/archive/pack-writer.ts';
import { sampleArchive, snapshot } from '../archive/fixture.ts';
import { runCli } from './run-cli.ts';

/** The sample archive, with a third commit: stopped before its cut, with a lost range and a group. */
async function archive() {
  const sample = await sampleArchive();
  const [, two] = sample.snapshots;
  const [first, second] = two!.topics[0]!.partitions;
  await writeCommit(
    sample.store,
    snapshot(
      2,
      two!.archiveId,
      two!.indexes,
      [
        {
          ...first!,
          cut: 100,
          lost: [{ from: 40, until: 50, reason: 'retention', noticedAt: '2026-01-02T03:04:05.000Z' }],
        },
        second!,
      ],
      {
        kind: 'partial',
        groups: [
          {
            groupId: 'payments',
            protocolType: 'consumer',
            offsets: [{ topic: 'orders', partition: 0, offset: 25, leaderEpoch: 3, metadata: '' }],
          },
        ],
      },
    ),
  );
  return sample;
}

/** Cells of the line that begins with the given ones; blanks within a cell are single. */
function cells(text: string, ...first: string[]): string[] {
  const line = text
    .split('\n')
    .find((candidate) => candidate.trim().split(/ {2,}/).slice(0, first.length).join() === first.join());
  return line?.trim().split(/ {2,}/) ?? [];
}

describe('list', () => {
  test('shows every snapshot, the newest last', async () => {
    const { path } = await archive();
    const { code, stdout, stderr } = await runCli(['list', '--path', path]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('production (cluster-1)');
    expect(cells(stdout, '1', 'backup-1')).toEqual([
      '1',
      'backup-1',
      'complete',
      '2026-01-02 03:04:06Z',
      '1',
      '2',
      '0',
      '0',
      '0 B',
      '1s',
    ]);
    expect(stdout.indexOf('backup-2')).toBeGreaterThan(stdout.indexOf('backup-1'));
  });

  test('--last and --json', async () => {
    const { path } = await archive();
    const { code, stdout } = await runCli(['list', '--path', path, '--last', '2', '--json']);
    expect(code).toBe(0);
    const listed = JSON.parse(stdout);
    expect(listed.archive).toMatchObject({ location: path, clusterId: 'cluster-1', label: 'production' });
    expect(listed.snapshots).toMatchObject([
      { sequence: 1, backupId: 'backup-1', kind: 'complete', topics: 1, partitions: 2 },
      { sequence: 2, backupId: 'backup-2', kind: 'partial', groups: 1 },
    ]);
  });

  test('a damaged commit is shown as one', async () => {
    const { path } = await archive();
    await truncate(`${path}/commits/0000000001.json`, 200);
    const { code, stdout } = await runCli(['list', '--path', path]);
    expect(code).toBe(0);
    expect(cells(stdout, '1', 'damaged')).toEqual(['1', 'damaged']);
    expect(stdout).toMatch(/commits\/0000000001\.json in .*: this is no commit, or it is cut off/);
  });

  test('no archive: 3, saying what was looked for', async () => {
    const { path } = await archive();
    const { code, stderr } = await runCli(['list', '--path', `${path}/packs`]);
    expect({ code, stderr }).toEqual({
      code: 3,
      stderr: `msk-backup: there is no archive at ${path}/packs: no object FORMAT is there; check the bucket (or path) and the prefix\n`,
    });
  });
});

describe('describe', () => {
  test('latest is the newest complete snapshot', async () => {
    const { path } = await archive();
    const { code, stdout, stderr } = await runCli(['describe', '--path', path]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^snapshot {2}backup-1 \(#1, complete\)$/m);
    expect(cells(stdout, 'orders', '2')).toMatchObject({
      1: '2',
      2: '3',
      3: '80',
      6: '2023-11-14 22:13:20Z',
      7: 'cleanup.policy=delete',
    });
    expect(cells(stdout, 'orders', '0').slice(0, 6)).toEqual(['orders', '0', '0', '70', '70', '60']);
  });

  test('a partial one by its name: what is missing, lost ranges, groups', async () => {
    const { path } = await archive();
    const { code, stdout } = await runCli(['describe', '--path', path, '--backup-id', 'backup-2']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^missing {3}30 offsets of 1 partition: run the backup again to go on$/m);
    expect(stdout).toMatch(/^orders +0 +40 +49 +retention +2026-01-02 03:04:05Z$/m);
    expect(stdout).toMatch(/^payments +orders +1$/m);
  });

  test('--json has records and bytes of each partition', async () => {
    const { path } = await archive();
    const { stdout } = await runCli(['describe', '--path', path, '--backup-id', 'backup-0', '--json']);
    const described = JSON.parse(stdout);
    expect(described).toMatchObject({ backupId: 'backup-0', kind: 'complete', cluster: { id: 'cluster-1' } });
    expect(described.topics[0]).toMatchObject({ name: 'orders', records: 50 });
    expect(described.topics[0].partitions).toMatchObject([
      { partition: 0, logStart: 0, cut: 40, reached: 40, records: 40, maxTimestamp: 1_700_000_000_009 },
      { partition: 1, cut: 10, records: 10 },
    ]);
  });

  test('an unknown snapshot: 3, with the ids that there are', async () => {
    const { path } = await archive();
    const { code, stdout } = await runCli(['describe', '--path', path, '--backup-id', 'bakcup-1', '--json']);
    expect(code).toBe(3);
    expect(JSON.parse(stdout).error).toMatchObject({
      kind: 'configuration',
      code: 'SNAPSHOT_UNKNOWN',
      message: expect.stringContaining('did you mean backup-1'),
    });
  });

  test('a damaged index: 5, naming it', async () => {
    const { path, snapshots } = await archive();
    const { key } = snapshots[1]!.indexes[1]!;
    await truncate(`${path}/${key}`, 10);
    const { code, stderr } = await runCli(['describe', '--path', path]);
    expect(code).toBe(5);
    expect(stderr).toContain(key);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  });
});

describe('groups', () => {
  test('of a snapshot, with the lag at its cut', async () => {
    const { path } = await archive();
    const { code, stdout } = await runCli(['groups', '--path', path, '--backup-id', 'backup-2']);
    expect(code).toBe(0);
    expect(cells(stdout, 'payments')).toEqual(['payments', 'orders', '0', '25', '100', '75']);
    const json = await runCli(['groups', '--path', path, '--backup-id', 'backup-2', '--json']);
    expect(JSON.parse(json.stdout).groups).toEqual([
      {
        groupId: 'payments',
        protocolType: 'consumer',
        positions: [{ topic: 'orders', partition: 0, offset: 25, end: 100, lag: 75 }],
      },
    ]);
  });

  test('a snapshot without groups says so', async () => {
    const { path } = await archive();
    expect((await runCli(['groups', '--path', path])).stdout).toMatch(/\n\nno groups\n$/);
  });
});

test('the archive of a configuration, given in the environment', async () => {
  const { path } = await archive();
  const configuration = `backup_id: x\nsource: {bootstrap_servers: 127.0.0.1:9092}\nstorage: {backend: filesystem, path: ${path}}\n`;
  const { code, stdout } = await runCli(['list'], { env: { MSK_BACKUP_CONFIG: configuration } });
  expect(code).toBe(0);
  expect(stdout).toContain('backup-2');
});

describe('rebuild', () => {
  test('commits and indexes are lost: the packs give a snapshot again', async () => {
    const { path } = await archive();
    await rm(`${path}/commits`, { recursive: true });
    await rm(`${path}/index`, { recursive: true });
    const { code, stdout } = await runCli(['rebuild', '--path', path, '--json']);
    expect(code).toBe(0);
    const { snapshot: rebuilt, unreadable } = JSON.parse(stdout);
    expect(unreadable).toEqual([]);
    const described = await runCli(['describe', '--path', path, '--json']);
    expect(JSON.parse(described.stdout)).toMatchObject({ backupId: rebuilt.backupId, topics: [{ records: 80 }] });
  });

  test('a pack that cannot be read is left out: 5, naming it', async () => {
    const { path } = await archive();
    const key = packKey('orders', 'run-1', 0);
    await truncate(`${path}/${key}`, 100);
    const { code, stdout } = await runCli(['rebuild', '--path', path]);
    expect(code).toBe(5);
    expect(stdout).toMatch(new RegExp(`^left out: .*${key}`, 'm'));
  });
});
