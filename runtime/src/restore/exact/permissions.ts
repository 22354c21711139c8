import type { KafkaClient } from '../../kafka/client.ts';

export interface ExactRestoreNeeds {
  /** Target topics; those that do not exist yet are not asked for. */
  topics: readonly string[];
  /** Undefined when there are no holes to fill. */
  fillHolesWith: 'transactions' | 'markers' | undefined;
  restoreId: string;
  signal?: AbortSignal;
}

/**
 * What an exact restore needs and the principal lacks, as sentences; empty when nothing is missing, which it is for a
 * cluster without an authorizer.
 */
export function missingPermissions(_client: KafkaClient, _needs: ExactRestoreNeeds): Promise<string[]> {
  throw new Error('being written');
}
