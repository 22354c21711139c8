import type { SnapshotTopic } from '../../archive/snapshot.ts';
import type { RestoreJob } from '../../config/job.ts';
import type { SettingBefore } from '../../journal/entries.ts';
import type { TopicConfigEntry } from '../../kafka/client.ts';

/** They name brokers of the source, or mean nothing any more. */
const NEVER_COPIED = new Set([
  'leader.replication.throttled.replicas',
  'follower.replication.throttled.replicas',
  'message.format.version',
]);

/** Not every broker version has them: a broker refuses to create a topic with a name that it does not know. */
const NOT_EVERYWHERE = new Set([
  'message.timestamp.difference.max.ms',
  'message.timestamp.before.max.ms',
  'message.timestamp.after.max.ms',
  'message.downconversion.enable',
  'remote.log.copy.disable',
  'remote.log.delete.on.disable',
]);

export interface CreatedConfig {
  /** Given when the topic is created. */
  create: Record<string, string>;
  /** Set after that, where the target's brokers know the name. */
  whereKnown: Record<string, string>;
  notes: string[];
}

/** The configuration that a topic made by a restore has in the end. */
export function configToCreate(source: SnapshotTopic, job: RestoreJob, replicationFactor: number): CreatedConfig {
  const create: Record<string, string> = {};
  const whereKnown: Record<string, string> = {};
  const notes: string[] = [];
  const copied = job.restoreTopicConfigs ? Object.entries(source.config) : [];
  for (const [name, value] of copied) {
    if (NEVER_COPIED.has(name)) continue;
    if (NOT_EVERYWHERE.has(name)) whereKnown[name] = value;
    else create[name] = value;
  }
  for (const [name, value] of Object.entries(job.topicConfigOverrides)) {
    delete whereKnown[name];
    create[name] = value;
  }
  const inSync = Number(create['min.insync.replicas']);
  if (replicationFactor > 0 && inSync > replicationFactor) {
    create['min.insync.replicas'] = String(replicationFactor);
    notes.push(
      `topic ${source.name}: min.insync.replicas is lowered from ${inSync} to ${replicationFactor}, the number of replicas at the target`,
    );
  }
  return { create, whereKnown, notes };
}

const DIFFERENCE = 'message.timestamp.difference.max.ms';
const BEFORE = 'message.timestamp.before.max.ms';
const AFTER = 'message.timestamp.after.max.ms';

/** Settings of a created topic that its brokers were not asked for when it was created. */
export interface OwnSettings {
  own: Record<string, string>;
  /** Names that the brokers do not know, and that have no successor. */
  leftOut: string[];
}

/** Of the settings that not every version has, those that this target has; the old limit becomes the two new ones. */
export function ownSettings(whereKnown: Record<string, string>, described: TopicConfigEntry[]): OwnSettings {
  const known = new Set(described.map(({ name }) => name));
  const { [DIFFERENCE]: difference, ...wanted } = whereKnown;
  if (difference !== undefined && known.has(DIFFERENCE)) wanted[DIFFERENCE] = difference;
  else if (difference !== undefined) {
    wanted[BEFORE] ??= difference;
    wanted[AFTER] ??= difference;
  }
  const entries = Object.entries(wanted);
  return {
    own: Object.fromEntries(entries.filter(([name]) => known.has(name))),
    leftOut: entries.filter(([name]) => !known.has(name)).map(([name]) => name),
  };
}

/** One setting that is changed while restoring. */
export type PausedSetting = SettingBefore;

const UNLIMITED = '-1';
const LONGEST = '9223372036854775807';

/**
 * What would delete or change restored records while they are written: retention, compaction (also: a compacted topic
 * refuses records without a key), append times, limits on the age of timestamps.
 */
export function settingsToPause(entries: TopicConfigEntry[]): PausedSetting[] {
  return pausedValues(entries)
    .filter(({ entry, during, harmless }) => entry.value !== during && !harmless.includes(entry.value ?? ''))
    .map(({ entry: { name, value, isDefault }, during }) => ({
      name,
      during,
      original: isDefault ? null : value,
      effective: value ?? '',
    }));
}

/** An entry that is one of those to pause, what it is while restoring, and other values that need no change. */
interface PausedValue {
  entry: TopicConfigEntry;
  during: string;
  harmless: string[];
}

/** Those of a topic's entries that are to be paused where they are not harmless. */
export function pausedValues(entries: TopicConfigEntry[]): PausedValue[] {
  const known = new Map(entries.map((entry) => [entry.name, entry]));
  const found: PausedValue[] = [];
  const pause = (name: string, during: string, harmless: string[] = []) => {
    const entry = known.get(name);
    if (entry !== undefined) found.push({ entry, during, harmless });
  };
  pause('retention.ms', UNLIMITED);
  pause('retention.bytes', UNLIMITED);
  if (known.get('remote.storage.enable')?.value === 'true') {
    // -2 follows retention.ms and retention.bytes, which are paused.
    pause('local.retention.ms', UNLIMITED, ['-2']);
    pause('local.retention.bytes', UNLIMITED, ['-2']);
  }
  pause('cleanup.policy', 'delete', ['']);
  pause('message.timestamp.type', 'CreateTime');
  for (const name of [DIFFERENCE, BEFORE, AFTER]) pause(name, LONGEST);
  return found;
}

/** The topic itself sets a limit to the longest time there is: nobody does that but a restore. */
export function isOddPause({ name, value, isDefault }: TopicConfigEntry): boolean {
  return !isDefault && value === LONGEST && [DIFFERENCE, BEFORE, AFTER].includes(name);
}

/** bytes; what a broker takes by default. */
const DEFAULT_MAX_MESSAGE_BYTES = 1_048_588;

/** The largest record batch that the topic takes, in bytes. */
export function maxMessageBytes(entries: TopicConfigEntry[]): number {
  const value = Number(entries.find(({ name }) => name === 'max.message.bytes')?.value);
  return Number.isFinite(value) && value > 0 ? value : DEFAULT_MAX_MESSAGE_BYTES;
}
