import { spawnSync } from 'node:child_process';
import { accessSync, constants, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';

const LAUNCHER = fileURLToPath(new URL('../../runtime/bin/msk-backup.js', import.meta.url));

/** The launcher in a package of its own. @param main text of the built command; undefined: not built */
function launcher(main?: string): string {
  const directory = mkdtempSync(join(tmpdir(), 'msk-backup-bin-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  writeFileSync(join(directory, 'package.json'), '{"type":"module"}');
  mkdirSync(join(directory, 'bin'));
  cpSync(LAUNCHER, join(directory, 'bin', 'msk-backup.js'));
  if (main !== undefined) {
    mkdirSync(join(directory, 'dist', 'cli'), { recursive: true });
    writeFileSync(join(directory, 'dist', 'cli', 'main.js'), main);
  }
  return join(directory, 'bin', 'msk-backup.js');
}

function run(args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  return { status, stdout, stderr };
}

test('can be executed', () => {
  expect(() => accessSync(LAUNCHER, constants.X_OK)).not.toThrow();
});

test('hands over what stands on the command line', () => {
  const path = launcher('export const main = (argv) => console.log(JSON.stringify(argv));');
  expect(run([path, 'list', '--json'])).toEqual({ status: 0, stdout: '["list","--json"]\n', stderr: '' });
});

test('not built: says how', () => {
  expect(run([launcher()])).toEqual({
    status: 1,
    stdout: '',
    stderr: 'msk-backup: not built yet: run `npm ci && npm run build` in the root of the repository\n',
  });
});

test('an old Node: says which is needed and how to get it', () => {
  const old = "data:text/javascript,Object.defineProperty(process, 'versions', {value: {node: '20.11.0'}})";
  const { status, stderr } = run(['--import', old, launcher('export const main = () => {};')]);
  expect(status).toBe(1);
  expect(stderr).toMatch(/^msk-backup: Node 22\.15 or newer is needed, this is 20\.11\.0: run `npx msk-backup` .*\n$/);
});
