import { once } from 'node:events';
import { createWriteStream } from 'node:fs';

/** Numbers in [0, 1) that are the same in every run (mulberry32). */
export function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Writes so many lines to a file. */
export async function writeLines(path: string, lines: number, line: (number: number) => string): Promise<void> {
  const file = createWriteStream(path);
  for (let i = 0; i < lines; i++) {
    if (!file.write(`${line(i)}\n`)) await once(file, 'drain');
  }
  file.end();
  await once(file, 'close');
}
