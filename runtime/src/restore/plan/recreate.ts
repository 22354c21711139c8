import type { KafkaClient } from '../../kafka/client.ts';
import { deleteTopics } from '../../kafka/delete-topics.ts';
import type { RunContext } from '../../observe/run-context.ts';
import type { PreparedTopic } from './plan.ts';
import type { TargetTopic } from './target-state.ts';

/** What a plan says of topics that are made anew: nobody shall delete by mistake what was written to them since. */
export function notesOnRecreated(names: ReadonlySet<string>, existing: ReadonlyMap<string, TargetTopic>): string[] {
  if (names.size === 0) return [];
  const list = [...names].map((name) => {
    const held = [...existing.get(name)!.offsets.values()].reduce((sum, { start, end }) => sum + end - start, 0);
    return `${name} (${held})`;
  });
  return [
    `--recreate deletes first, with all that was written since a restore made it (offsets in brackets): topic ${list.join(', ')}`,
  ];
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
