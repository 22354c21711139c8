import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { onTerminal } from './terminal.ts';

const CHILD = fileURLToPath(new URL('./bar-child.ts', import.meta.url));

/** What stands on the terminal in the end: redrawn lines, cursor movements and colours taken into account. */
function screen(written: string): string[] {
  const lines: string[] = [''];
  let row = 0;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the control characters of a terminal are what this is about
  for (const [token] of written.matchAll(/\x1b\[[?\d;]*[A-Za-z]|\r|\n|[^\x1b\r\n]+/g)) {
    if (token === '\n') {
      row++;
      lines[row] ??= '';
    } else if (token.endsWith('A') && token.startsWith('\x1b')) row -= Number(/\d+/.exec(token)?.[0] ?? 1);
    else if (token.endsWith('J') && token.startsWith('\x1b')) lines.splice(row, lines.length, '');
    else if (token.endsWith('K') && token.startsWith('\x1b')) lines[row] = lines[row]!;
    else if (!token.startsWith('\x1b') && token !== '\r') lines[row] = token;
  }
  return lines.map((line) => line.trimEnd()).filter((line) => line !== '');
}

test('a terminal gets a bar with rate and remaining time, notes above it, and one line a stage in the end', async () => {
  const { code, written } = await onTerminal([CHILD]);
  expect(code).toBe(0);
  expect(written).toMatch(/copy {6}█+░+ {2}(25|50|75) % {2}\ds left {2}\d MB of 4 MB {2}[\d.]+ MB\/s/);
  // The cursor is hidden, and there again.
  expect(written.lastIndexOf('\x1b[?25h')).toBeGreaterThan(written.lastIndexOf('\x1b[?25l'));
  const lines = screen(written);
  expect(lines).toMatchObject([
    'before',
    'warning: orders[3] has no leader',
    expect.stringMatching(/^copy {6}4 MB {2}4,000 records {2}\d(\.\d)?s {2}[\d.]+ MB\/s$/),
    expect.stringMatching(/^commit {4}[\d.]+m?s$/),
    'after',
  ]);
});
