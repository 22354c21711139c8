/**
 * How large the batches are that a restore sends. A broker takes one batch of a partition per request, works on one request
 * of a connection at a time, and with replicas answers it only when they have the data. So small batches cost its time, and
 * the restore waits. Putting uncompressed batches together costs next to nothing. Compressed ones have to be taken apart and
 * compressed anew.
 *
 * Measured on two cores that the brokers shared, CPU seconds of a broker per GB for 16 kB batches of 1 kB records: as they
 * are 6.2, put together to 64 kB 4.1, 256 kB 2.4, 512 kB and 1 MB 1.7; the restore itself gets cheaper too.
 *
 * The same for 14 kB lz4 batches, four partitions: one broker as they are 4.9 s, put together 6.1 s with twice the CPU
 * time; three brokers with three replicas as they are 25 to 61 s, put together 9 to 10 s.
 */

/** Batches are put together up to this size. */
const MERGE_BYTES = 512 * 1024;
/** Of compressed batches that a request should carry before it is worth sending, where replicas have to confirm it. */
const REPLICATED_REQUEST_BYTES = 256 * 1024;
/** Below this, taking compressed batches apart costs no more than another batch. */
const LEAST_ALONE_BYTES = 8 * 1024;

/** @param limits each in bytes: what the target takes, what the rate allows */
export function mergeBytes(...limits: number[]): number {
  return Math.min(MERGE_BYTES, ...limits);
}

/**
 * The size from which a compressed batch goes as it is.
 * @param replicas of the partition
 * @param partitionsPerBroker that are written at once: a request carries a batch of each
 */
export function aloneBytes(replicas: number, partitionsPerBroker: number): number {
  if (replicas <= 1) return LEAST_ALONE_BYTES;
  return Math.max(LEAST_ALONE_BYTES, REPLICATED_REQUEST_BYTES / Math.max(1, partitionsPerBroker));
}
