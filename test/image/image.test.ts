import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type KafkaCluster, startKafka } from '../support/kafka/cluster.ts';
import { javaClient } from '../support/kafka/java-client.ts';
import { collect } from '../support/process.ts';
import { Builder, type Image, ROOT } from './carry-out.ts';
import { isIgnored } from './docker-ignore.ts';

const builder = new Builder(process.arch === 'arm64' ? 'arm64' : 'amd64');
let image: Image;
let kafka: KafkaCluster;
let scratch: string;
beforeAll(async () => {
  [image, kafka] = await Promise.all([builder.make('runtime'), startKafka()]);
  const client = javaClient(kafka);
  await client.createTopic('orders');
  const producer = await client.producer({ 'compression.type': 'zstd' });
  await producer.send(
    'orders',
    Array.from({ length: 200 }, (_, i) => ({ partition: 0, value: `order ${i}` })),
  );
  await producer.close();
  // What a container has beside its read-only root: a volume for temporary files, and here the archive.
  scratch = await mkdtemp(join(tmpdir(), 'msk-backup-image-'));
  await chmod(scratch, 0o777);
}, 900_000);
afterAll(async () => {
  await kafka?.stop();
  await rm(scratch, { recursive: true, force: true });
});

/** Starts the image's entry point with nothing of this machine's environment, as its user where we may. */
function start(args: string[], env: Record<string, string> = {}) {
  const [program, ...first] = image.entrypoint;
  const inside = (path: string) => (path.startsWith('/') ? join(image.root, path) : path);
  const [uid, gid] = image.user!.split(':').map(Number);
  const child = spawn(inside(program!), [...first.map(inside), ...args], {
    cwd: inside(image.workdir),
    env: { ...image.env, TMPDIR: scratch, ...env },
    stdio: 'pipe',
    ...(process.getuid?.() === 0 && { uid: uid!, gid: gid! }),
  });
  return collect(child);
}

describe('the steps of the Dockerfile', () => {
  test('the last stage is the one that is taken without --target', () => {
    expect(builder.stages.at(-1)!.name).toBe('runtime');
    expect(builder.stages.map(({ name }) => name)).toContain('lambda');
  });

  test('the image backs a topic up and reads it back, as its own user', async () => {
    const configuration = [
      'mode: backup',
      'backup_id: first',
      `source: {bootstrap_servers: ["${kafka.bootstrapServers}"], topics: {include: [orders]}}`,
      `storage: {backend: filesystem, path: "${scratch}/archive"}`,
      '',
    ].join('\n');
    const backup = await start(['backup'], { MSK_BACKUP_CONFIG: configuration });
    expect(backup.code, backup.stderr).toBe(0);
    expect(statSync(`${scratch}/archive/FORMAT`).uid).toBe(process.getuid?.() === 0 ? 1000 : process.getuid?.());
    const read = await start(['read', '--path', `${scratch}/archive`, '--topic', 'orders', '--format', 'json']);
    const values = read.stdout
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { value: string }).value);
    expect(values).toEqual(Array.from({ length: 200 }, (_, i) => `order ${i}`));
  });

  test('nothing in it is for everyone to write, and nothing is of the user that runs it', () => {
    for (const entry of readdirSync(image.root, { recursive: true, withFileTypes: true })) {
      const { mode, uid } = entry.isSymbolicLink() ? { mode: 0, uid: 0 } : statSync(join(entry.parentPath, entry.name));
      expect([mode & 0o002, uid === 1000], join(entry.parentPath, entry.name)).toEqual([0, false]);
    }
    expect(image.user).toBe('1000:1000');
  });

  test('no compiler, no package manager, no tests, no development dependency is in it', () => {
    const modules = readdirSync(join(image.root, 'app/node_modules'));
    const { devDependencies } = JSON.parse(readFileSync(join(ROOT, 'runtime/package.json'), 'utf8'));
    const { devDependencies: ofRoot } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    for (const name of [...Object.keys(devDependencies), ...Object.keys(ofRoot), '@pulumi', 'node-gyp', 'npm'])
      expect(modules).not.toContain(name.startsWith('@types/') ? '@types' : name);
    expect(readdirSync(join(image.root, 'usr/local/bin'))).toEqual(['node']);
    expect(readdirSync(join(image.root, 'app/runtime')).sort()).toEqual(['bin', 'dist', 'package.json']);
    // The stages that it is made of run nothing: so it builds for another processor without emulation.
    expect(image.ran).toEqual([]);
  });

  test('it can be asked whether it is well, without a shell', async () => {
    const [program, script, ...args] = image.healthcheck!;
    expect([program, script]).toEqual(image.entrypoint);
    expect(await start(args)).toMatchObject({ code: 0 });
  });

  test('labels say what it is, of the version of the package', () => {
    const { version } = JSON.parse(readFileSync(join(ROOT, 'runtime/package.json'), 'utf8')) as { version: string };
    expect(image.labels).toMatchObject({
      'org.opencontainers.image.title': 'msk-backup',
      'org.opencontainers.image.version': version,
    });
  });
});

test('for another processor its native parts are those of that one', async () => {
  const other = process.arch === 'arm64' ? 'amd64' : 'arm64';
  const { root } = await new Builder(other).make('modules');
  const natives = readdirSync(join(root, 'src/node_modules'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.node'))
    .map((path) => readFileSync(join(root, 'src/node_modules', path)));
  // e_machine of the ELF header: 62 is x86-64, 183 AArch64.
  expect(natives.length).toBeGreaterThanOrEqual(3);
  expect(natives.map((file) => file.readUInt16LE(18))).toEqual(natives.map(() => (other === 'arm64' ? 183 : 62)));
}, 300_000);

test('.dockerignore keeps all away that is not copied', () => {
  const ignore = readFileSync(join(ROOT, '.dockerignore'), 'utf8');
  for (const path of [
    '.git/HEAD',
    'node_modules/yaml/index.js',
    'test/image/image.test.ts',
    'runtime/dist/x.js',
    '.env',
  ])
    expect(isIgnored(path, ignore), path).toBe(true);
  for (const path of ['package-lock.json', 'runtime/package.json', 'runtime/src/cli/main.ts'])
    expect(isIgnored(path, ignore), path).toBe(false);
});
