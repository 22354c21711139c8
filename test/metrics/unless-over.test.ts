import { describe, expect, test } from 'vitest';
import { startNode } from '../cli/run-cli.ts';

const MODULE = new URL('../../runtime/src/metrics/unless-over.ts', import.meta.url).href;

/** A process that does some work and then something else. */
async function run(work: string, then = ''): Promise<string> {
  const script = `
    import { unlessOver } from ${JSON.stringify(MODULE)};
    await unlessOver(async () => { ${work} }, () => process.stdout.write('last word')).catch(() => {});
    ${then}
  `;
  return (await startNode(['--input-type=module', '-e', script]).ended).stdout;
}

describe('work in a process that ends', () => {
  test('before the work does: there is a last word', async () => {
    expect(await run('process.exit(6);')).toBe('last word');
  });

  test('after it: there is none', async () => {
    expect(await run('', 'process.exit();')).toBe('');
    expect(await run('throw new Error();', 'process.exit();')).toBe('');
  });
});
