import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { readCommit } from '../../runtime/src/archive/commits.ts';
import { temporaryStore } from './fixture.ts';

test('of two processes that commit under one number, one wins and the other is told', async () => {
  const { store, path } = await temporaryStore();
  const script = fileURLToPath(new URL('./commit-racer.ts', import.meta.url));
  const racers = ['a', 'b'].map((name) => {
    const child = spawn(process.execPath, [script, path, name], { stdio: ['pipe', 'pipe', 'inherit'] });
    let output = '';
    child.stdout.on('data', (text) => {
      output += text;
    });
    const ended = once(child, 'close').then(() => output.trim().split('\n').slice(1));
    return { name, child, ended, ready: once(child.stdout, 'data') };
  });
  await Promise.all(racers.map(({ ready }) => ready));
  for (const { child } of racers) child.stdin.write('go');
  const [a, b] = await Promise.all(racers.map(({ ended }) => ended));
  expect(a).toHaveLength(20);
  for (let sequence = 0; sequence < 20; sequence++) {
    const winner = a![sequence] === `won ${sequence}` ? 'a' : 'b';
    const [won, lost] = winner === 'a' ? [a, b] : [b, a];
    expect([won![sequence], lost![sequence]]).toEqual([`won ${sequence}`, `COMMIT_TAKEN ${sequence}`]);
    expect((await readCommit(store, sequence)).backupId).toBe(winner);
  }
});
