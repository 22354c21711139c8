/** A record as an invocation event or the seed format carries it. */
export interface CarriedRecord {
  topic: string;
  /** Undefined: any; its key decides, as Kafka's producers choose. */
  partition?: number;
  /** Undefined when the message does not say. */
  offset?: number;
  /** Epoch ms. Undefined when the message does not say. */
  timestamp?: number;
  key: Buffer | null;
  value: Buffer | null;
  headers: [Buffer, Buffer | null][];
}

/** Records that a message only names. */
export interface NamedRange {
  topic: string;
  partition: number;
  /** Both inclusive. */
  first: number;
  last: number;
  /** Epoch ms of the record at `first`. */
  firstTimestamp?: number;
  /** Of the record at `last`. */
  lastTimestamp?: number;
}

/** What a message of a dead-letter queue stands for. */
export interface DeadLetter {
  /**
   * The same for every copy of the message. Lambda's own messages say what failed where; of others only the queue knows,
   * so they have none.
   */
  identity?: string;
  /** At least one of these is not empty. */
  records: CarriedRecord[];
  ranges: NamedRange[];
}
