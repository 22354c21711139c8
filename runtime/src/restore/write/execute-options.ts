export interface ExecuteOptions {
  /** Read the target back afterwards and compare it with the archive, record by record. Default false. */
  verifyRead?: boolean;
  /** Read back only so many partitions, chosen at random. Default all. */
  verifyPartitions?: number;
  /** How long a partition may wait for an acknowledgement, in ms. Default 120,000. */
  stallMs?: number;
  /** How often the journal is told how far it has got, in ms. Default 30,000. */
  noteEveryMs?: number;
}
