import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { startCli, startNode } from './run-cli.ts';

const CHILD = fileURLToPath(new URL('./stop-child.ts', import.meta.url));

async function started(...args: string[]) {
  const { child, ended } = startNode([CHILD, ...args]);
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  await once(child.stdout!, 'data');
  return { child, ended };
}

describe('a run that puts things in order', () => {
  test.each(['SIGTERM', 'SIGINT'] as const)('%s: ends by itself, with 6', async (name) => {
    const { child, ended } = await started('20000', 'ends');
    child.kill(name);
    expect(await ended).toEqual({
      code: 6,
      signal: null,
      stdout: 'ready\ncommitted\n',
      stderr: `${name}: stopping, finishing what is under way (up to 20 s; Ctrl-C ends at once)\n`,
    });
  });

  test('one that does not end is ended after the grace period', async () => {
    const { child, ended } = await started('300', 'hangs');
    child.kill('SIGTERM');
    const { code, stderr } = await ended;
    expect(code).toBe(6);
    expect(stderr).toContain(
      'msk-backup: did not end within 0.3 s after SIGTERM; what was committed before is valid\n',
    );
  });

  test('a second SIGINT ends it at once, a second SIGTERM does not', async () => {
    const { child, ended } = await started('20000', 'hangs');
    child.kill('SIGTERM');
    await once(child.stderr!, 'data');
    child.kill('SIGTERM');
    const ran = await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 300, 'still running'))]);
    expect(ran).toBe('still running');
    child.kill('SIGINT');
    expect(await ended).toMatchObject({ code: 130, signal: null });
  });
});

describe('the command', () => {
  test('one that only reads ends at once, with 6', async () => {
    // The standard input stays open: the configuration never comes.
    const { child, ended } = startCli(['config', '--config', '-', '--json']);
    onTestFinished(() => {
      child.kill('SIGKILL');
    });
    // More than the pipe holds: written when the command has begun to read.
    await new Promise((written) => child.stdin!.write(`# ${'-'.repeat(200_000)}\n`, written));
    child.kill('SIGTERM');
    const { code, stdout, stderr } = await ended;
    expect({ code, stderr }).toEqual({ code: 6, stderr: 'msk-backup: stopped by SIGTERM\n' });
    expect(JSON.parse(stdout)).toEqual({
      error: { kind: 'interrupted', code: 'INTERRUPTED', message: 'stopped by SIGTERM' },
    });
  });
});
