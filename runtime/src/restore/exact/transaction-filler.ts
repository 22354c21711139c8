import type { KafkaClient } from '../../kafka/client.ts';
import type { HoleFiller } from './hole-filler.ts';

export interface TransactionFillerOptions {
  /** Of the restore: transactional ids are `msk-backup-{restoreId}-{slot}`. */
  restoreId: string;
  /** How many transactions may run at the same time, 1 to 64. */
  slots: number;
  signal: AbortSignal;
}

/**
 * A filler whose markers are those of empty aborted transactions. Opening ends what a crashed run of the same restore has
 * left open, and waits until its markers are written: so open it before log ends are looked at.
 * @throws MskBackupError `TRANSACTIONAL_ID_AUTHORIZATION_FAILED`
 */
export function openTransactionFiller(_client: KafkaClient, _options: TransactionFillerOptions): Promise<HoleFiller> {
  throw new Error('being written');
}
