import type { KafkaClient, TopicConfigEntry } from '../../kafka/client.ts';
import { alterTopicConfigs, describeTopicConfigs, type TopicConfigChange } from '../../kafka/topic-configs.ts';
import type { Progress } from '../../observe/progress.ts';
import type { PreparedTopic } from '../plan/plan.ts';
import { isOddPause, ownSettings, pausedValues } from '../plan/topic-config.ts';
import { waitUntilKnown } from './pause-topics.ts';

/**
 * A restore that was stopped before its first record leaves an empty topic behind whose retention is off and whose policy
 * is `delete`. One that does not find its journal would take these for the topic's own values and set them "back" for good. So
 * such topics get what they would be created with first, while they hold nothing that this could delete.
 */
export async function undoLeftOvers(
  client: KafkaClient,
  topics: PreparedTopic[],
  progress: Progress,
  signal: AbortSignal,
): Promise<void> {
  const empty = topics.filter(({ isEmpty, before }) => isEmpty && before === undefined);
  const configs = await describeTopicConfigs(
    client,
    empty.map(({ target }) => target),
    signal,
  );
  const changes = empty.flatMap((topic): TopicConfigChange[] => {
    const config = leftOver(topic, configs.get(topic.target) ?? []);
    return config === undefined ? [] : [{ topic: topic.target, config }];
  });
  for (const { topic, config } of changes) {
    const list = Object.entries(config).map(([name, value]) => `${name}=${value ?? '(not set)'}`);
    progress.note(
      'info',
      `topic ${topic} is empty and set as a stopped restore leaves it: it gets the source's ${list.join(', ')}`,
      { topic },
    );
  }
  await alterTopicConfigs(client, changes, signal);
  await waitUntilKnown(client, changes, signal);
}

/**
 * What the topic has to be given so that it is as if it were created now; undefined when it is none that a stopped restore
 * left. Somebody may have switched off the retention of an empty topic on purpose: it counts as a left-over only where the
 * source says otherwise, or where it has values that nobody but a restore sets.
 */
export function leftOver(topic: PreparedTopic, described: TopicConfigEntry[]): TopicConfigChange['config'] | undefined {
  const paused = pausedValues(described);
  if (!paused.every(({ entry, during, harmless }) => entry.value === during || harmless.includes(entry.value ?? '')))
    return undefined;
  const wanted: Record<string, string> = {
    ...topic.config.create,
    ...ownSettings(topic.config.whereKnown, described).own,
  };
  const setting = (name: string) => (Object.hasOwn(wanted, name) ? wanted[name]! : null);
  const differing = paused.filter(({ entry, during }) => {
    const value = setting(entry.name);
    if (entry.value !== during) return false;
    return value === null ? !entry.isDefault : value !== during;
  });
  const evident = differing.some(({ entry }) => setting(entry.name) !== null || isOddPause(entry));
  if (!evident) return undefined;
  return Object.fromEntries(differing.map(({ entry }) => [entry.name, setting(entry.name)]));
}
