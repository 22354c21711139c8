import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { GetObjectCommand, HeadObjectCommand, ListMultipartUploadsCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Secret } from '../../runtime/src/config/secret.ts';
import { openStore } from '../../runtime/src/storage/open-store.ts';
import type { S3Location } from '../../runtime/src/storage/s3-client.ts';
import { type AwsEmulator, startMinistack } from '../support/s3/emulator.ts';
import { codeOf, listed, MiB, testsOfBehaviour } from './object-store-behaviour.ts';

const bucket = 'archives';
let aws: AwsEmulator;
beforeAll(async () => {
  aws = await startMinistack();
  await aws.createBucket(bucket);
}, 120_000);
afterAll(() => aws.stop());

function location(prefix: string, more: Partial<S3Location> = {}): S3Location {
  return {
    backend: 's3',
    bucket,
    prefix,
    region: aws.region,
    endpoint: aws.endpoint,
    accessKeyId: aws.credentials.accessKeyId,
    secretAccessKey: new Secret(aws.credentials.secretAccessKey),
    pathStyle: true,
    maxConcurrentUploads: 2,
    ...more,
  };
}

async function readBack(prefix: string, key: string): Promise<Buffer> {
  const { Body } = await aws.client().send(new GetObjectCommand({ Bucket: bucket, Key: `${prefix}/${key}` }));
  return Buffer.from(await Body!.transformToByteArray());
}

async function openUploads(prefix: string): Promise<string[]> {
  const { Uploads } = await aws.client().send(new ListMultipartUploadsCommand({ Bucket: bucket, Prefix: prefix }));
  return (Uploads ?? []).map(({ Key }) => Key!);
}

describe('as every store', () => {
  testsOfBehaviour(() => ({
    open: (name) => openStore(location(name)),
    readBack,
    // Two slots with a part each, and less than two parts that are not full or wait for a slot.
    maxBufferedBytes: 32 * MiB,
  }));
});

test('a large stream is a multipart upload with parts of 8 MiB, a small one a single put', async () => {
  const store = await openStore(location('parts'));
  const parts = async (key: string) => {
    const command = new HeadObjectCommand({ Bucket: bucket, Key: `parts/${key}`, PartNumber: 1 });
    const { ContentLength, ETag } = await aws.client().send(command);
    return { ContentLength, parts: Number(/-(\d+)"$/.exec(ETag!)?.[1] ?? 0) };
  };
  for (const [key, size] of [
    ['exact', 8 * MiB],
    ['over', 8 * MiB + 1],
    ['large', 20 * MiB],
  ] as const) {
    const body = randomBytes(size);
    const writer = store.createWriter(key);
    await writer.write(body);
    expect(await writer.finish()).toBe(size);
    expect(body.equals(await readBack('parts', key)), key).toBe(true);
  }
  expect((await parts('exact')).parts).toBe(0);
  expect((await parts('over')).parts).toBe(2);
  expect((await parts('large')).parts).toBe(3);
  expect(await openUploads('parts')).toEqual([]);
  await store.close();
});

test('aborted and losing uploads leave no parts', async () => {
  const store = await openStore(location('left'));
  const given = store.createWriter('given-up');
  for (let i = 0; i < 12; i++) await given.write(randomBytes(2 * MiB));
  await given.abort();
  expect(given.bufferedBytes).toBe(0);
  const lost = store.createWriter('lost');
  await lost.write(randomBytes(20 * MiB));
  await store.put('lost', Buffer.from('first'));
  expect(await codeOf(lost.finish())).toBe('OBJECT_EXISTS');
  // Given up while its first request is under way.
  const early = store.createWriter('early');
  const writing = early.write(randomBytes(9 * MiB)).catch((error: Error) => error.message);
  await early.abort();
  expect(await writing).toMatch('aborted');
  expect(await openUploads('left')).toEqual([]);
  expect(await listed(store, '')).toEqual([{ key: 'lost', size: 5 }]);
  await store.close();
});

test('many open writers share the slots and all arrive', async () => {
  const store = await openStore(location('shared'));
  const bodies = Array.from({ length: 6 }, () => randomBytes(10 * MiB));
  const sizes = await Promise.all(
    bodies.map(async (body, i) => {
      const writer = store.createWriter(`pack-${i}`);
      for (let at = 0; at < body.length; at += MiB) await writer.write(body.subarray(at, at + MiB));
      return writer.finish();
    }),
  );
  expect(sizes).toEqual(bodies.map((body) => body.length));
  for (const [i, body] of bodies.entries()) expect(body.equals(await readBack('shared', `pack-${i}`))).toBe(true);
  await store.close();
});

test('the storage class is for packs only, the KMS key for everything', async () => {
  const store = await openStore(location('class', { storageClass: 'STANDARD_IA', kmsKeyId: 'alias/backup' }));
  const large = store.createWriter('packs/orders/run-1.pack');
  await large.write(randomBytes(9 * MiB));
  await large.finish();
  await store.put('packs/orders/run-2.pack', Buffer.from('small'));
  await store.put('commits/0000000001.json', Buffer.from('{}'));
  const head = (key: string) => aws.client().send(new HeadObjectCommand({ Bucket: bucket, Key: `class/${key}` }));
  const encrypted = { ServerSideEncryption: 'aws:kms', SSEKMSKeyId: expect.stringContaining('alias/backup') };
  for (const run of [1, 2])
    expect(await head(`packs/orders/run-${run}.pack`)).toMatchObject({ StorageClass: 'STANDARD_IA', ...encrypted });
  const commit = await head('commits/0000000001.json');
  expect(commit).toMatchObject(encrypted);
  expect(commit.StorageClass ?? 'STANDARD').toBe('STANDARD');
  await store.close();
});

test('an archive sees neither its neighbours nor folders that were made by hand', async () => {
  const one = await openStore(location('near'));
  const two = await openStore(location('nearby'));
  const root = await openStore(location(''));
  await one.put('a', Buffer.alloc(1));
  await two.put('b', Buffer.alloc(1));
  await root.put('near2', Buffer.alloc(1));
  await root.put('near/folder', Buffer.alloc(1));
  expect((await listed(one, '')).map(({ key }) => key)).toEqual(['a', 'folder']);
  expect((await listed(root, 'near')).map(({ key }) => key)).toEqual(['near/a', 'near/folder', 'near2', 'nearby/b']);
  for (const store of [one, two, root]) await store.close();
});

test('a writer that is killed leaves no visible object', async () => {
  const module = new URL('../../runtime/src/storage/s3-store.ts', import.meta.url);
  const { accessKeyId: _, secretAccessKey: __, ...plain } = location('killed');
  const program = `
    const { S3Store } = await import(${JSON.stringify(module.href)});
    const writer = new S3Store(${JSON.stringify(plain)}).createWriter('packs/t/1.pack');
    for (let i = 0; ; i++) {
      await writer.write(Buffer.alloc(2 * 1024 * 1024, i));
      if (i === 12) process.stdout.write('writing');
    }`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...aws.env },
  });
  await once(child.stdout, 'data');
  child.kill('SIGKILL');
  await once(child, 'exit');
  const store = await openStore(location('killed'));
  expect(await listed(store, '')).toEqual([]);
  expect(await store.size('packs/t/1.pack')).toBeUndefined();
  await store.put('packs/t/1.pack', Buffer.from('again'));
  expect(await listed(store, '')).toEqual([{ key: 'packs/t/1.pack', size: 5 }]);
  await store.close();
});
