import { open, rm } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { packKey } from '../../runtime/src/archive/pack-writer.ts';
import { partOfToday } from '../../runtime/src/cli/commands/verify.ts';
import { sampleArchive } from '../archive/fixture.ts';
import { onTerminal } from '../observe/terminal.ts';
import { MAIN, runCli } from './run-cli.ts';

const FIRST = packKey('orders', 'run-0', 0);
const LAST = packKey('orders', 'run-1', 0);

async function flipBit(path: string, position: number): Promise<void> {
  const file = await open(path, 'r+');
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, position);
  buffer[0]! ^= 1;
  await file.write(buffer, 0, 1, position);
  await file.close();
}

describe('verify', () => {
  test('a whole archive: 0', async () => {
    const { path } = await sampleArchive();
    const { code, stdout } = await runCli(['verify', '--path', path, '--depth', 'full']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^there +2 commits, 2 index objects, 3 packs$/m);
    expect(stdout).toMatch(/^read +5 frames, /m);
    expect(stdout).toMatch(/^result +no errors$/m);
  });

  test('a missing pack: 5, by names alone', async () => {
    const { path } = await sampleArchive();
    await rm(`${path}/${LAST}`);
    const { code, stdout } = await runCli(['verify', '--path', path, '--json']);
    expect(code).toBe(5);
    expect(JSON.parse(stdout)).toMatchObject({
      depth: 'names',
      findings: [{ severity: 'error', code: 'PACK_MISSING', object: LAST }],
      interrupted: false,
    });
  });

  test('a flipped bit: found when the data is read, in the one part that has the pack', async () => {
    const { path } = await sampleArchive();
    await flipBit(`${path}/${FIRST}`, 100);
    const codes = await Promise.all(
      ['1/2', '2/2'].map(async (part) => (await runCli(['verify', '--path', path, '--part', part])).code),
    );
    expect(codes.toSorted()).toEqual([0, 5]);
    const { code, stdout } = await runCli(['verify', '--path', path, '--depth', 'full']);
    expect(code).toBe(5);
    expect(stdout).toMatch(/^error {2}FRAME_DAMAGED /m);
    expect(stdout).toContain(FIRST);
    expect((await runCli(['verify', '--path', path])).code).toBe(0);
  });

  test('one snapshot: what only others name does not count', async () => {
    const { path } = await sampleArchive();
    await rm(`${path}/${LAST}`);
    expect((await runCli(['verify', '--path', path, '--backup-id', 'backup-0'])).code).toBe(0);
    expect((await runCli(['verify', '--path', path, '--backup-id', 'latest'])).code).toBe(5);
  });

  test('on a terminal: a line for each stage, and the result', async () => {
    const { path } = await sampleArchive();
    const { code, written } = await onTerminal([MAIN, 'verify', '--path', path, '--depth', 'full']);
    expect(code).toBe(0);
    expect(written).toMatch(/data {6}[\d.]+ kB {2}80 records {2}/);
    expect(written).toMatch(/result +no errors\r\n$/);
  });
});

test('each day has another part, and ten days have all', () => {
  const days = Array.from({ length: 10 }, (_, day) => partOfToday(new Date(Date.UTC(2026, 10, 24 + day, 13))));
  expect(days.map(({ k }) => k).toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  expect(new Set(days.map(({ n }) => n))).toEqual(new Set([10]));
});
