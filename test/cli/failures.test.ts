import { describe, expect, test } from 'vitest';
import { toFailure } from '../../runtime/src/cli/failure.ts';
import { MskBackupError } from '../../runtime/src/errors.ts';
import { sampleArchive } from '../archive/fixture.ts';
import { MAIN, runCli, startCli, startNode } from './run-cli.ts';

/** Rejects a promise that nobody waits for, once the command has begun; it goes on reading its standard input. */
const BUG = `data:text/javascript,const timer = setInterval(() => {
  if (process.listenerCount('uncaughtException') === 0) return;
  clearInterval(timer);
  Promise.reject(new TypeError('boom'));
}, 20)`;

describe('a bug', () => {
  test('1, one line, no stack', async () => {
    const { code, stdout, stderr } = await startNode(['--import', BUG, MAIN, 'config', '--config', '-']).ended;
    expect({ code, stdout, stderr }).toEqual({
      code: 1,
      stdout: '',
      stderr: 'msk-backup: internal error, a bug of this program: TypeError: boom (--verbose shows where)\n',
    });
  });

  test('--verbose shows the stack, --json has it told on the standard output', async () => {
    const args = ['--import', BUG, MAIN, 'config', '--config', '-', '--verbose', '--json'];
    const { code, stdout, stderr } = await startNode(args).ended;
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^msk-backup: internal error, a bug of this program: TypeError: boom\nTypeError: boom\n {4}at /,
    );
    expect(JSON.parse(stdout).error).toMatchObject({ kind: 'internal', code: 'INTERNAL' });
  });
});

describe('toFailure', () => {
  const stopped = new AbortController();
  stopped.abort(new MskBackupError('interrupted', 'INTERRUPTED', 'stopped by SIGTERM'));

  test('an AbortError after the signal is the stop that was asked for', () => {
    const error = new DOMException('This operation was aborted', 'AbortError');
    expect(toFailure(error, stopped.signal)).toEqual({
      kind: 'interrupted',
      code: 'INTERRUPTED',
      message: 'stopped by SIGTERM',
    });
    expect(toFailure(error, new AbortController().signal).kind).toBe('internal');
  });

  test('an error that happened to a run that was being stopped stays what it is', () => {
    const error = new MskBackupError('data', 'CRC_MISMATCH', 'orders[0] at 5');
    expect(toFailure(error, stopped.signal)).toEqual({ kind: 'data', code: 'CRC_MISMATCH', message: 'orders[0] at 5' });
  });
});

test('a reader that has gone away is no error', async () => {
  const { path } = await sampleArchive();
  const { child, ended } = startCli(['list', '--path', path]);
  child.stdout!.destroy();
  expect(await ended).toMatchObject({ code: 0, stderr: '' });
});

test('Node has no warnings to show', async () => {
  const { path } = await sampleArchive();
  expect((await runCli(['verify', '--path', path, '--depth', 'full', '--log-level', 'error'])).stderr).toBe('');
});
