import type { Findings } from './findings.ts';
import type { RestoreSection } from './schema/restore.ts';

const at = (key: keyof RestoreSection) => ['restore', key];

/**
 * Groups whose offsets a restore commits: ids and patterns, empty for all of the snapshot; undefined for none. The peer has
 * several keys for it, which may contradict each other: what leaves groups alone wins, and is told.
 */
export function restoredGroups(restore: RestoreSection, findings: Findings): string[] | undefined {
  const { consumer_groups: named = [], auto_consumer_groups: auto, consumer_group_strategy: strategy } = restore;
  const key = asking(restore);
  if (key === undefined) return undefined;
  if (strategy === 'skip' || strategy === 'manual') {
    findings.remark(at(key), `not used with restore.consumer_group_strategy: ${strategy}`);
    return undefined;
  }
  if (restore.reset_consumer_offsets === false) {
    findings.remark(at(key), 'not used with restore.reset_consumer_offsets: false');
    return undefined;
  }
  if (auto && named.length > 0) {
    findings.remark(at('auto_consumer_groups'), 'not used: restore.consumer_groups says which groups');
  }
  if (Object.keys(restore.repartitioning ?? {}).length > 0) {
    findings.remark(
      at(key),
      'no offsets are committed on repartitioned topics: their records are not in the order of the source',
    );
  }
  return named;
}

/** The key that asks for groups to be restored. */
function asking(restore: RestoreSection): keyof RestoreSection | undefined {
  if ((restore.consumer_groups ?? []).length > 0) return 'consumer_groups';
  if (restore.auto_consumer_groups) return 'auto_consumer_groups';
  return restore.reset_consumer_offsets ? 'reset_consumer_offsets' : undefined;
}
