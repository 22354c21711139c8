import type { StartedBody } from '../journal/entries.ts';
import { RestoreJournal } from '../journal/journal.ts';
import type { KafkaClient } from '../kafka/client.ts';
import { deleteTopics } from '../kafka/delete-topics.ts';
import type { RunContext } from '../observe/run-context.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import type { PreparedTopic } from './plan.ts';

/**
 * Those of the target's topics that some restore with a journal here has created: nothing of anybody else's is in them
 * but what was written since.
 * @param topicIds by name
 */
export async function madeByRestores(state: ObjectStore, topicIds: Map<string, string>): Promise<Set<string>> {
  const made = new Set<string>();
  for (const id of await RestoreJournal.list(state)) {
    const journal = await RestoreJournal.open(state, id);
    for (const { body } of await journal.all<StartedBody>('started')) {
      for (const { target, topicId, created } of body.topics) {
        if (created && topicIds.get(target) === topicId) made.add(target);
      }
    }
  }
  return made;
}

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
