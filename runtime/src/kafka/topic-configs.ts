import type { KafkaClient, TopicConfigEntry } from './client.ts';
import { PERMISSION } from './permissions.ts';
import { describeTopicConfigsRequest } from './protocol/describe-configs.ts';
import { protocolError } from './protocol/error-codes.ts';
import { alterTopicConfigsRequest, type TopicConfigChange } from './protocol/incremental-alter-configs.ts';
import { withRetries } from './retry.ts';

export type { TopicConfigChange } from './protocol/incremental-alter-configs.ts';

type Sender = Pick<KafkaClient, 'sendToAny'>;

/** An answer lists some 30 entries per topic. */
const TOPICS_A_REQUEST = 200;

/** @throws MskBackupError naming the topic and the broker's reason */
export async function describeTopicConfigs(
  sender: Sender,
  topics: readonly string[],
  signal?: AbortSignal,
): Promise<Map<string, TopicConfigEntry[]>> {
  const configs = new Map<string, TopicConfigEntry[]>();
  for (let at = 0; at < topics.length; at += TOPICS_A_REQUEST) {
    const some = topics.slice(at, at + TOPICS_A_REQUEST);
    await withRetries(async () => {
      const answer = await sender.sendToAny(describeTopicConfigsRequest(some));
      for (const { topic, errorCode, errorMessage, entries } of answer.topics) {
        if (errorCode !== 0) {
          throw protocolError(
            errorCode,
            `cannot read the configuration of topic ${topic}`,
            errorMessage,
            PERMISSION.describeConfigs,
          );
        }
        configs.set(topic, entries);
      }
    }, signal);
  }
  return configs;
}

/**
 * Sets entries of topics, or takes them away (null); entries that are not named stay as they are. Doing it twice is
 * harmless.
 * @throws MskBackupError naming the topic and the broker's reason; other topics may have been changed
 */
export async function alterTopicConfigs(
  client: Sender,
  changes: readonly TopicConfigChange[],
  signal?: AbortSignal,
): Promise<void> {
  if (changes.length === 0) return;
  await withRetries(async () => {
    const { topics } = await client.sendToAny(alterTopicConfigsRequest(changes));
    for (const { topic, errorCode, errorMessage } of topics) {
      if (errorCode !== 0) {
        throw protocolError(
          errorCode,
          `cannot change the configuration of topic ${topic}`,
          errorMessage,
          PERMISSION.alterConfigs,
        );
      }
    }
  }, signal);
}
