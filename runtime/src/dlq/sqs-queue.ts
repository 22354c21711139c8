import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageCommand,
  type Message,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { SDK_SETTINGS } from '../credentials/sdk-settings.ts';
import { MskBackupError } from '../errors.ts';
import type { DeadLetterQueue, QueuedMessage } from './queue.ts';

/** How long a message that was received is hidden from others: a run that dies gives it back after that. */
const HIDDEN_SECONDS = 900;
// More than 0 asks all of its servers, and not some.
const WAIT_SECONDS = 1;
const PER_CALL = 10;

/** @param url of the queue, as AWS gives it */
export class SqsQueue implements DeadLetterQueue {
  readonly location: string;
  readonly #client: SQSClient;
  /** Receipt handles of what was received and not removed, by message. */
  readonly #held = new Map<string, string>();

  constructor(url: string) {
    this.location = url;
    const region = /^https:\/\/sqs\.([a-z0-9-]+)\./.exec(url)?.[1];
    // The queue's own host, so that private endpoints and other regions need no setting of their own.
    this.#client = new SQSClient({
      ...SDK_SETTINGS,
      endpoint: new URL(url).origin,
      ...(region !== undefined && { region }),
    });
  }

  async *messages(signal: AbortSignal): AsyncGenerator<QueuedMessage, void, void> {
    while (!signal.aborted) {
      const { Messages = [] } = await this.#say('receive', () =>
        this.#client.send(
          new ReceiveMessageCommand({
            QueueUrl: this.location,
            MaxNumberOfMessages: PER_CALL,
            VisibilityTimeout: HIDDEN_SECONDS,
            WaitTimeSeconds: WAIT_SECONDS,
            MessageSystemAttributeNames: ['SentTimestamp'],
          }),
          { abortSignal: signal },
        ),
      ).catch((error: unknown): { Messages?: Message[] } => {
        if (signal.aborted) return {};
        throw error;
      });
      if (Messages.length === 0) return;
      for (const { MessageId, ReceiptHandle } of Messages) this.#held.set(MessageId!, ReceiptHandle!);
      for (const { MessageId, Body, Attributes } of Messages) {
        const sentAt = Attributes?.SentTimestamp;
        yield { id: MessageId!, body: Body ?? '', ...(sentAt !== undefined && { sentAt: Number(sentAt) }) };
      }
    }
  }

  async remove({ id }: QueuedMessage): Promise<void> {
    const receipt = this.#held.get(id);
    const command = new DeleteMessageCommand({ QueueUrl: this.location, ReceiptHandle: receipt });
    await this.#say('delete', () => this.#client.send(command));
    this.#held.delete(id);
  }

  async close(): Promise<void> {
    const left = [...this.#held];
    try {
      for (let at = 0; at < left.length; at += PER_CALL) {
        const entries = left
          .slice(at, at + PER_CALL)
          .map(([, ReceiptHandle], index) => ({ Id: String(index), ReceiptHandle, VisibilityTimeout: 0 }));
        const command = new ChangeMessageVisibilityBatchCommand({ QueueUrl: this.location, Entries: entries });
        // They come back by themselves when this fails, only later.
        await this.#client.send(command).catch(() => undefined);
      }
    } finally {
      this.#client.destroy();
    }
  }

  async #say<T>(what: string, call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (error) {
      const { name, message } = error as Error;
      throw new MskBackupError(
        'connection',
        'QUEUE_FAILED',
        `cannot ${what} messages of ${this.location}: ${name}: ${message}`,
        {
          cause: error,
        },
      );
    }
  }
}
