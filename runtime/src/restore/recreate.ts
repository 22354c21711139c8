import type { KafkaClient } from '../kafka/client.ts';
import { deleteTopics } from '../kafka/delete-topics.ts';
import type { RunContext } from '../observe/run-context.ts';
import type { PreparedTopic } from './plan.ts';

/** Deletes the topics that are to be made anew, and waits until they are gone. */
export async function deleteRecreated(
  topics: PreparedTopic[],
  client: KafkaClient,
  { progress, signal }: RunContext,
): Promise<void> {
  const names = topics.filter(({ recreate }) => recreate).map(({ target }) => target);
  if (names.length === 0) return;
  progress.note('info', `deletes ${names.join(', ')}, which a restore had made, to make it anew`);
  await deleteTopics(client, names, signal);
}
