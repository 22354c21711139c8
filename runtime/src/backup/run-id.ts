import { randomBytes } from 'node:crypto';

/** Names the objects of one run: sorts by time, and no two runs share one. */
export function newRunId(now: Date): string {
  return `${now.toISOString().replace(/[-:]|\.\d+/g, '')}-${randomBytes(4).toString('hex')}`;
}
