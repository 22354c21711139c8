import { drillReportsBeside, journalsBeside, lettersBeside, trimmedPrefix } from '../policies/archive-place.ts';

/**
 * Where objects are never overwritten, and deleted by maintenance roles alone: the archive, the journals of restores from it, the
 * reports of drills, and what was kept of dead letters.
 * An archive at the root is the whole bucket.
 */
export function guardedPrefixes(prefix: string): string[] {
  const archive = trimmedPrefix(prefix);
  const place = { bucketArn: '', prefix: archive };
  return archive === ''
    ? ['']
    : [archive, ...[journalsBeside, drillReportsBeside, lettersBeside].map((beside) => beside(place).prefix)];
}
