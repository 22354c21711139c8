import type { CreatedBody, SettingBefore, StartedBody, StartedTopic } from '../../journal/entries.ts';
import { type JournalEntry, RestoreJournal } from '../../journal/journal.ts';
import type { ObjectStore } from '../../storage/object-store.ts';

/** What restores, of whatever snapshot, have noted of a topic that is at the target. */
export interface BegunTopic {
  /** Some restore has created it: nothing of anybody else's is in it but what was written since. */
  created: boolean;
  /** Settings as they were before the first of them changed them. */
  settings: SettingBefore[];
  /** The one that wrote to it last; undefined when none has come so far. */
  last?: LastRestore;
}

export interface LastRestore {
  restoreId: string;
  snapshot: StartedBody['snapshot'];
  offsets: StartedBody['offsets'];
  /** ISO 8601: when it was last run. */
  at: string;
  /** All its records are there. */
  finished: boolean;
}

/**
 * Looks the topics of a target up in the journals of all restores.
 * @param state where restores keep their journals
 * @param topicIds by name: a topic that was deleted and made again is another one
 * @returns by name, those that a restore has begun
 */
export async function begunTopics(
  state: ObjectStore,
  topicIds: ReadonlyMap<string, string>,
): Promise<Map<string, BegunTopic>> {
  const begun = new Map<string, BegunTopic>();
  if (topicIds.size === 0) return begun;
  const of = (target: string) => {
    const known = begun.get(target) ?? { created: false, settings: [] };
    begun.set(target, known);
    return known;
  };
  for (const id of await RestoreJournal.list(state)) {
    const journal = await RestoreJournal.open(state, id);
    for (const { body } of await journal.all<CreatedBody>('created')) {
      for (const { target, topicId } of body.topics) if (topicIds.get(target) === topicId) of(target).created = true;
    }
    for (const started of await journal.all<StartedBody>('started')) {
      for (const topic of started.body.topics) {
        if (topicIds.get(topic.target) === topic.topicId) note(of(topic.target), topic, started, journal);
      }
    }
  }
  return begun;
}

/** A later run knows what the earlier ones had changed, so the last one has the settings. */
function note(
  begun: BegunTopic,
  { created, settings }: StartedTopic,
  { at, number, body: { snapshot, offsets } }: JournalEntry<StartedBody>,
  journal: RestoreJournal,
): void {
  begun.created ||= created;
  if (begun.last !== undefined && begun.last.at > at) return;
  const finished = journal.keys.some((entry) => entry.kind === 'offsets' && entry.number > number);
  begun.settings = settings;
  begun.last = { restoreId: journal.restoreId, snapshot, offsets, at, finished };
}
