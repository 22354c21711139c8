import { randomBytes } from 'node:crypto';
import { ListMultipartUploadsCommand } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { Secret } from '../../runtime/src/config/secret.ts';
import { MskBackupError } from '../../runtime/src/errors.ts';
import type { S3Location } from '../../runtime/src/storage/s3-client.ts';
import { S3Store } from '../../runtime/src/storage/s3-store.ts';
import { freePorts } from '../support/ports.ts';
import { type AwsEmulator, startMinistack } from '../support/s3/emulator.ts';
import { FaultProxy } from './fault-proxy.ts';
import { codeOf, listed, MiB } from './object-store-behaviour.ts';

const bucket = 'faulty';
const ATTEMPTS = 6;
/** For tests of silence; long enough for a busy machine, whose answers must not look silent. */
const STALL_MS = 2_000;
let aws: AwsEmulator;
let proxy: FaultProxy;
let store: S3Store;
let archives = 0;

beforeAll(async () => {
  aws = await startMinistack();
  await aws.createBucket(bucket);
  proxy = await FaultProxy.start(aws.endpoint);
}, 120_000);
afterAll(async () => {
  await proxy.stop();
  await aws.stop();
});
beforeEach(() => {
  proxy.failing(/^$/);
  proxy.hold = async () => {};
  store = open();
});
afterEach(() => store.close());

function open(more: Partial<S3Location> = {}, stallTimeoutMs = 60_000): S3Store {
  const location: S3Location = {
    backend: 's3',
    bucket,
    prefix: `archive-${archives++}`,
    region: aws.region,
    endpoint: proxy.endpoint,
    accessKeyId: 'AKIAEXAMPLE',
    secretAccessKey: new Secret('hunter2hunter2'),
    pathStyle: true,
    maxConcurrentUploads: 3,
    ...more,
  };
  return new S3Store(location, {
    retry: { attempts: ATTEMPTS, firstDelayMs: 10, maxDelayMs: 40 },
    stallTimeoutMs,
  });
}

function xml(code: string, more = ''): string {
  return `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>it said so</Message>${more}</Error>`;
}

const slowDown = { answer: 503, body: xml('SlowDown') };

test('overload, broken and silent connections are ridden out by put and get', async () => {
  await store.close();
  store = open({}, STALL_MS);
  const body = randomBytes(50_000);
  proxy.failing(/^PUT/, slowDown, { cut: 'before' }, { stall: 'before' });
  await store.put('a', body);
  expect(proxy.seen(/^PUT/)).toHaveLength(4);
  proxy.failing(/^GET/, slowDown, { halfBody: 'cut' }, { halfBody: 'stall' });
  expect(body.equals(await store.get('a'))).toBe(true);
  proxy.failing(/^GET/, { answer: 500, body: xml('InternalError') }, { halfBody: 'cut' }, { stall: 'after' });
  expect(body.subarray(100, 40_000).equals(await store.getRange('a', 100, 39_900))).toBe(true);
  proxy.failing(/^HEAD/, { answer: 503 }, { cut: 'before' });
  expect(await store.size('a')).toBe(50_000);
  proxy.failing(/^GET/, slowDown, { halfBody: 'cut' });
  expect(await listed(store, '')).toEqual([{ key: 'a', size: 50_000 }]);
});

test('troubles that stay are an error after the last attempt, which names the place', async () => {
  await store.put('first', Buffer.alloc(1));
  proxy.failing(/^PUT/, slowDown, slowDown, slowDown, slowDown, slowDown, slowDown, slowDown);
  await expect(store.put('a', Buffer.alloc(10))).rejects.toThrow(/s3:\/\/faulty\/archive-\d+\/a .*SlowDown/);
  expect(proxy.seen(/^PUT/)).toHaveLength(ATTEMPTS);
});

