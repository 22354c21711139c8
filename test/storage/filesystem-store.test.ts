import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, chmod, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FilesystemStore } from '../../runtime/src/storage/filesystem-store.ts';
import { openStore } from '../../runtime/src/storage/open-store.ts';
import { codeOf, listed, MiB, testsOfBehaviour } from './object-store-behaviour.ts';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'msk-backup-storage-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

describe('as every store', () => {
  testsOfBehaviour(() => ({
    open: (name) => openStore({ backend: 'filesystem', path: root, prefix: name }),
    readBack: (name, key) => readFile(join(root, name, key)),
    maxBufferedBytes: 6 * MiB,
  }));
});

async function filesBelow(path: string): Promise<string[]> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => entry.name);
}

/** Writes one object without end; says so once some of it is on the disk. */
function writerProgram(path: string): string {
  const module = new URL('../../runtime/src/storage/filesystem-store.ts', import.meta.url);
  return `
    const { FilesystemStore } = await import(${JSON.stringify(module.href)});
    const writer = new FilesystemStore(${JSON.stringify(path)}).createWriter('packs/t/1.pack');
    for (let i = 0; ; i++) {
      await writer.write(Buffer.alloc(2 * 1024 * 1024, i));
      if (i === 8) process.stdout.write('writing');
    }`;
}

test('no temporary file is left behind by writers that finish, fail or give up', async () => {
  const store = new FilesystemStore(join(root, 'tidy'));
  await store.put('a', Buffer.alloc(10));
  await codeOf(store.put('a', Buffer.alloc(10)));
  const lost = store.createWriter('late');
  await lost.write(Buffer.alloc(2 * MiB));
  await store.put('late', Buffer.alloc(1));
  expect(await codeOf(lost.finish())).toBe('OBJECT_EXISTS');
  const given = store.createWriter('b');
  await given.write(Buffer.alloc(2 * MiB));
  await given.abort();
  expect((await filesBelow(join(root, 'tidy'))).sort()).toEqual(['a', 'late']);
});

test('a path that cannot be made is an error of write and finish that names it', async () => {
  await writeFile(join(root, 'file'), 'x');
  const store = new FilesystemStore(join(root, 'file', 'archive'));
  const writer = store.createWriter('packs/a');
  const writes = Promise.allSettled([writer.write(Buffer.alloc(2 * MiB)), writer.write(Buffer.alloc(4 * MiB))]);
  expect((await writes).map(({ status }) => status)).toContain('rejected');
  expect(await codeOf(writer.finish())).toBe('STORAGE_UNFIT');
  await expect(store.put('packs/a', Buffer.alloc(1))).rejects.toThrow(/file\/archive\/packs: .* not a directory/);
  await writer.abort();
});

test('a disk that refuses in the middle stops the stream, and nothing is left', async () => {
  const path = join(root, 'limited');
  // The limit of a file's size stands for a full disk: the same call fails at the same place.
  const child = spawn(
    'sh',
    ['-c', 'ulimit -f 8192 && exec "$0" --input-type=module -e "$1"', process.execPath, writerProgram(path)],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let errors = '';
  child.stderr.on('data', (data) => {
    errors += data;
  });
  child.stdout.resume();
  expect(await once(child, 'exit')).toEqual([1, null]);
  expect(errors).toMatch(/limited\/packs\/t\/1.pack: cannot write: .*files this large \(EFBIG\)/);
  expect(await filesBelow(path)).toEqual([]);
});

test.skipIf(process.getuid?.() === 0)('a directory without permission is a refusal that names it', async () => {
  const closed = join(root, 'closed');
  await mkdir(closed);
  await chmod(closed, 0o500);
  await expect(new FilesystemStore(closed).put('a', Buffer.alloc(1))).rejects.toThrow(/closed\/a: .*permission denied/);
});

test('temporary files of dead runs, links and directories are not listed and do not block', async () => {
  const path = join(root, 'leftovers');
  await mkdir(join(path, 'packs', 'empty'), { recursive: true });
  await writeFile(join(path, 'packs', '~msk-backup-0011223344556677-0'), 'half');
  await symlink('/nowhere', join(path, 'packs', 'link'));
  const store = new FilesystemStore(path);
  await store.put('packs/a', Buffer.from('whole'));
  expect(await listed(store, '')).toEqual([{ key: 'packs/a', size: 5 }]);
});

test('a writer that is killed leaves no visible object, and the next run can write the key', async () => {
  const path = join(root, 'killed');
  const child: ChildProcess = spawn(process.execPath, ['--input-type=module', '-e', writerProgram(path)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout!, 'data');
  child.kill('SIGKILL');
  await once(child, 'exit');
  const store = new FilesystemStore(path);
  expect((await filesBelow(path)).length).toBe(1);
  expect(await listed(store, '')).toEqual([]);
  expect(await store.size('packs/t/1.pack')).toBeUndefined();
  await store.put('packs/t/1.pack', Buffer.from('again'));
  expect(await listed(store, '')).toEqual([{ key: 'packs/t/1.pack', size: 5 }]);
});

test('opening and reading an archive makes nothing', async () => {
  const path = join(root, 'absent');
  const store = new FilesystemStore(path);
  expect(await listed(store, '')).toEqual([]);
  expect(await codeOf(store.get('FORMAT'))).toBe('OBJECT_MISSING');
  await expect(access(path)).rejects.toThrow('ENOENT');
});

test('a relative path is named in full', () => {
  expect(new FilesystemStore('backups').location).toBe(join(process.cwd(), 'backups'));
});
