import { distance } from 'fastest-levenshtein';
import type { SnapshotGroup } from '../archive/snapshot.ts';
import { isLiteral, matchesAnyPattern } from '../config/topic-patterns.ts';
import { MskBackupError } from '../errors.ts';

const NEAR_ONES = 3;

/**
 * The groups of a snapshot that ids and patterns (`amazon.lambda.*`) choose; all of them when there are none.
 * @returns with a remark for each pattern that matches nothing
 * @throws MskBackupError kind `configuration`, `GROUP_NOT_IN_SNAPSHOT`, for an id that the snapshot does not have
 */
export function selectGroups(
  groups: readonly SnapshotGroup[],
  patterns: readonly string[],
): { groups: SnapshotGroup[]; remarks: string[] } {
  if (patterns.length === 0) return { groups: [...groups], remarks: [] };
  const remarks: string[] = [];
  for (const pattern of patterns) {
    if (groups.some(({ groupId }) => matchesAnyPattern(groupId, [pattern]))) continue;
    if (isLiteral(pattern)) throw notInSnapshot(pattern, groups);
    remarks.push(`no group of the snapshot matches ${pattern}`);
  }
  return { groups: groups.filter(({ groupId }) => matchesAnyPattern(groupId, patterns)), remarks };
}

function notInSnapshot(groupId: string, groups: readonly SnapshotGroup[]): MskBackupError {
  const near = groups
    .map((group) => ({ id: group.groupId, letters: distance(groupId, group.groupId) }))
    .sort((a, b) => a.letters - b.letters)
    .slice(0, NEAR_ONES)
    .map(({ id }) => id);
  const known = near.length === 0 ? 'it has no groups at all' : `near ones: ${near.join(', ')}`;
  return new MskBackupError(
    'configuration',
    'GROUP_NOT_IN_SNAPSHOT',
    `group ${groupId} is not in the snapshot (${known}): correct the name, or leave it out`,
  );
}