test.each([{ cut: 'after' }, { stall: 'after' }] as const)(
  'our own put whose answer was lost is no object of somebody else: %o',
  async (fault) => {
    await store.close();
    store = open({}, STALL_MS);
    proxy.failing(/^PUT/, fault);
    await store.put('commit', Buffer.from('ours'));
    expect(proxy.seen(/^PUT/)).toHaveLength(2);
    expect((await store.get('commit')).toString()).toBe('ours');
  },
);

test('somebody else’s object stays theirs, also when an answer of ours was lost', async () => {
  await store.put('commit', Buffer.from('their'));
  proxy.failing(/^PUT/, { cut: 'after' });
  expect(await codeOf(store.put('commit', Buffer.from('yours')))).toBe('OBJECT_EXISTS');
  proxy.failing(/^PUT/, { cut: 'before' });
  expect(await codeOf(store.put('commit', Buffer.from('of another length')))).toBe('OBJECT_EXISTS');
  expect((await store.get('commit')).toString()).toBe('their');
});

test('a server that keeps no checksums is asked for the bytes', async () => {
  const heads: string[] = [];
  proxy.failing(/^PUT/, { cut: 'after' });
  const cut = proxy.decide;
  proxy.decide = (line) => {
    if (!line.startsWith('HEAD')) return cut(line);
    heads.push(line);
    return { answer: 200, headers: { 'content-length': '4' } };
  };
  await store.put('a', Buffer.from('ours'));
  expect(heads).toHaveLength(1);
  expect(proxy.seen(/^GET/)).toHaveLength(1);
  proxy.requests.length = 0;
  await store.put('b', Buffer.from('they'));
  let lost = false;
  proxy.decide = (line) => {
    if (line.startsWith('HEAD')) return { answer: 200, headers: { 'content-length': '4' } };
    if (!line.startsWith('PUT') || lost) return undefined;
    lost = true;
    return { cut: 'before' };
  };
  expect(await codeOf(store.put('b', Buffer.from('ours')))).toBe('OBJECT_EXISTS');
});

test('409 is a race that is run again', async () => {
  proxy.failing(/^PUT/, { answer: 409, body: xml('ConditionalRequestConflict') });
  await store.put('a', Buffer.from('x'));
  expect((await store.get('a')).toString()).toBe('x');
});

test('every request of a multipart upload is repeated', async () => {
  await store.close();
  store = open({}, STALL_MS);
  const body = randomBytes(20 * MiB);
  const faulted = new Set<string>();
  proxy.decide = (line) => {
    const step = /partNumber=\d/.exec(line)?.[0] ?? (/uploads/.test(line) ? 'create' : 'complete');
    if (faulted.has(step) || line.startsWith('GET')) return undefined;
    faulted.add(step);
    return step === 'partNumber=2' ? { cut: 'after' } : step === 'partNumber=3' ? { stall: 'before' } : slowDown;
  };
  const writer = store.createWriter('packs/t/p');
  await writer.write(body);
  expect(await writer.finish()).toBe(body.length);
  expect([...faulted].sort()).toEqual(['complete', 'create', 'partNumber=1', 'partNumber=2', 'partNumber=3']);
  proxy.failing(/^$/);
  expect(body.equals(await store.get('packs/t/p'))).toBe(true);
});

test.each([{ cut: 'after' }, { stall: 'after' }] as const)(
  'an upload whose completion was carried out but not answered is ours: %o',
  async (fault) => {
    await store.close();
    store = open({}, STALL_MS);
    const body = randomBytes(9 * MiB);
    proxy.failing(/^POST .*uploadId=/, fault);
    const writer = store.createWriter('p');
    await writer.write(body);
    expect(await writer.finish()).toBe(body.length);
    expect(body.equals(await store.get('p'))).toBe(true);
  },
);

test('an upload whose completion was lost against another writer is theirs', async () => {
  const writer = store.createWriter('p');
  await writer.write(randomBytes(9 * MiB));
  await store.put('p', Buffer.from('theirs'));
  proxy.failing(/^POST .*uploadId=/, { cut: 'after' });
  expect(await codeOf(writer.finish())).toBe('OBJECT_EXISTS');
  expect((await store.get('p')).toString()).toBe('theirs');
});

