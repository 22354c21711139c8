import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { startNode } from '../cli/run-cli.ts';

const CHILD = fileURLToPath(new URL('./log-child.ts', import.meta.url));

test('JSON lines: run, time, level, message; the progress of a stage; no secrets', async () => {
  const { code, stdout, stderr } = await startNode([CHILD]).ended;
  expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
  expect(stderr).not.toContain('swordfish');
  const lines = stderr
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  for (const line of lines) {
    expect(line).toMatchObject({ run: 'run-1', level: expect.stringMatching(/^(info|warn)$/) });
    expect(new Date(line.time).toISOString()).toBe(line.time);
  }
  expect(lines[0]).toMatchObject({ msg: 'stage began', stage: 'copy', total: { records: 10 } });
  expect(lines[1]).toMatchObject({ msg: 'progress', stage: 'copy', records: 4, bytes: 400, percent: 40 });
  expect(lines.at(-2)).toMatchObject({
    level: 'warn',
    msg: 'orders[3] has no leader',
    topic: 'orders',
    password: '***',
  });
  expect(lines.at(-1)).toMatchObject({ msg: 'stage ended', records: 10, bytes: 1000, percent: 100 });
});

test('nobody reads them: the program goes on', async () => {
  const { child, ended } = startNode([CHILD]);
  child.stderr!.destroy();
  expect((await ended).code).toBe(0);
});
