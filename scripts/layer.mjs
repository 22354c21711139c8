// Makes layer-x86_64.zip and layer-arm64.zip in dist/layer/: AWS Lambda layers for the Node.js 22 and 24 runtimes, with
// the command as /opt/kafka-backup and the modules where `require` finds them. Arguments: the architectures; default both.
// Plain JavaScript: it runs on the system's Node. Needs npm's registry, and no Docker.
import { execFileSync } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { chmod, cp, mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import yazl from 'yazl';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const out = join(root, 'dist', 'layer');
/** As Lambda and npm call them. */
const cpus = { x86_64: 'x64', arm64: 'arm64' };
/** Lambda takes a layer of this size at most without the detour over S3. */
const MAX_BYTES = 50 * 1024 * 1024;
/** Lambda's limit for layers and function together, unzipped. */
const MAX_UNZIPPED_BYTES = 250 * 1024 * 1024;
/** The same bytes give the same zip. */
const MTIME = new Date('2000-01-01T00:00:00Z');

/** Old syntax and no imports: a file without an ending is CommonJS, and an old Node gets as far as the launcher's message. */
const COMMAND = `#!/usr/bin/env node
const { join } = require('node:path');
const { pathToFileURL } = require('node:url');
import(pathToFileURL(join(__dirname, 'nodejs/node_modules/msk-backup-runtime/bin/msk-backup.js')).href);
`;

const wanted = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(cpus);
for (const architecture of wanted) {
  if (!Object.hasOwn(cpus, architecture)) fail(`${architecture}: give ${Object.keys(cpus).join(' or ')}`);
}
const built = join(out, `dist-${process.pid}`);
run(
  process.execPath,
  [join(root, 'node_modules/typescript/bin/tsc'), '-p', join(root, 'runtime'), '--outDir', built],
  root,
);
for (const architecture of wanted) await makeLayer(architecture);
await rm(built, { recursive: true });

async function makeLayer(architecture) {
  const folder = join(out, architecture);
  const modules = join(folder, 'nodejs', 'node_modules');
  await rm(folder, { recursive: true, force: true });
  await installInto(modules, architecture);
  const own = join(modules, 'msk-backup-runtime');
  for (const part of ['bin', 'package.json'])
    await cp(join(root, 'runtime', part), join(own, part), { recursive: true });
  await cp(built, join(own, 'dist'), { recursive: true, filter: (path) => !/\.(map|d\.ts)$/.test(path) });
  await writeFile(join(folder, 'kafka-backup'), COMMAND);
  await chmod(join(folder, 'kafka-backup'), 0o755);
  await zip(folder, `${folder}.zip`);
}

/** By the lock, for the other processor too: what is installed are prebuilt files. */
async function installInto(modules, architecture) {
  const work = join(out, `install-${architecture}`);
  await rm(work, { recursive: true, force: true });
  await mkdir(join(work, 'runtime'), { recursive: true });
  for (const file of ['package.json', 'package-lock.json', 'runtime/package.json'])
    await cp(join(root, file), join(work, file));
  const options = ['--omit=dev', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  run(
    'npm',
    ['ci', '--workspace', 'runtime', ...options, '--os=linux', '--libc=glibc', `--cpu=${cpus[architecture]}`],
    work,
  );
  // Dependencies of the components too, which is why npm does not take them for what only development needs; and the
  // link to the runtime's own folder.
  for (const name of ['typescript', '@types', 'undici-types', '.bin', '.package-lock.json', 'msk-backup-runtime'])
    await rm(join(work, 'node_modules', name), { recursive: true, force: true });
  await cp(join(work, 'node_modules'), modules, {
    recursive: true,
    filter: (path) => !/\.(map|d\.[cm]?ts|md)$/.test(path),
  });
  await rm(work, { recursive: true });
}

async function zip(folder, file) {
  const archive = new yazl.ZipFile();
  let unzipped = 0;
  for (const path of await filesBelow(folder)) {
    const { mode, size } = await stat(path);
    unzipped += size;
    const bits = mode & 0o111 ? 0o100755 : 0o100644;
    archive.addFile(path, relative(folder, path), {
      mtime: MTIME,
      mode: bits,
      compressionLevel: 9,
      forceDosTimestamp: true,
    });
  }
  archive.end();
  await pipeline(archive.outputStream, createWriteStream(file));
  const { size } = await stat(file);
  if (size > MAX_BYTES) fail(`${file} has ${size} bytes, more than the ${MAX_BYTES} that Lambda takes`);
  if (unzipped > MAX_UNZIPPED_BYTES)
    fail(`${folder} has ${unzipped} bytes, more than the ${MAX_UNZIPPED_BYTES} that Lambda takes`);
  console.log(
    `${relative(root, file)}: ${(size / 2 ** 20).toFixed(1)} MiB, ${(unzipped / 2 ** 20).toFixed(1)} MiB unzipped`,
  );
}

async function filesBelow(folder) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

function run(command, args, cwd) {
  execFileSync(command, args, { cwd, stdio: ['ignore', 'inherit', 'inherit'] });
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
