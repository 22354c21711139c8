// Sets the repository up, as far as it is not, and then runs something on its own Node 24:
//   node scripts/with-setup.mjs setup | test | test-deploy | demo | bench [arguments]
// Plain JavaScript without packages: it runs on the system's Node, before anything is installed.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const inRoot = (...parts) => join(root, ...parts);
const node24 = inRoot('node_modules/node/bin/node');

const programs = {
  setup: undefined,
  test: ['node_modules/vitest/vitest.mjs', 'run'],
  'test-deploy': ['node_modules/vitest/vitest.mjs', 'run', '--config', 'test/deploy/vitest.config.ts'],
  demo: ['scripts/demo.ts'],
  bench: ['bench/run.ts'],
};

const [name, ...rest] = process.argv.slice(2);
if (!Object.hasOwn(programs, name ?? ''))
  fail(`usage: node scripts/with-setup.mjs ${Object.keys(programs).join('|')} [arguments]`);

checkTools();
if (olderThan(inRoot('node_modules/.package-lock.json'), [inRoot('package-lock.json')]) || !existsSync(node24))
  await step('Installing Node packages', 'npm', ['ci', '--loglevel=error', '--no-progress']);
if (olderThan(inRoot('runtime/dist/.built'), filesUnder(inRoot('runtime/src')))) {
  rmSync(inRoot('runtime/dist'), { recursive: true, force: true }); // A removed source leaves no output behind.
  await step('Building the runtime', 'npm', ['run', '--silent', 'build', '--workspace', 'runtime']);
  writeFileSync(inRoot('runtime/dist/.built'), '');
}
// Tests load the package as programs do.
const packaged = ['components', 'runtime/src'].flatMap((folder) => filesUnder(inRoot(folder)));
if (
  olderThan(inRoot('dist/.built'), [
    ...packaged,
    ...['stack.ts', 'Dockerfile'].map((file) => inRoot(file)).filter(existsSync),
  ])
)
  await step('Building the package', 'npm', ['run', '--silent', 'build:package']);
// Only the tests need an old version as well.
const kafkaVersions = ['demo', 'bench', 'test-deploy'].includes(name) ? ['4'] : [];
await step('Preparing Kafka and the S3 emulator', node24, ['test/support/prepare.ts', ...kafkaVersions]);
if (name === 'test-deploy')
  await step("Building Pulumi's engine, five minutes the first time", node24, ['test/support/pulumi/engine.ts']);
if (programs[name]) handOver(node24, [...programs[name], ...rest]);

/** Names the first thing that is missing and how to get it. */
function checkTools() {
  const [nodeMajor] = process.versions.node.split('.').map(Number);
  if (nodeMajor < 20)
    fail(`Node 20 or newer is needed, this is ${process.versions.node}: https://nodejs.org or 'brew install node'`);
  const java = /^javac (\d+)/m.exec(output('javac', ['-version']));
  if (!java || Number(java[1]) < 17)
    fail(`A Java development kit, 17 or newer, is needed${java ? `, this is ${java[1]}` : ''}: \
'apt-get install openjdk-17-jdk-headless' or 'brew install openjdk@17'`);
  if (!/Apache Maven/.test(output('mvn', ['-v'])))
    fail(`Maven is needed (mvn): 'apt-get install maven' or 'brew install maven'`);
  const python = output('python3', ['-c', 'import sys; print("python", *sys.version_info[:2])']);
  const [, major, minor] = /python (\d+) (\d+)/.exec(python) ?? [];
  if (major !== '3' || Number(minor) < 10)
    fail(`Python 3.10 or newer is needed (python3): 'apt-get install python3 python3-venv' or 'brew install python'`);
  if (!/yes/.test(output('python3', ['-c', 'import venv, ensurepip; print("yes")'])))
    fail(`Python's venv module is needed: 'apt-get install python3-venv'`);
  if (name === 'test-deploy') {
    const go = /go1\.(\d+)/.exec(output('go', ['version']));
    if (!go || Number(go[1]) < 21)
      fail(
        `Go 1.21 or newer is needed to build Pulumi's engine: 'apt-get install golang-go', 'brew install go' or https://go.dev/dl`,
      );
  }
}

/** What a program prints on both streams; empty when it is not there or fails. */
function output(command, args) {
  const { stdout, stderr, status } = spawnSync(command, args, { encoding: 'utf8' });
  return status === 0 ? `${stdout}${stderr}` : '';
}

/** Whether a file is missing or older than one of the others. */
function olderThan(file, others) {
  if (!existsSync(file)) return true;
  const { mtimeMs } = statSync(file);
  return others.some((other) => statSync(other).mtimeMs > mtimeMs);
}

function filesUnder(directory) {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath ?? entry.path, entry.name));
}

/** Runs one step of the set-up to its end. It is announced when it takes longer than a moment, and shown when it fails. */
async function step(title, command, args) {
  const start = Date.now();
  let announced = false;
  const timer = setTimeout(() => {
    announced = true;
    process.stdout.write(`${title} … `);
  }, 1000);
  const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  child.stdout.on('data', (chunk) => {
    said += chunk;
  });
  child.stderr.on('data', (chunk) => {
    said += chunk;
  });
  const code = await new Promise((resolve) => {
    child.on('error', (error) => {
      said += error.message;
      resolve(1);
    });
    child.on('close', resolve);
  });
  clearTimeout(timer);
  if (announced) console.log(`${((Date.now() - start) / 1000).toFixed(1)} s`);
  if (code !== 0) fail(`${title} failed: ${command} ${args.join(' ')}\n${said}`);
}

/** Gives the terminal to a program and ends as it does. */
function handOver(command, args) {
  const child = spawn(command, args, { cwd: root, stdio: 'inherit' });
  // Ctrl-C reaches the program by itself; both are the terminal's. A signal to this process alone is passed on.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  child.on('error', (error) => fail(`${command}: ${error.message}`));
  child.on('close', (code, signal) => {
    process.exitCode = code ?? (signal === 'SIGINT' ? 130 : 143);
  });
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