test('a part that cannot be stored fails the stream, frees its memory and removes the upload', async () => {
  proxy.decide = (line) => (/partNumber=2/.test(line) ? { answer: 403, body: xml('AccessDenied') } : undefined);
  const writer = store.createWriter('p');
  await writer.write(randomBytes(30 * MiB)).catch(() => {});
  expect(await codeOf(writer.finish())).toBe('STORAGE_ACCESS_DENIED');
  await writer.abort();
  expect(await codeOf(writer.write(Buffer.alloc(1)))).toBe('STORAGE_ACCESS_DENIED');
  expect(writer.bufferedBytes).toBe(0);
  expect((await aws.client().send(new ListMultipartUploadsCommand({ Bucket: bucket }))).Uploads ?? []).toEqual([]);
});

test('abort does not wait for a server that has gone silent', async () => {
  proxy.decide = (line) => (/partNumber=/.test(line) ? { stall: 'before' } : undefined);
  const writer = store.createWriter('p');
  await writer.write(randomBytes(9 * MiB));
  await vi.waitFor(() => expect(proxy.seen(/partNumber=1/)).toHaveLength(1));
  await writer.abort();
  expect(proxy.seen(/partNumber=1/)).toHaveLength(1);
  expect(proxy.seen(/^DELETE .*uploadId/)).toHaveLength(1);
});

test('abort waits neither for an upload that does not start nor for one that cannot be removed', async () => {
  proxy.decide = (line) => (/unstarted.*uploads|^DELETE/.test(line) ? { stall: 'before' } : undefined);
  const [unstarted, unremoved] = [store.createWriter('unstarted'), store.createWriter('unremoved')];
  const writing = Promise.allSettled([unstarted, unremoved].map((writer) => writer.write(randomBytes(9 * MiB))));
  await vi.waitFor(() => expect(proxy.seen(/partNumber=1|unstarted.*uploads/)).toHaveLength(2));
  // Silence is noticed after a minute only: this ends before, or the test has taken too long.
  await Promise.all([unstarted.abort(), unremoved.abort()]);
  await writing;
});

test('an upload that may not start fails its stream while others hold the slots', async () => {
  const single = open({ maxConcurrentUploads: 1 });
  const held: (() => void)[] = [];
  proxy.hold = (line) =>
    /busy.*partNumber/.test(line) ? new Promise((release) => held.push(release)) : Promise.resolve();
  proxy.decide = (line) => (/denied.*uploads/.test(line) ? { answer: 403, body: xml('AccessDenied') } : undefined);
  const busy = single.createWriter('busy');
  await busy.write(randomBytes(9 * MiB));
  await vi.waitFor(() => expect(held).toHaveLength(1));
  const denied = single.createWriter('denied');
  const writing = codeOf(denied.write(randomBytes(9 * MiB)));
  // Known at once, although its part has not had its turn.
  expect(await writing).toBe('STORAGE_ACCESS_DENIED');
  expect(await codeOf(denied.finish())).toBe('STORAGE_ACCESS_DENIED');
  held[0]!();
  proxy.hold = async () => {};
  expect(await busy.finish()).toBe(9 * MiB);
  await single.close();
});

test('no more parts are under way than there are slots, over all writers', async () => {
  const slots = 3;
  const parts = 8;
  const counted = open({ maxConcurrentUploads: slots });
  let most = 0;
  const held: (() => void)[] = [];
  proxy.hold = async (line) => {
    if (!/partNumber=/.test(line)) return;
    await new Promise<void>((release) => held.push(release));
  };
  const writing = Promise.all(
    [0, 1, 2, 3].map(async (i) => {
      const writer = counted.createWriter(`p${i}`);
      await writer.write(randomBytes(10 * MiB));
      return writer.finish();
    }),
  );
  for (let released = 0; released < parts; released++) {
    const expected = Math.min(slots, parts - released);
    await vi.waitFor(() => expect(held.length).toBeGreaterThanOrEqual(expected), { timeout: 20_000 });
    most = Math.max(most, held.length);
    held.shift()!();
  }
  expect(await writing).toEqual([0, 1, 2, 3].map(() => 10 * MiB));
  expect(most).toBe(slots);
  await counted.close();
});

