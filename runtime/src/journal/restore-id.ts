import { createHash } from 'node:crypto';

/** What makes two runs the same restore, so that the second goes on where the first stopped. */
export interface RestoreIdentity {
  archiveId: string;
  /** Of the snapshot. */
  sequence: number;
  targetClusterId: string;
  offsets: 'exact' | 'translate';
  /** Source topic, target topic, and source and target partitions. */
  topics: { source: string; target: string; partitions: [number, number][] }[];
  /** Whatever else decides which records go where. */
  options: Record<string, unknown>;
}

/** 16 hexadecimal digits, the same for the same restore. */
export function restoreIdOf(identity: RestoreIdentity): string {
  return createHash('sha256').update(JSON.stringify(identity)).digest('hex').slice(0, 16);
}
