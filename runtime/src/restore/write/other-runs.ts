import type { RestoreJournal } from '../../journal/journal.ts';

/**
 * How long to wait for another run of the same restore. One that was killed may have requests in the brokers' queues; one that
 * is still at work learns of this one by its entries in the journal, and stops: see progress-keeper.ts.
 */
export const REST_MS = 2_000;

/** Whether the last run that has begun to write may not have had an answer to all that it sent. */
export function mayBeAtWork({ keys }: Pick<RestoreJournal, 'keys'>): boolean {
  return keys.findLast(({ kind }) => kind === 'started' || kind === 'offsets')?.kind === 'started';
}