test('connections are kept and used again', async () => {
  for (let i = 0; i < 10; i++) await store.put(`k${i}`, Buffer.alloc(3 * MiB));
  expect(new Set(proxy.requests.map(({ clientPort }) => clientPort)).size).toBe(1);
  expect(proxy.requests.some(({ headers }) => headers.expect !== undefined)).toBe(false);
});

test('bodies carry the checksum that S3 compares', async () => {
  await store.put('a', Buffer.from('123456789'));
  // The check value of CRC-32.
  expect(proxy.requests[0]!.headers['x-amz-checksum-crc32']).toBe(Buffer.from('cbf43926', 'hex').toString('base64'));
  expect(proxy.requests[0]!.headers).toMatchObject({ 'if-none-match': '*', 'content-length': '9' });
  expect(proxy.requests[0]!.headers['transfer-encoding']).toBeUndefined();
});

const acts = {
  put: () => store.put('k', Buffer.from('x')),
  get: () => store.get('k'),
  head: () => store.size('k'),
  list: () => listed(store, ''),
};
test.each([
  ['put', { answer: 403, body: xml('AccessDenied') }, 'connection', 'STORAGE_ACCESS_DENIED', /k .*allow s3:PutObject$/],
  [
    'get',
    { answer: 403, body: xml('AccessDenied') },
    'connection',
    'STORAGE_ACCESS_DENIED',
    /s3:GetObject.*s3:ListBucket/,
  ],
  ['list', { answer: 403, body: xml('AccessDenied') }, 'connection', 'STORAGE_ACCESS_DENIED', /allow s3:ListBucket/],
  ['head', { answer: 403 }, 'connection', 'STORAGE_ACCESS_DENIED', /allow s3:GetObject/],
  ['put', { answer: 404, body: xml('NoSuchBucket') }, 'configuration', 'STORAGE_BUCKET_MISSING', /no such bucket/],
  ['get', { answer: 404, body: xml('NoSuchBucket') }, 'configuration', 'STORAGE_BUCKET_MISSING', /no such bucket/],
  ['list', { answer: 404, body: xml('NoSuchBucket') }, 'configuration', 'STORAGE_BUCKET_MISSING', /no such bucket/],
  [
    'put',
    { answer: 301, body: xml('PermanentRedirect'), headers: { 'x-amz-bucket-region': 'eu-west-1' } },
    'configuration',
    'STORAGE_WRONG_REGION',
    /the bucket is in eu-west-1: set storage.region/,
  ],
  [
    'head',
    { answer: 301, headers: { 'x-amz-bucket-region': 'eu-west-1' } },
    'configuration',
    'STORAGE_WRONG_REGION',
    /eu-west-1/,
  ],
  ['head', { answer: 400 }, 'connection', 'STORAGE_FAILED', /s3:GetObject failed: status 400/],
  [
    'list',
    { answer: 400, body: xml('AuthorizationHeaderMalformed', '<Region>ap-south-1</Region>') },
    'configuration',
    'STORAGE_WRONG_REGION',
    /ap-south-1/,
  ],
  ['put', { answer: 400, body: xml('ExpiredToken') }, 'connection', 'STORAGE_CREDENTIALS_EXPIRED', /expired/],
  ['put', { answer: 403, body: xml('InvalidAccessKeyId') }, 'connection', 'STORAGE_CREDENTIALS_REJECTED', /access key/],
  ['put', { answer: 403, body: xml('SignatureDoesNotMatch') }, 'connection', 'STORAGE_CREDENTIALS_REJECTED', /secret/],
  ['put', { answer: 400, body: xml('KMS.NotFoundException') }, 'configuration', 'STORAGE_KMS_KEY', /KMS key/],
  ['put', { answer: 400, body: xml('InvalidStorageClass') }, 'configuration', 'STORAGE_CLASS', /storage.class/],
  ['get', { answer: 403, body: xml('InvalidObjectState') }, 'data', 'OBJECT_ARCHIVED', /Glacier/],
  ['get', { answer: 404, body: xml('NoSuchKey') }, 'data', 'OBJECT_MISSING', /no such object/],
  ['put', { answer: 400, body: xml('Unheard') }, 'connection', 'STORAGE_FAILED', /Unheard: it said so/],
] as const)('a failing %s says what to do (%#)', async (act, fault, kind, code, words) => {
  proxy.failing(/./, fault, fault, fault, fault);
  const error = await acts[act]().then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(MskBackupError);
  expect(error).toMatchObject({ kind, code, message: expect.stringMatching(words) });
  expect(proxy.requests).toHaveLength(1);
  expect(String((error as Error).message)).toContain('s3://faulty/archive-');
});

