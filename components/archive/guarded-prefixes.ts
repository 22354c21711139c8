import { drillReportsBeside, journalsBeside, trimmedPrefix } from '../policies/archive-place.ts';

/**
 * Where objects are never overwritten, and deleted by maintenance roles alone: the archive, the journals of restores from it, and the
 * reports of drills.
 * An archive at the root is the whole bucket.
 */
export function guardedPrefixes(prefix: string): string[] {
  const archive = trimmedPrefix(prefix);
  const place = { bucketArn: '', prefix: archive };
  return archive === '' ? [''] : [archive, journalsBeside(place).prefix, drillReportsBeside(place).prefix];
}
