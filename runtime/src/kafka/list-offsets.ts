import { askLeaders, type LeaderQuestion, type PartitionName } from './by-leader.ts';
import type { KafkaClient } from './client.ts';
import type { ClusterDescription } from './describe-cluster.ts';
import { EARLIEST, LATEST, type ListedOffset, listOffsetsRequest } from './protocol/list-offsets.ts';

export interface OffsetQuestion extends PartitionName {
  /**
   * `earliest`: log start offset; `latest`: high watermark; `last_stable`: last stable offset; a number (ms since 1970):
   * the first record at or after it.
   */
  at: 'earliest' | 'latest' | 'last_stable' | number;
}

/** `errorCode` is 0, or tells why there is no offset (see `askLeaders`); `offset` is -1 then, and where no record is that young. */
export type OffsetAnswer = ListedOffset;

/**
 * Offsets of partitions, in the order of the questions: one request per leader and isolation level. A partition without a
 * leader, or whose leader stays away, has an `errorCode` in its answer and does not stop the others.
 * @throws MskBackupError for what waiting does not help, such as `TOPIC_AUTHORIZATION_FAILED`
 */
export async function listOffsets(
  client: KafkaClient,
  description: ClusterDescription,
  questions: readonly OffsetQuestion[],
  signal?: AbortSignal,
): Promise<OffsetAnswer[]> {
  const answers = new Array<OffsetAnswer>(questions.length);
  await Promise.all(
    requestsOf(questions).map(async ({ isolationLevel, items }) => {
      const got = await askLeaders(client, description, items, questionWith(isolationLevel), signal);
      got.forEach((answer, i) => {
        answers[items[i]!.index] = answer;
      });
    }),
  );
  return answers;
}

type Isolation = 'read_committed' | 'read_uncommitted';
type IndexedQuestion = OffsetQuestion & { index: number };

/** Questions that can share a request: of one isolation level, no partition twice. */
function requestsOf(questions: readonly OffsetQuestion[]): { isolationLevel: Isolation; items: IndexedQuestion[] }[] {
  const requests = new Map<string, { isolationLevel: Isolation; items: IndexedQuestion[] }>();
  const seen = new Map<string, number>();
  questions.forEach((question, index) => {
    const isolationLevel = question.at === 'last_stable' ? 'read_committed' : 'read_uncommitted';
    const partition = `${isolationLevel} ${question.topic}/${question.partition}`;
    const occurrence = seen.get(partition) ?? 0;
    seen.set(partition, occurrence + 1);
    const key = `${isolationLevel} ${occurrence}`;
    const request = requests.get(key) ?? { isolationLevel, items: [] };
    requests.set(key, request);
    request.items.push({ ...question, index });
  });
  return [...requests.values()];
}

function questionWith(isolationLevel: Isolation): LeaderQuestion<IndexedQuestion, OffsetAnswer> {
  return {
    what: 'cannot list the offsets of',
    toRequest: (items) =>
      listOffsetsRequest(
        isolationLevel,
        items.map(({ topic, partition, at }) => ({ topic, partition, timestamp: timestampOf(at) })),
      ),
    withoutAnswer: ({ topic, partition }, errorCode) => ({
      topic,
      partition,
      errorCode,
      timestamp: -1,
      offset: -1,
      leaderEpoch: -1,
    }),
  };
}

function timestampOf(at: OffsetQuestion['at']): number {
  if (at === 'earliest') return EARLIEST;
  return typeof at === 'number' ? at : LATEST;
}
