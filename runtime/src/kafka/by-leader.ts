import type { ApiRequest, KafkaClient } from './client.ts';
import { type ClusterDescription, describeCluster } from './describe-cluster.ts';
import { kafkaError, protocolError } from './protocol/error-codes.ts';
import { isRetriable, Patience } from './retry.ts';

export interface PartitionName {
  topic: string;
  partition: number;
}

export interface LeaderQuestion<Item, Answer> {
  /** For errors: "cannot list the offsets of". */
  what: string;
  /** One request for items of one leader; its answers may come in any order. */
  toRequest(items: Item[]): ApiRequest<{ partitions: Answer[] }>;
  /** The answer to make up for an item that got none. */
  withoutAnswer(item: Item, errorCode: number): Answer;
}

const UNKNOWN_TOPIC = 3;
const LEADER_NOT_AVAILABLE = 5;
const NETWORK_EXCEPTION = 13;

/**
 * Asks the leader of each partition, in one request per leader, and follows leaders that move.
 *
 * Answers come in the order of the items, each with its `errorCode`: 0, or the retriable one that was left when patience
 * ran out; 5 (LEADER_NOT_AVAILABLE) at once where the description has no leader; 13 (NETWORK_EXCEPTION) where the leader
 * could not be reached.
 * @param items at most one per partition: brokers refuse a request that names a partition twice
 * @throws MskBackupError for an error code that waiting does not help, naming topic and partition
 */
export async function askLeaders<Item extends PartitionName, Answer extends PartitionName & { errorCode: number }>(
  client: KafkaClient,
  description: ClusterDescription,
  items: readonly Item[],
  ask: LeaderQuestion<Item, Answer>,
  signal?: AbortSignal,
): Promise<Answer[]> {
  const answers = new Array<Answer>(items.length);
  const patience = new Patience(signal);
  let leaders = leadersOf(description);
  let open = items.map((_, index) => index);
  for (let first = true; ; first = false) {
    const byLeader = new Map<number, number[]>();
    const unled: number[] = [];
    for (const index of open) {
      const leader = leaders.get(keyOf(items[index]!));
      if (leader === undefined || leader < 0) {
        answers[index] = ask.withoutAnswer(items[index]!, leader === undefined ? UNKNOWN_TOPIC : LEADER_NOT_AVAILABLE);
        // Later on the cluster may be in the middle of an election that our own question ran into.
        if (leader === undefined || !first) unled.push(index);
      } else {
        const led = byLeader.get(leader);
        if (led === undefined) byLeader.set(leader, [index]);
        else led.push(index);
      }
    }
    const refused = await Promise.all(
      [...byLeader].map(async ([leader, indexes]) => {
        const got = await askOne(
          client,
          leader,
          indexes.map((index) => items[index]!),
          ask,
        );
        indexes.forEach((index, i) => {
          answers[index] = got[i]!;
        });
        return indexes.filter((index) => {
          const { topic, partition, errorCode } = answers[index]!;
          if (errorCode === 0) return false;
          if (kafkaError(errorCode).retriable) return true;
          throw protocolError(errorCode, `${ask.what} ${topic}[${partition}]`);
        });
      }),
    );
    open = [...unled, ...refused.flat()];
    if (open.length === 0 || !(await patience.pause())) return answers;
    leaders = await leadersNow(
      client,
      open.map((index) => items[index]!),
      leaders,
      signal,
    );
  }
}

async function askOne<Item extends PartitionName, Answer extends PartitionName & { errorCode: number }>(
  client: KafkaClient,
  leader: number,
  items: Item[],
  ask: LeaderQuestion<Item, Answer>,
): Promise<Answer[]> {
  try {
    const { partitions } = await client.send(leader, ask.toRequest(items));
    const answers = new Map(partitions.map((answer) => [keyOf(answer), answer]));
    return items.map((item) => answers.get(keyOf(item)) ?? ask.withoutAnswer(item, NETWORK_EXCEPTION));
  } catch (reason) {
    if (!isRetriable(reason)) throw reason;
    return items.map((item) => ask.withoutAnswer(item, NETWORK_EXCEPTION));
  }
}

async function leadersNow(
  client: KafkaClient,
  items: PartitionName[],
  before: Map<string, number>,
  signal?: AbortSignal,
): Promise<Map<string, number>> {
  try {
    await client.refreshBrokers();
    return leadersOf(await describeCluster(client, [...new Set(items.map(({ topic }) => topic))], signal));
  } catch (reason) {
    if (!isRetriable(reason)) throw reason;
    return before;
  }
}

function leadersOf(description: ClusterDescription): Map<string, number> {
  return new Map(
    description.topics.flatMap(({ name, partitions }) =>
      partitions.map(({ partition, leader }) => [keyOf({ topic: name, partition }), leader] as const),
    ),
  );
}

function keyOf({ topic, partition }: PartitionName): string {
  return `${topic}/${partition}`;
}
