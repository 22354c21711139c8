import { MskBackupError } from '../errors.ts';
import type { KafkaClient } from './client.ts';
import { sendToController } from './create-topics.ts';
import { describeCluster } from './describe-cluster.ts';
import { deleteTopicsRequest } from './protocol/delete-topics.ts';
import { kafkaError, protocolError } from './protocol/error-codes.ts';
import { Patience, withRetries } from './retry.ts';

/** How long the controller may wait until the brokers have let go of the topics. */
const TIMEOUT_MS = 15_000;

/**
 * Deletes topics, and waits until no broker asked knows them any more. One that does not exist is no error.
 * @throws MskBackupError naming the topic and the broker's reason; `TOPIC_STAYS` when it is still there after 30 s
 */
export async function deleteTopics(client: KafkaClient, names: readonly string[], signal?: AbortSignal): Promise<void> {
  await withRetries(async () => {
    const { topics } = await sendToController(client, deleteTopicsRequest(names, TIMEOUT_MS));
    for (const { name, errorCode } of topics) {
      if (errorCode === 0 || kafkaError(errorCode).name === 'UNKNOWN_TOPIC_OR_PARTITION') continue;
      throw protocolError(errorCode, `cannot delete topic ${name}`);
    }
  }, signal);
  const patience = new Patience(signal);
  for (;;) {
    const { topics } = await describeCluster(client, undefined, signal);
    const left = topics.filter(({ name }) => names.includes(name));
    if (left.length === 0) return;
    if (await patience.pause()) continue;
    throw new MskBackupError(
      'connection',
      'TOPIC_STAYS',
      `topic ${left[0]!.name} was deleted, but a broker still knows it after 30 s; check the brokers and run again`,
    );
  }
}
