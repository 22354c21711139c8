import { MskBackupError } from '../errors.ts';
import type { ApiRequest, KafkaClient, TopicToCreate } from './client.ts';
import { createTopicsRequest } from './protocol/create-topics.ts';
import { kafkaError, protocolError } from './protocol/error-codes.ts';
import { metadataRequest } from './protocol/metadata.ts';
import { Patience, withRetries } from './retry.ts';

type Sender = Pick<KafkaClient, 'send' | 'sendToAny'>;

/** How long the controller may wait until the topics are known to the brokers. */
const TIMEOUT_MS = 15_000;

/**
 * Creates topics, or none of those that an error names; others of the same call may have been created then.
 * @throws MskBackupError `TOPIC_EXISTS` (also when an attempt of ours, cut short by a lost connection, made it),
 * or the broker's reason
 */
export async function createTopics(sender: Sender, topics: readonly TopicToCreate[], signal?: AbortSignal) {
  const patience = new Patience(signal);
  let left = [...topics];
  while (left.length > 0) {
    const { topics: outcomes } = await withRetries(
      () => sendToController(sender, createTopicsRequest({ topics: left, timeoutMs: TIMEOUT_MS })),
      signal,
    );
    const failed = outcomes.filter(({ errorCode }) => errorCode !== 0);
    const hopeless = failed.filter(({ errorCode }) => !kafkaError(errorCode).retriable);
    if (hopeless.length > 0) throw failure(hopeless);
    if (failed.length > 0 && !(await patience.pause())) throw failure(failed);
    left = left.filter(({ name }) => failed.some((topic) => topic.name === name));
  }
}

/** With ZooKeeper only the controller creates and deletes topics; with KRaft any broker passes them on to it. */
export async function sendToController<T>(sender: Sender, request: ApiRequest<T>): Promise<T> {
  const { controllerId } = await sender.sendToAny(metadataRequest([]));
  return controllerId < 0 ? sender.sendToAny(request) : sender.send(controllerId, request);
}

function failure(topics: { name: string; errorCode: number; errorMessage: string | null }[]): MskBackupError {
  const { name, errorCode, errorMessage } = topics[0]!;
  const others = topics.length > 1 ? ` (and ${topics.length - 1} more topics)` : '';
  const error = protocolError(errorCode, `cannot create topic ${name}${others}`, errorMessage);
  return error.code === 'TOPIC_ALREADY_EXISTS' ? new MskBackupError(error.kind, 'TOPIC_EXISTS', error.message) : error;
}
