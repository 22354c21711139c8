import { setTimeout as sleep } from 'node:timers/promises';
import { MskBackupError } from '../../errors.ts';
import type { KafkaClient, TopicConfigEntry } from '../../kafka/client.ts';
import { describeTopicConfigsRequest } from '../../kafka/protocol/describe-configs.ts';
import { isRetriable } from '../../kafka/retry.ts';
import { alterTopicConfigs, type TopicConfigChange } from '../../kafka/topic-configs.ts';
import type { PreparedTopic } from '../plan/plan.ts';
import { type RetentionLimits, retentionLimits } from '../plan/retention.ts';
import { maxMessageBytes, ownSettings, type PausedSetting, settingsToPause } from '../plan/topic-config.ts';

/** A topic of the target that is ready to be written. */
export interface PausedTopic {
  settings: PausedSetting[];
  /** All that is set while restoring. */
  during: Record<string, string>;
  /** What it deletes by itself once the settings are set back. */
  limits: RetentionLimits;
  /** The largest batch that it takes, in bytes. */
  maxMessageBytes: number;
  /** Settings of the source that the target's brokers do not know and that have no successor. */
  leftOut: string[];
}

/** How long brokers may take to learn of a changed configuration. */
const SETTLE_MS = 30_000;
const POLL_MS = 50;
/** An answer lists some 30 entries per topic. */
const TOPICS_A_REQUEST = 200;

/**
 * Finds out what has to be switched off while the topics are restored, because it would delete or change records. Changes
 * nothing yet, so that the values to set back are known before.
 * @returns by target name
 */
export async function planPause(client: KafkaClient, topics: PreparedTopic[]): Promise<Map<string, PausedTopic>> {
  const configs = await client.describeTopicConfigs(topics.map(({ target }) => target));
  const plan = new Map<string, PausedTopic>();
  for (const { target, exists, before, config } of topics) {
    const described = configs.get(target) ?? [];
    const { own, leftOut } =
      exists && !before?.created ? { own: {}, leftOut: [] } : ownSettings(config.whereKnown, described);
    const entries = described.map((entry) => {
      const value = own[entry.name];
      if (value !== undefined) return { ...entry, value, isDefault: false };
      // A restore has changed it, and noted what it was, unless somebody has set another value since.
      const noted = before?.settings.find(({ name }) => name === entry.name);
      const changed = noted !== undefined && !entry.isDefault && entry.value === noted.during;
      return !changed ? entry : { ...entry, value: noted.effective, isDefault: noted.original === null };
    });
    const settings = settingsToPause(entries);
    const settingNamed = (name: string) => entries.find((entry) => entry.name === name)?.value ?? undefined;
    plan.set(target, {
      settings,
      during: { ...own, ...Object.fromEntries(settings.map(({ name, during }) => [name, during])) },
      limits: retentionLimits(settingNamed),
      maxMessageBytes: maxMessageBytes(entries),
      leftOut,
    });
  }
  return plan;
}

/**
 * Switches it off, and waits until every broker knows: a batch that arrives before would get the broker's time.
 * @throws MskBackupError naming the topic and setting that the cluster does not let us change
 */
export async function pauseTopics(
  client: KafkaClient,
  plan: Map<string, PausedTopic>,
  signal: AbortSignal,
): Promise<void> {
  const changes = [...plan]
    .map(([topic, { during }]): TopicConfigChange => ({ topic, config: during }))
    .filter(({ config }) => Object.keys(config).length > 0);
  await alterTopicConfigs(client, changes, signal);
  await waitUntilKnown(client, changes, signal);
}

/** Gives settings their values from before; null takes a topic's own value away. */
export async function setBack(client: KafkaClient, topic: string, settings: PausedSetting[]): Promise<void> {
  if (settings.length === 0) return;
  const config = Object.fromEntries(settings.map(({ name, original }) => [name, original]));
  await alterTopicConfigs(client, [{ topic, config }]);
}

/** Those of the topics that have what is set while restoring; all of them when the cluster does not tell. */
export async function pausedAmong(client: KafkaClient, plan: Map<string, PausedTopic>): Promise<Set<string>> {
  const names = [...plan.keys()];
  const configs = await client.describeTopicConfigs(names).catch(() => undefined);
  if (configs === undefined) return new Set(names);
  return new Set(names.filter((name) => holds(configs.get(name) ?? [], plan.get(name)!.during)));
}

/** A change is made by the controller; each broker learns of it a little later. */
export async function waitUntilKnown(
  client: KafkaClient,
  changes: TopicConfigChange[],
  signal: AbortSignal,
): Promise<void> {
  if (changes.length === 0) return;
  for (const { nodeId } of await client.brokers()) {
    const deadline = performance.now() + SETTLE_MS;
    for (let left = changes; ; await sleep(POLL_MS, undefined, { signal })) {
      const unknown = await stillUnknown(client, nodeId, left);
      // A broker that is away learns of everything before it leads again.
      const away = unknown === undefined && !(await isListed(client, nodeId));
      if (away || unknown?.length === 0) break;
      left = unknown ?? left;
      if (performance.now() > deadline) throw notKnown(nodeId, left);
    }
  }
}

/** Those of the changes that the broker does not know yet; undefined when it cannot be reached. */
async function stillUnknown(
  client: KafkaClient,
  nodeId: number,
  changes: TopicConfigChange[],
): Promise<TopicConfigChange[] | undefined> {
  const unknown: TopicConfigChange[] = [];
  for (let at = 0; at < changes.length; at += TOPICS_A_REQUEST) {
    const some = changes.slice(at, at + TOPICS_A_REQUEST);
    try {
      const { topics } = await client.send(nodeId, describeTopicConfigsRequest(some.map(({ topic }) => topic)));
      const entries = new Map(topics.map((described) => [described.topic, described.entries]));
      unknown.push(...some.filter(({ topic, config }) => !holds(entries.get(topic) ?? [], config)));
    } catch (error) {
      if (isRetriable(error)) return undefined;
      throw error;
    }
  }
  return unknown;
}

async function isListed(client: KafkaClient, nodeId: number): Promise<boolean> {
  await client.refreshBrokers();
  return (await client.brokers()).some((broker) => broker.nodeId === nodeId);
}

function holds(entries: TopicConfigEntry[], config: TopicConfigChange['config']): boolean {
  const known = new Map(entries.map((entry) => [entry.name, entry]));
  return Object.entries(config).every(([name, value]) => {
    const entry = known.get(name);
    return value === null ? (entry?.isDefault ?? true) : entry?.value === value;
  });
}

function notKnown(nodeId: number, left: TopicConfigChange[]): MskBackupError {
  return new MskBackupError(
    'connection',
    'CONFIG_NOT_APPLIED',
    `broker ${nodeId} of the target has not taken over the configuration of topic ${left[0]!.topic} after ${SETTLE_MS / 1000} s; check that broker and restore again`,
  );
}
