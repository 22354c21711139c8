/** One message that waits. */
export interface QueuedMessage {
  /** Of the queue: the same each time it is received. */
  id: string;
  body: string;
  /** When it was put there, epoch ms; undefined when the queue does not say. */
  sentAt?: number;
}

/** Where dead letters wait: an SQS queue, or the objects that Lambda writes to S3. */
export interface DeadLetterQueue {
  /** For messages. */
  readonly location: string;
  /** Each message once. Those that were received before and not deleted are among them. */
  messages(signal: AbortSignal): AsyncIterable<QueuedMessage>;
  /** It is done with: another reader shall not get it. */
  remove(message: QueuedMessage): Promise<void>;
  /** What was received and not removed can be received by others at once. Frees connections. */
  close(): Promise<void>;
}
