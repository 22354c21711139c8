import type { RestoreJob } from '../../config/job.ts';
import { MskBackupError } from '../../errors.ts';
import type { KafkaClient, TopicToCreate } from '../../kafka/client.ts';
import { sendToController } from '../../kafka/create-topics.ts';
import { type ClusterDescription, describeWhenLed } from '../../kafka/describe-cluster.ts';
import { PERMISSION } from '../../kafka/permissions.ts';
import { createTopicsRequest } from '../../kafka/protocol/create-topics.ts';
import { type KafkaError, kafkaError, protocolError } from '../../kafka/protocol/error-codes.ts';
import type { PreparedTopic } from './plan.ts';
import { partitionsToCreate } from './target-partitions.ts';

/** Topics created by one request: a controller refuses very large ones. */
const TOPICS_PER_REQUEST = 50;
/** For the controller's answer whether it would. */
const CREATE_TIMEOUT_MS = 15_000;

/**
 * Asks the target whether it would create the topics; creates nothing.
 * @throws MskBackupError naming every topic that it refuses and why, and what to change
 */
export async function checkCreation(client: KafkaClient, topics: PreparedTopic[], job: RestoreJob): Promise<void> {
  const refusals: string[] = [];
  let first: KafkaError | undefined;
  for (const group of requestsFor(
    topics.filter(({ recreate }) => !recreate),
    job,
  )) {
    const answer = await sendToController(
      client,
      createTopicsRequest({ topics: group, timeoutMs: CREATE_TIMEOUT_MS, validateOnly: true }),
    );
    for (const { name, errorCode, errorMessage } of answer.topics) {
      const error = kafkaError(errorCode);
      if (errorCode === 0 || error.retriable) continue;
      first ??= error;
      refusals.push(`${name}: ${errorMessage ?? error.name}`);
    }
  }
  if (first === undefined) return;
  const advice =
    first.name === 'INVALID_CONFIG'
      ? 'restore.topic_config_overrides sets an entry to what the target allows; restore.restore_topic_configs: false leaves out all that the source had'
      : first.advice;
  const more = refusals.length > 5 ? `; and ${refusals.length - 5} more` : '';
  throw new MskBackupError(
    first.kind,
    first.name,
    `the target would not create topic ${refusals.slice(0, 5).join('; ')}${more} (${advice}); nothing was restored`,
  );
}

/** Creates the topics that the target does not have. @throws MskBackupError naming the topic and the cluster's reason */
export async function createMissing(client: KafkaClient, topics: PreparedTopic[], job: RestoreJob): Promise<void> {
  for (const group of requestsFor(topics, job)) await client.createTopics(group);
}

function requestsFor(topics: PreparedTopic[], job: RestoreJob): TopicToCreate[][] {
  const missing = topics
    .filter(({ exists }) => !exists)
    .map((topic) => ({
      name: topic.target,
      partitions: partitionsToCreate(topic, job),
      replicationFactor: topic.replicationFactor,
      config: topic.config.create,
    }));
  const requests: TopicToCreate[][] = [];
  for (let at = 0; at < missing.length; at += TOPICS_PER_REQUEST)
    requests.push(missing.slice(at, at + TOPICS_PER_REQUEST));
  return requests;
}

/**
 * Waits until every partition of the topics has a leader: a new topic is known before it can be written to.
 * @throws MskBackupError kind `connection` naming the partitions that have none; `TOPIC_AUTHORIZATION_FAILED`
 */
export async function waitUntilLed(
  client: KafkaClient,
  names: string[],
  signal: AbortSignal,
): Promise<ClusterDescription> {
  const cluster = await describeWhenLed(client, names, signal);
  const hidden = cluster.topics.find(({ errorCode }) => errorCode !== 0 && !kafkaError(errorCode).retriable);
  if (hidden !== undefined) {
    const what = `cannot describe topic ${hidden.name} at the target`;
    throw protocolError(hidden.errorCode, what, null, PERMISSION.describeTopic);
  }
  const waiting = cluster.topics.flatMap(({ name, partitions, errorCode }) =>
    errorCode !== 0
      ? [name]
      : partitions.filter(({ leader }) => leader < 0).map(({ partition }) => `${name}[${partition}]`),
  );
  if (waiting.length === 0) return cluster;
  const more = waiting.length > 5 ? ` and ${waiting.length - 5} more` : '';
  throw new MskBackupError(
    'connection',
    'NO_LEADER',
    `no broker of the target leads ${waiting.slice(0, 5).join(', ')}${more}; check its brokers and restore again`,
  );
}
