import type { TopicConfigEntry } from '../kafka/client.ts';

/** How a topic is compacted, whoever says so: the topic itself, or the cluster's defaults. */
export interface Compaction {
  /** The effective `cleanup.policy` contains `compact`. */
  compacted: boolean;
  /** The effective `delete.retention.ms`: how long a compacted topic keeps tombstones. */
  deleteRetentionMs: number;
}

/** Kafka's default, for a broker that does not tell. */
const DELETE_RETENTION_MS = 86_400_000;

/** @param entries of one topic as the broker describes it: defaults are among them */
export function compactionOf(entries: readonly TopicConfigEntry[]): Compaction {
  const value = (key: string) => entries.find(({ name }) => name === key)?.value ?? undefined;
  return {
    compacted: value('cleanup.policy')?.includes('compact') ?? false,
    deleteRetentionMs: Number(value('delete.retention.ms') ?? DELETE_RETENTION_MS),
  };
}
