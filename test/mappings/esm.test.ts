import { mkdtemp, readFile, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { MappingOutcome } from '../../runtime/src/mappings/outcome.ts';
import type { RecoveryBody } from '../../runtime/src/mappings/recovery.ts';
import { type Ended, startCli } from '../cli/run-cli.ts';
import { CREDENTIALS } from './credentials.ts';
import { ACCESS_KEY, groupOf, LambdaServer, SECRET_KEY } from './lambda-server.ts';

let server: LambdaServer;
let directory: string;
let file: string;

beforeEach(async () => {
  server = await LambdaServer.start();
  directory = await mkdtemp(join(tmpdir(), 'esm-'));
  file = join(directory, 'mappings.json');
});
afterEach(() => server.stop());

function start(args: string[], at = server): ReturnType<typeof startCli> {
  const place = ['--region', at.region, '--endpoint', at.endpoint];
  return startCli(['esm', ...args, ...place], { env: CREDENTIALS });
}

async function esm(...args: string[]): Promise<Ended> {
  const ended = await start(args).ended;
  for (const secret of [ACCESS_KEY, SECRET_KEY]) expect(ended.stdout + ended.stderr).not.toContain(secret);
  return ended;
}

async function esmJson<T>(...args: string[]): Promise<T> {
  const { code, stdout, stderr } = await esm(...args, '--json');
  expect([code, stderr]).toEqual([0, expect.any(String)]);
  return JSON.parse(stdout) as T;
}

async function recovery(): Promise<RecoveryBody> {
  return JSON.parse(await readFile(file, 'utf8')) as RecoveryBody;
}

describe('list', () => {
  test('shows the mappings of MSK topics, as a table and as JSON', async () => {
    const { UUID } = server.add({ FunctionArn: server.functionArn('order-processor:live') });
    server.add({ EventSourceArn: 'arn:aws:sqs:eu-west-1:123456789012:jobs', Topics: [] });
    const { code, stdout } = await esm('list');
    expect(code).toBe(0);
    const [head, row, ...more] = stdout.trimEnd().split('\n');
    expect(head?.split(/ {2,}/)).toEqual(['uuid', 'function', 'cluster', 'topic', 'group', 'state', 'last result']);
    expect(row?.split(/ {2,}/)).toEqual([
      UUID,
      'order-processor:live',
      'shop',
      'orders',
      `amazon.lambda.${UUID}`,
      'Enabled',
      'OK',
    ]);
    expect(more).toEqual([]);
    expect(await esmJson('list', '--function', 'order-processor')).toMatchObject({
      mappings: [{ uuid: UUID, clusterArn: server.clusterArn('shop'), topics: ['orders'], state: 'Enabled' }],
    });
    expect((await esm('list', '--cluster-arn', server.clusterArn('dr'))).stdout).toBe(
      'no event source mappings of MSK topics\n',
    );
  });

  test('writes settings down without changing a mapping', async () => {
    const { UUID } = server.add({ tags: { team: 'shop' } });
    await esmJson('list', '--file', file);
    expect(server.only().State).toBe('Enabled');
    expect((await recovery()).mappings).toMatchObject([
      { saved: { uuid: UUID, tags: { team: 'shop' } }, step: 'saved' },
    ]);
  });
});

test('pause and resume: the mapping is as it was', async () => {
  const before = server.add();
  const paused = await esm('pause', '--function', 'order-processor', '--file', file);
  expect(paused.code).toBe(0);
  expect(paused.stdout).toContain('disabled');
  expect(paused.stdout).toContain(`msk-backup esm resume --from ${file}`);
  expect(server.only().State).toBe('Disabled');
  expect((await stat(file)).mode & 0o777).toBe(0o600);

  const again = await esm('pause', '--function', 'order-processor', '--file', file);
  expect([again.code, again.stderr]).toEqual([3, expect.stringContaining(`${before.UUID}`)]);

  const { mappings } = await esmJson<{ mappings: MappingOutcome[] }>('resume', '--from', file);
  expect(mappings).toMatchObject([{ uuid: before.UUID, newUuid: before.UUID, action: 'enabled', state: 'Enabled' }]);
  expect(server.only().UUID).toBe(before.UUID);
  expect((await esm('resume', '--from', file)).stdout).toContain('nothing to do');
});

test('where the settings cannot be written, nothing is stopped', async () => {
  server.add();
  const { code, stderr } = await esm(
    'pause',
    '--function',
    'order-processor',
    '--file',
    join(directory, 'no/file.json'),
  );
  expect([code, stderr]).toEqual([3, expect.stringContaining('name another file')]);
  expect(server.only().State).toBe('Enabled');
});

test('resume makes a paused mapping again where it is gone', async () => {
  const before = server.add({ BatchSize: 7, tags: { team: 'shop' } });
  await esmJson('pause', '--uuid', before.UUID, '--file', file);
  server.mappings.clear();
  await esmJson('resume', '--from', file);
  const now = server.only();
  expect(now).toMatchObject({ BatchSize: 7, EventSourceArn: before.EventSourceArn, State: 'Enabled' });
  expect(groupOf(now)).toBe(groupOf(before));
  expect(server.tagsOf(now.UUID)).toEqual({ team: 'shop' });
});

test('resume at another cluster', async () => {
  const before = server.add({ State: 'Disabled' });
  await esmJson('resume', '--uuid', before.UUID, '--cluster-arn', server.clusterArn('dr'), '--file', file);
  expect(server.only()).toMatchObject({ EventSourceArn: server.clusterArn('dr'), State: 'Enabled' });
  expect(groupOf(server.only())).toBe(groupOf(before));
});

test('reset from a time on, killed after the deletion, goes on from the file', async () => {
  const before = server.add({ BatchSize: 7, tags: { team: 'shop' } });
  const creation = server.hold('Create');
  const at = '2026-10-01T00:00:00Z';
  const { child, ended } = start(['reset', '--function', 'order-processor', '--at', at, '--file', file]);
  await creation;
  expect(server.mappings.size).toBe(0);
  child.kill('SIGKILL');
  expect((await ended).signal).toBe('SIGKILL');
  expect((await recovery()).mappings).toMatchObject([{ step: 'moving', saved: { uuid: before.UUID, enabled: true } }]);

  const other = await esm('pause', '--function', 'order-processor', '--file', file);
  expect([other.code, other.stderr]).toEqual([3, expect.any(String)]);

  const { mappings } = await esmJson<{ mappings: MappingOutcome[] }>('resume', '--from', file);
  const now = server.only();
  expect(mappings).toMatchObject([{ uuid: before.UUID, newUuid: now.UUID, strategy: 'reset', state: 'Enabled' }]);
  expect(now).toMatchObject({
    BatchSize: 7,
    StartingPosition: 'AT_TIMESTAMP',
    StartingPositionTimestamp: Date.parse(at) / 1000,
    EventSourceArn: before.EventSourceArn,
  });
  expect(groupOf(now)).toBe(`amazon.lambda.${now.UUID}`);
  expect(server.tagsOf(now.UUID)).toEqual({ team: 'shop' });
  expect((await recovery()).mappings).toMatchObject([{ step: 'done', newUuid: now.UUID }]);
});

test('a refused creation says how to go on, and the entry of a journal will do for it', async () => {
  server.add();
  server.refuse('Create', { status: 400, name: 'InvalidParameterValueException', message: 'The role may not.' });
  const { code, stderr } = await esm('reset', '--function', 'order-processor', '--file', file);
  expect(code).toBe(3);
  expect(stderr).toContain('The role may not.');
  expect(stderr).toContain(`msk-backup esm resume --from ${file}`);
  expect(server.mappings.size).toBe(0);
  const entry = join(directory, '00000004-mappings.json');
  const text = JSON.stringify({ number: 4, kind: 'mappings', at: 'now', body: await recovery() });
  await writeFile(entry, text);
  const taken = await esm('resume', '--from', entry, '--file', file);
  expect([taken.code, taken.stderr]).toEqual([3, expect.stringContaining('have not gone on yet')]);
  const other = join(directory, 'other.json');
  await esmJson('resume', '--from', entry, '--file', other);
  expect(server.only()).toMatchObject({ State: 'Enabled' });
  // The journal is not written again.
  expect(await readFile(entry, 'utf8')).toBe(text);
  expect(JSON.parse(await readFile(other, 'utf8'))).toMatchObject({ mappings: [{ step: 'done' }] });
});

test('another region, while the old one is away: the settings come from the file, what points back is told', async () => {
  const queue = 'arn:aws:sqs:eu-west-1:123456789012:failed';
  const before = server.add({ BatchSize: 7, DestinationConfig: { OnFailure: { Destination: queue } } });
  await esmJson('list', '--file', file);
  const dr = await LambdaServer.start({ region: 'us-east-1', functions: ['order-processor-dr'] });
  try {
    await server.stop();
    // One endpoint stands for all regions on the command line, so the file says where the new one is.
    const body = await recovery();
    const away = server.region;
    const target = {
      strategy: 'resume' as const,
      place: { region: dr.region, endpoint: dr.endpoint },
      functionName: dr.functionArn('order-processor-dr'),
      clusterArn: dr.clusterArn('dr'),
      topics: ['orders'],
      consumerGroupId: groupOf(before)!,
    };
    await writeFile(file, JSON.stringify({ ...body, mappings: [{ ...body.mappings[0], target, step: 'moving' }] }));
    const { ended } = startCli(['esm', 'resume', '--from', file, '--json'], { env: CREDENTIALS });
    const { code, stdout, stderr } = await ended;
    expect([code, stderr]).toEqual([0, expect.any(String)]);
    const { mappings } = JSON.parse(stdout) as { mappings: MappingOutcome[] };
    expect(mappings[0]?.remarks).toEqual([
      `settings name what is in ${away}: ${queue}`,
      expect.stringContaining(`the old mapping ${before.UUID} was not deleted`),
    ]);
    expect(dr.only()).toMatchObject({ BatchSize: 7, EventSourceArn: dr.clusterArn('dr'), State: 'Enabled' });
    expect(groupOf(dr.only())).toBe(groupOf(before));
  } finally {
    await dr.stop();
    server = await LambdaServer.start();
  }
});

test('another region by command: function and cluster of the new one, the old mapping deleted or left alone', async () => {
  const before = server.add();
  const dr = await LambdaServer.start({ region: 'us-east-1' });
  try {
    await esmJson('list', '--file', file);
    const body = await recovery();
    const args = [
      'esm',
      'resume',
      '--from',
      file,
      '--cluster-arn',
      dr.clusterArn('dr'),
      '--function',
      'order-processor',
    ];
    // The endpoint of the file would hold for the new region too; without one it is AWS's own.
    const saved = { ...body.mappings[0]!.saved, place: { region: server.region, endpoint: dr.endpoint } };
    await writeFile(file, JSON.stringify({ ...body, mappings: [{ step: 'saved', saved }] }));
    const { code, stderr } = await startCli([...args, '--keep-old'], { env: CREDENTIALS }).ended;
    expect([code, stderr]).toEqual([0, expect.any(String)]);
    expect(server.only()).toMatchObject({ UUID: before.UUID, State: 'Enabled' });
    expect(dr.only()).toMatchObject({ FunctionArn: dr.functionArn('order-processor'), State: 'Enabled' });
  } finally {
    await dr.stop();
  }
});

test('a cluster that is none is refused before the mapping is touched', async () => {
  server.add();
  const { code, stderr } = await esm('resume', '--function', 'order-processor', '--cluster-arn', 'shop-dr');
  expect([code, stderr]).toEqual([2, expect.stringContaining('It must be the ARN of an MSK cluster')]);
  expect(server.requests).toEqual([]);
});

const UUID = '6a1f7c0e-3b52-4a57-9e0c-2f4d9b7c1a35';

describe('the command line', () => {
  test.each([
    [['pause'], 'name the mappings: either --function NAME or --uuid UUID'],
    [['reset', '--function', 'a', '--uuid', UUID], 'name the mappings: either --function NAME or --uuid UUID'],
    [['list', '--function', 'a', '--uuid', UUID], 'name the mappings: either --function NAME or --uuid UUID'],
    [['resume', '--uuid', UUID, '--keep-old'], '--keep-old goes with --cluster-arn'],
    [['reset', '--uuid', UUID, '--at', 'yesterday'], 'must be milliseconds since 1970'],
    [['list', '--uuid', 'b'], "argument 'b' is invalid. It must be the UUID of an event source mapping"],
    [['list', '--endpoint', 'lambda'], 'It must be an http or https URL'],
    [['pawse'], "unknown command 'pawse'"],
  ])('%j', async (args, text) => {
    const { code, stderr } = await startCli(['esm', ...args], { env: CREDENTIALS }).ended;
    expect([code, stderr]).toEqual([2, expect.stringContaining(text)]);
  });

  test('a file that holds something else, and one that is not there', async () => {
    await writeFile(file, '{"mappings": 1}');
    const other = await esm('resume', '--from', file);
    expect([other.code, other.stderr]).toEqual([5, expect.stringContaining('holds no event source mappings')]);
    const none = await esm('resume', '--from', join(directory, 'none.json'));
    expect([none.code, none.stderr]).toEqual([3, expect.stringContaining('no such file')]);
  });

  test('credentials that Lambda does not know', async () => {
    const { code, stderr } = await startCli(
      ['esm', 'list', '--region', server.region, '--endpoint', server.endpoint, '--verbose'],
      { env: { ...CREDENTIALS, AWS_ACCESS_KEY_ID: 'AKIASOMEBODYELSES000' } },
    ).ended;
    expect([code, stderr]).toEqual([4, expect.stringContaining('the AWS credentials are not accepted')]);
    for (const secret of ['AKIASOMEBODYELSES000', SECRET_KEY, 'Signature']) expect(stderr).not.toContain(secret);
  });
});
