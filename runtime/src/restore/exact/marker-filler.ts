import type { KafkaClient } from '../../kafka/client.ts';
import type { HoleFiller } from './hole-filler.ts';

export interface MarkerFillerOptions {
  signal: AbortSignal;
}

/**
 * A filler that writes markers itself (WriteTxnMarkers), up to 10,000 a request; needs Alter on the cluster.
 * @throws MskBackupError `CLUSTER_AUTHORIZATION_FAILED` when no producer id is given
 */
export function openMarkerFiller(_client: KafkaClient, _options: MarkerFillerOptions): Promise<HoleFiller> {
  throw new Error('being written');
}
