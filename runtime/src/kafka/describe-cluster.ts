import type { KafkaClient } from './client.ts';
import { kafkaError } from './protocol/error-codes.ts';
import { type DescribedTopic, type MetadataResponse, metadataRequest } from './protocol/metadata.ts';
import { Patience } from './retry.ts';

export type { DescribedPartition, DescribedTopic } from './protocol/metadata.ts';

/** The cluster as one broker describes it; `topics` in the order of their names. */
export type ClusterDescription = Omit<MetadataResponse, 'throttleTimeMs'>;

/** A topic that is being created gets its leaders within moments. */
const TOPIC_PATIENCE_MS = 5_000;

/**
 * Brokers and topics. Topics that cannot be described are part of the answer, with their `errorCode`; one that does not
 * exist has 3 (UNKNOWN_TOPIC_OR_PARTITION). A partition without a leader has leader -1.
 * @param topics names; undefined for all
 */
export async function describeCluster(
  client: KafkaClient,
  topics?: readonly string[],
  signal?: AbortSignal,
): Promise<ClusterDescription> {
  const patience = new Patience(signal, TOPIC_PATIENCE_MS);
  for (;;) {
    const { throttleTimeMs: _, ...description } = await client.sendToAny(metadataRequest(topics));
    description.topics.sort(byName);
    const electing = description.topics.some(({ errorCode }) => kafkaError(errorCode).name === 'LEADER_NOT_AVAILABLE');
    if (!electing || !(await patience.pause())) return description;
  }
}

/**
 * Waits until the topics exist and each partition has a leader, as they do soon after their creation. Brokers learn of
 * topics one after the other, so this is the word of one of them: what follows may still meet UNKNOWN_TOPIC_OR_PARTITION.
 * @returns the description when all are there, or the last one when patience has run out (30 s)
 */
export async function describeWhenLed(
  client: KafkaClient,
  topics: readonly string[],
  signal?: AbortSignal,
): Promise<ClusterDescription> {
  const patience = new Patience(signal);
  for (;;) {
    const description = await describeCluster(client, topics, signal);
    if (description.topics.every(isSettled) || !(await patience.pause())) return description;
  }
}

/** Every partition has a leader, or waiting does not help. */
function isSettled({ errorCode, partitions }: DescribedTopic): boolean {
  return errorCode === 0 ? partitions.every(({ leader }) => leader >= 0) : !kafkaError(errorCode).retriable;
}

function byName(a: { name: string }, b: { name: string }): number {
  return a.name < b.name ? -1 : 1;
}
