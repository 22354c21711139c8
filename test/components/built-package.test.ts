/**
 * The package as a program gets it: built into a folder of its own, loaded by `require` and by `import`, on this Node and on the
 * system's.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';

const root = join(import.meta.dirname, '..', '..');
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const dist = join(root, 'dist');

beforeAll(() => {
  execFileSync(process.execPath, [join(root, 'scripts', 'build-package.mjs')], { stdio: 'pipe' });
});

/** Programs of Pulumi run on Node 20 too; `node` in PATH may be the one of node_modules. */
const systemNode = ['/usr/bin/node', '/usr/local/bin/node', '/opt/homebrew/bin/node'].find(existsSync);

describe.each([...new Set([process.execPath, ...(systemNode === undefined ? [] : [systemNode])])])('%s', (node) => {
  const run = (...args: string[]) => spawnSync(node, args, { cwd: '/', encoding: 'utf8' });

  test('require of the folder, as Pulumi hosts a plugin', () => {
    const { stdout, stderr } = run('-p', `Object.keys(require(${JSON.stringify(root)})).join()`);
    expect(stdout.split(','), stderr).toContain('MskBackup');
  });

  test('import of the policies, under the name that a program has for them', () => {
    const program =
      "import { groupsPolicy, prunePolicy } from 'msk-backup/policies'; console.log(JSON.stringify([groupsPolicy, prunePolicy].map((of) => of({ archive: { bucketArn: 'arn:aws:s3:::b', prefix: 'p' } }).Version)))";
    const { stdout, stderr } = spawnSync(node, ['--input-type=module', '-e', program], { cwd: root, encoding: 'utf8' });
    expect(stdout, stderr).toBe('["2012-10-17","2012-10-17"]\n');
  });

  test('import of the stack that Pulumi.yaml names: it needs its configuration', () => {
    const { stderr } = run('--input-type=module', '-e', `await import(${JSON.stringify(join(dist, 'stack.js'))})`);
    expect(stderr).toContain('Missing required configuration variable');
  });
});

test('What it loads is among the dependencies, which is all that an installed package has', () => {
  const files = readdirSync(dist, { recursive: true, encoding: 'utf8' }).filter(
    (file) => file.endsWith('.js') && !file.startsWith('image'),
  );
  const loaded = new Set<string>();
  for (const file of files) {
    const text = readFileSync(join(dist, file), 'utf8');
    // Statements only: a function's code may be a text in which there are imports.
    for (const [, name] of text.matchAll(
      /^(?:import|export)\b[^;]*? from ['"]((?:@[^/'"]+\/)?[^./'"][^/'"]*)[^'"]*['"]/gm,
    ))
      if (!name!.startsWith('node:')) loaded.add(name!);
  }
  expect(loaded.size).toBeGreaterThan(3);
  expect(Object.keys(manifest.dependencies)).toEqual(expect.arrayContaining([...loaded]));
});

test('The build and the schema need no development dependency', () => {
  expect(Object.keys(manifest.dependencies)).toEqual(expect.arrayContaining(['typescript', '@types/node']));
  expect(manifest.scripts.prepare).toBe('node scripts/build-package.mjs');
});

test('No install script of a dependency is needed', () => {
  const allowed = Object.entries(manifest.allowScripts).filter(([, allow]) => allow);
  expect(allowed.map(([name]) => name)).toEqual(['node']);
});

test('The image has its files, all that the Dockerfile copies', () => {
  const dockerfile = readFileSync(join(dist, 'image', 'Dockerfile'), 'utf8');
  const copies = dockerfile.split('\n').filter((line) => line.startsWith('COPY ') && !line.includes('--from='));
  expect(copies.length).toBeGreaterThan(2);
  for (const line of copies)
    for (const source of line.split(/\s+/).slice(1, -1))
      expect(existsSync(join(dist, 'image', source)), line).toBe(true);
});
