import type { ApiRequest, KafkaClient } from './client.ts';
import { type ClusterDescription, type DescribedPartition, describeCluster } from './describe-cluster.ts';
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
  toRequest(items: (Item & { currentLeaderEpoch: number })[]): ApiRequest<{ partitions: Answer[] }>;
  /** The answer to make up for an item that got none. */
  withoutAnswer(item: Item, errorCode: number): Answer;
  /**
   * Where a leader has moved since, the new one is noted in the description, so that the next question goes there at once.
   * Default false: a plan that was made from a description must not change with it.
   */
  notesLeaders?: boolean;
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
  const leaders = leadersOf(description, ask.notesLeaders ?? false);
  let open = items.map((_, index) => index);
  for (let first = true; ; first = false) {
    const byLeader = new Map<number, number[]>();
    const unled: number[] = [];
    for (const index of open) {
      const leader = leaders.get(keyOf(items[index]!))?.leader;
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
          indexes.map((index) => ({
            ...items[index]!,
            currentLeaderEpoch: leaders.get(keyOf(items[index]!))!.leaderEpoch,
          })),
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
    await lookAgain(client, leaders, new Set(open.map((index) => items[index]!.topic)), signal);
  }
}

async function askOne<Item extends PartitionName, Answer extends PartitionName & { errorCode: number }>(
  client: KafkaClient,
  leader: number,
  items: (Item & { currentLeaderEpoch: number })[],
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

/** Notes who leads the topics' partitions now, if the cluster can be asked. */
async function lookAgain(
  client: KafkaClient,
  leaders: Map<string, DescribedPartition>,
  names: Set<string>,
  signal?: AbortSignal,
): Promise<void> {
  try {
    await client.refreshBrokers();
    const now = leadersOf(await describeCluster(client, [...names], signal), true);
    for (const [key, partition] of leaders) {
      const { leader, leaderEpoch } = now.get(key) ?? partition;
      Object.assign(partition, { leader, leaderEpoch });
    }
  } catch (reason) {
    if (!isRetriable(reason)) throw reason;
  }
}

/** @param shared whether what is changed is to be seen in the description */
function leadersOf(description: ClusterDescription, shared: boolean): Map<string, DescribedPartition> {
  return new Map(
    description.topics.flatMap(({ name, partitions }) =>
      partitions.map((described) => [
        keyOf({ topic: name, partition: described.partition }),
        shared ? described : { ...described },
      ]),
    ),
  );
}

function keyOf({ topic, partition }: PartitionName): string {
  return `${topic}/${partition}`;
}
