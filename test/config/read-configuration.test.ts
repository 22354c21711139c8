import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { inspect } from 'node:util';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { readConfiguration } from '../../runtime/src/config/read-configuration.ts';
import { type AwsEmulator, startMinistack } from '../support/s3/emulator.ts';

const text = 'mode: backup\n# größer\n';
let directory: string;
let path: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'msk-backup-config-'));
  path = join(directory, 'orders.yaml');
  await writeFile(path, text);
  await writeFile(join(directory, 'latin1.yaml'), Buffer.from(text, 'latin1'));
  await writeFile(join(directory, 'large.yaml'), Buffer.alloc(1024 * 1024 + 1, '#'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));
afterEach(() => {
  vi.unstubAllEnvs();
});

test('a path', async () => {
  expect(await readConfiguration(path, { env: {} })).toEqual({ text, file: path });
});

test('standard input, in pieces that cut a character', async () => {
  const bytes = Buffer.from(text);
  const stdin = Readable.from([bytes.subarray(0, 18), bytes.subarray(18)]);
  expect(await readConfiguration('-', { env: {}, stdin })).toEqual({ text, file: 'stdin' });
});

test('the variable holds a path or the text, and what the command says goes before it', async () => {
  expect(await readConfiguration(undefined, { env: { MSK_BACKUP_CONFIG: path } })).toEqual({ text, file: path });
  expect(await readConfiguration(undefined, { env: { MSK_BACKUP_CONFIG: text } })).toEqual({
    text,
    file: 'MSK_BACKUP_CONFIG',
  });
  expect((await readConfiguration(path, { env: { MSK_BACKUP_CONFIG: 'other.yaml' } })).file).toBe(path);
});

test('nothing to read is a matter of the command line', async () => {
  await expect(readConfiguration(undefined, { env: {} })).rejects.toMatchObject({
    kind: 'usage',
    code: 'CONFIG_MISSING',
    message: 'no configuration: give --config FILE or set MSK_BACKUP_CONFIG',
  });
});

test.each([
  ['absent.yaml', 'no such file'],
  ['.', 'is a directory'],
  ['latin1.yaml', 'is not UTF-8'],
  ['large.yaml', 'is larger than 1 MiB: is it a configuration?'],
])('%s: %s', async (name, reason) => {
  const file = join(directory, name);
  await expect(readConfiguration(file, { env: {} })).rejects.toMatchObject({
    kind: 'configuration',
    code: 'CONFIG_UNREADABLE',
    message: `${file}: ${reason}`,
  });
});

test('input without end is refused, not read', async () => {
  const stdin = Readable.from(
    (function* () {
      while (true) yield Buffer.alloc(65_536, 'a');
    })(),
  );
  await expect(readConfiguration('-', { env: {}, stdin })).rejects.toMatchObject({ code: 'CONFIG_UNREADABLE' });
});

test.each([
  ['s3://u:hunter2@bucket/key', 'must not hold credentials'],
  ['s3://bucket/key?acl=hunter2', 'takes ?region=, &endpoint= and &path_style=true or false, and nothing else'],
  [
    's3://bucket/key?endpoint=http://u:hunter2@h',
    'endpoint must be an http or https URL without a user in it, such as https://s3.example.com:9000',
  ],
])('a URL that cannot be: %s', async (url, reason) => {
  await expect(readConfiguration(url, { env: {} })).rejects.toMatchObject({
    message: `the s3:// URL of the configuration: ${reason}`,
  });
});

describe('an object in S3', () => {
  let aws: AwsEmulator;
  beforeAll(async () => {
    aws = await startMinistack();
    await aws.createBucket('configurations');
    const put = (Key: string, Body: string) =>
      aws.client().send(new PutObjectCommand({ Bucket: 'configurations', Key, Body }));
    await put('team a/orders.yaml', text);
    await put('large.yaml', '#'.repeat(1024 * 1024 + 1));
  }, 120_000);
  afterAll(() => aws?.stop());

  const read = (key: string) => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', aws.credentials.accessKeyId);
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', aws.credentials.secretAccessKey);
    return readConfiguration(`s3://configurations/${key}?endpoint=${aws.endpoint}&region=us-east-1`, { env: {} });
  };

  test('is read with the default credentials', async () => {
    expect(await read('team%20a/orders.yaml')).toEqual({ text, file: 's3://configurations/team%20a/orders.yaml' });
  });

  test('that is not there, or is too large', async () => {
    await expect(read('absent.yaml')).rejects.toMatchObject({
      kind: 'configuration',
      message: 's3://configurations/absent.yaml: no such object',
    });
    await expect(read('large.yaml')).rejects.toMatchObject({
      message: 's3://configurations/large.yaml: is larger than 1 MiB: is it a configuration?',
    });
  });

  test('of a server that is not there: one line, without the request', async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIAHUNTER2');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'hunter2');
    const error: Error = await readConfiguration('s3://b/k?endpoint=http://127.0.0.1:1', { env: {} }).then(
      () => expect.fail('was read'),
      (thrown) => thrown,
    );
    expect(error).toMatchObject({ kind: 'connection', code: 'CONFIG_UNREACHABLE' });
    expect(error.message).toMatch(/^s3:\/\/b\/k: .+/);
    expect(error.message).not.toContain('\n');
    expect(inspect(error, { depth: 20, showHidden: true })).not.toMatch(/hunter2/i);
  });
});
