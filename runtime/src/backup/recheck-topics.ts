import { setTimeout as sleep } from 'node:timers/promises';
import { MskBackupError } from '../errors.ts';
import { unlessAborted } from '../flow/unless-aborted.ts';
import type { KafkaClient } from '../kafka/client.ts';
import { describeCluster } from '../kafka/describe-cluster.ts';
import { kafkaError, protocolError } from '../kafka/protocol/error-codes.ts';
import { Patience } from '../kafka/retry.ts';
import type { CutTopic } from './cut.ts';

export interface TopicCheck {
  /** Topics that were deleted, or created again, since the cut. */
  changed: Set<string>;
  /** Why that could not be found out of every topic. */
  unknown?: MskBackupError;
}

/** A run that was told to stop has about 20 seconds, and has to commit in them. */
const GRACE_MS = 5_000;
const CONFIRM_AFTER_MS = 1_000;

/**
 * Whether the topics are still those of the cut. Fetches name topics, not topic ids: had a topic been replaced while it
 * was copied, its frames would hold two histories.
 * @param patienceMs how long a cluster that does not answer is waited for; no longer than 5 s after the signal
 */
export async function recheckTopics(
  client: KafkaClient,
  topics: CutTopic[],
  patienceMs: number,
  signal: AbortSignal,
): Promise<TopicCheck> {
  if (topics.length === 0) return { changed: new Set() };
  const grace = graceAfter(signal);
  try {
    return await check(client, topics, new Patience(grace.signal, patienceMs), grace.signal);
  } catch (reason) {
    if (!(reason instanceof MskBackupError) || reason.kind !== 'interrupted') throw reason;
    return { changed: new Set(), unknown: reason };
  } finally {
    grace.end();
  }
}

async function check(
  client: KafkaClient,
  topics: CutTopic[],
  patience: Patience,
  signal: AbortSignal,
): Promise<TopicCheck> {
  let before = new Set<string>();
  for (let first = true; ; first = false) {
    let changed = new Set<string>();
    let unknown: MskBackupError | undefined;
    try {
      const seen = await unlessAborted(look(client, topics, signal, first), signal, 'stopped');
      // One broker's word, which may have just started and not know all topics yet: asked for twice.
      changed = new Set([...seen.changed].filter((name) => before.has(name)));
      if (seen.unknown === undefined && changed.size === seen.changed.size) return { changed };
      before = seen.changed;
      unknown = seen.unknown;
    } catch (reason) {
      if (!(reason instanceof MskBackupError) || reason.kind !== 'connection') throw reason;
      unknown = reason;
    }
    if (!(await patience.pause())) return unknown === undefined ? { changed: before } : { changed, unknown };
    if (unknown === undefined) await unlessAborted(sleep(CONFIRM_AFTER_MS), signal, 'stopped');
  }
}

async function look(client: KafkaClient, topics: CutTopic[], signal: AbortSignal, first: boolean): Promise<TopicCheck> {
  if (!first) await client.refreshBrokers();
  const names = topics.map(({ name }) => name);
  const now = new Map((await describeCluster(client, names, signal)).topics.map((topic) => [topic.name, topic]));
  const changed = new Set<string>();
  let unknown: MskBackupError | undefined;
  for (const { name, topicId } of topics) {
    const topic = now.get(name);
    const error = topic === undefined ? 'UNKNOWN_TOPIC_OR_PARTITION' : kafkaError(topic.errorCode).name;
    if (topic?.errorCode === 0 ? topic.topicId !== topicId : error === 'UNKNOWN_TOPIC_OR_PARTITION') changed.add(name);
    else if (topic !== undefined && topic.errorCode !== 0) {
      unknown ??= protocolError(topic.errorCode, `cannot tell whether ${name} is still the same topic`);
    }
  }
  return { changed, ...(unknown === undefined ? {} : { unknown }) };
}

/** A signal that comes a while after the other one. */
function graceAfter(signal: AbortSignal): { signal: AbortSignal; end(): void } {
  const late = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const begin = () => {
    timer = setTimeout(() => late.abort(), GRACE_MS);
  };
  if (signal.aborted) begin();
  else signal.addEventListener('abort', begin, { once: true });
  return {
    signal: late.signal,
    end() {
      signal.removeEventListener('abort', begin);
      clearTimeout(timer);
    },
  };
}
