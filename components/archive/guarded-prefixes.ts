import { journalsBeside, trimmedPrefix } from '../policies/archive-place.ts';

/**
 * Where objects are never overwritten, and deleted by maintenance roles alone: the archive, and the journals of restores from it.
 * An archive at the root is the whole bucket.
 */
export function guardedPrefixes(prefix: string): string[] {
  const archive = trimmedPrefix(prefix);
  return archive === '' ? [''] : [archive, journalsBeside({ bucketArn: '', prefix: archive }).prefix];
}
