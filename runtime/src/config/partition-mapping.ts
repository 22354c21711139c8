import type { Findings } from './findings.ts';
import type { RestoreSection } from './schema/restore.ts';

const PATH = ['restore', 'partition_mapping'];

/**
 * Source partition to target partition, in the order of the source's; those that keep their number are left out. How many
 * partitions there are is not known here unless `source_partitions` says it: that one which is not named keeps a number
 * that another one gets shows when the snapshot is known.
 */
export function partitionMapping(restore: RestoreSection, findings: Findings): Map<number, number> {
  const entries = Object.entries(restore.partition_mapping ?? {}).map(([from, to]) => [Number(from), to] as const);
  const kept = (restore.source_partitions ?? []).filter((partition) => !entries.some(([from]) => from === partition));
  const sources = new Map(kept.map((partition) => [partition, partition]));
  for (const [from, to] of entries) {
    if (restore.source_partitions !== undefined && !restore.source_partitions.includes(from)) continue;
    const other = sources.get(to);
    if (other !== undefined) {
      findings.problem(
        [...PATH, String(from)],
        `is mapped to ${to}, where partition ${other} goes: two partitions cannot become one`,
      );
    }
    sources.set(to, from);
  }
  return new Map(entries.filter(([from, to]) => from !== to).sort(([a], [b]) => a - b));
}