test('errors hold no credentials, wherever one looks', async () => {
  const echo = xml('SignatureDoesNotMatch', '<AWSAccessKeyId>AKIAEXAMPLE</AWSAccessKeyId>');
  proxy.failing(/./, { answer: 403, body: echo });
  const error = await acts.put().catch((reason: unknown) => reason);
  const { inspect } = await import('node:util');
  const everything = `${inspect(error, { depth: 10, showHidden: true })}${JSON.stringify(error)}`;
  expect(everything).not.toContain('hunter2');
  expect(everything).not.toContain('AKIAEXAMPLE');
});

test('nothing is written to the console, whatever happens', async () => {
  const written = (['log', 'info', 'warn', 'error', 'debug'] as const).map((name) => vi.spyOn(console, name));
  proxy.failing(/^PUT/, slowDown, { cut: 'before' });
  await store.put('k', Buffer.from('x'));
  expect(await codeOf(store.put('k', Buffer.from('y')))).toBe('OBJECT_EXISTS');
  for (const spy of written) expect(spy).not.toHaveBeenCalled();
  vi.restoreAllMocks();
});

test('an endpoint where nobody listens is said soon', async () => {
  const [port] = await freePorts(1);
  const nowhere = open({ endpoint: `http://127.0.0.1:${port}` });
  await expect(nowhere.put('k', Buffer.alloc(1))).rejects.toMatchObject({
    kind: 'connection',
    code: 'STORAGE_UNREACHABLE',
    message: expect.stringContaining(`127.0.0.1:${port}`),
  });
  await nowhere.close();
});

test('missing credentials are named', async () => {
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
  vi.stubEnv('AWS_CONFIG_FILE', '/nonexistent');
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/nonexistent');
  for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_PROFILE']) vi.stubEnv(name, undefined);
  const anonymous = new S3Store({
    backend: 's3',
    bucket,
    prefix: '',
    endpoint: proxy.endpoint,
    pathStyle: true,
    maxConcurrentUploads: 1,
  });
  expect(await codeOf(anonymous.put('k', Buffer.alloc(1)))).toBe('STORAGE_CREDENTIALS_MISSING');
  await anonymous.close();
  vi.unstubAllEnvs();
});

test('without endpoint and region the region is asked for', async () => {
  for (const name of ['AWS_REGION', 'AWS_DEFAULT_REGION', 'AWS_PROFILE']) vi.stubEnv(name, undefined);
  vi.stubEnv('AWS_CONFIG_FILE', '/nonexistent');
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/nonexistent');
  const placeless = new S3Store({ backend: 's3', bucket, prefix: '', pathStyle: false, maxConcurrentUploads: 1 });
  expect(await codeOf(placeless.put('k', Buffer.alloc(1)))).toBe('STORAGE_REGION_MISSING');
  await placeless.close();
  vi.unstubAllEnvs();
});
