import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { EXIT_CODES } from '../../runtime/src/cli/exit-codes.ts';
import { buildProgram } from '../../runtime/src/cli/program.ts';
import { runCli } from './run-cli.ts';

describe('help and version', () => {
  test('--help names every command and exit code', async () => {
    const { code, stdout, stderr } = await runCli(['--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const name of ['backup', 'restore', 'list', 'describe', 'read', 'verify', 'groups', 'config', 'rebuild'])
      expect(stdout).toMatch(new RegExp(`^ {2}${name} `, 'm'));
    for (const [kind, number] of Object.entries(EXIT_CODES).filter(([kind]) => kind !== 'ok'))
      expect(stdout).toMatch(new RegExp(`^ {2}${number} {2}${kind}`, 'm'));
  });

  test('the help of a command shows its own and the common options', async () => {
    const { code, stdout } = await runCli(['verify', '--help']);
    expect(code).toBe(0);
    for (const option of ['--depth', '--part', '--path', '--backup-id', '--config', '--json'])
      expect(stdout).toContain(option);
  });

  test('--version is the version of the package', async () => {
    const { version } = JSON.parse(readFileSync(new URL('../../runtime/package.json', import.meta.url), 'utf8'));
    expect(await runCli(['--version'])).toEqual({ code: 0, signal: null, stdout: `${version}\n`, stderr: '' });
  });
});

describe('a wrong command line ends with 2 and one line', () => {
  test.each([
    [['bakcup'], "unknown command 'bakcup'; did you mean backup?"],
    [['frobnicate'], "unknown command 'frobnicate'; see msk-backup --help"],
    [['backup', '--dry'], "unknown option '--dry'; did you mean --dry-run?"],
    [['backup', '--ful'], "unknown option '--ful'; did you mean --full?"],
    [['restore', '--jsn'], "unknown option '--jsn'; did you mean --json?"],
    [['groups', 'pln'], "unknown command 'pln'; did you mean plan?"],
    [['groups', '--cluser'], "unknown option '--cluser'; did you mean --cluster?"],
    [['esm', '--function', 'x'], "unknown option '--function'; see msk-backup esm --help"],
    [['groups', 'plan', '--rstore', 'x'], "unknown option '--rstore'; did you mean --restore?"],
    [['groups', 'plan', '--backup-id', 'x'], "unknown option '--backup-id'; see msk-backup groups plan --help"],
    [['list', 'x'], "too many arguments for 'list'. Expected 0 arguments but got 1; see msk-backup list --help"],
    [
      ['verify', '--part', '11/10'],
      "option '--part <k/n>' argument '11/10' is invalid. Give it as 3/10: the third of ten parts; see msk-backup verify --help",
    ],
    [
      ['verify', '--depth', 'deep'],
      "option '--depth <depth>' argument 'deep' is invalid. Allowed choices are names, part, full; see msk-backup verify --help",
    ],
    [['list'], 'no configuration: give --config FILE or set MSK_BACKUP_CONFIG'],
    [['list', '--path', 'gs://bucket'], 'the location has the scheme gs://: s3://, file:// and paths are known'],
  ])('%j', async (args, message) => {
    expect(await runCli(args)).toEqual({ code: 2, signal: null, stdout: '', stderr: `msk-backup: ${message}\n` });
  });

  test('no command: the help, on the standard error', async () => {
    const { code, stdout, stderr } = await runCli([]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^Usage: msk-backup/);
  });

  test('with --json the error is on the standard output too', async () => {
    const { code, stdout, stderr } = await runCli(['bakcup', '--json']);
    const message = "unknown command 'bakcup'; did you mean backup?";
    expect(code).toBe(2);
    expect(JSON.parse(stdout)).toEqual({ error: { kind: 'usage', code: 'USAGE', message } });
    expect(stderr).toBe(`msk-backup: ${message}\n`);
  });
});

describe('docs/cli.md', () => {
  const page = readFileSync(new URL('../../docs/cli.md', import.meta.url), 'utf8');

  test('has every exit code', () => {
    for (const [kind, code] of Object.entries(EXIT_CODES))
      expect(page).toContain(kind === 'ok' ? `| ${code} | |` : `| ${code} | \`${kind}\` |`);
  });

  test('has every command and option', () => {
    const program = buildProgram();
    for (const command of program.commands) expect(page).toContain(`| \`${command.name()}\` |`);
    const all = [program, ...program.commands, ...program.commands.flatMap(({ commands }) => commands)];
    const options = all.flatMap((command) => command.options.filter(({ hidden }) => !hidden).map(({ long }) => long));
    for (const option of options.filter((long) => long !== '--version')) expect(page).toContain(option);
  });
});
