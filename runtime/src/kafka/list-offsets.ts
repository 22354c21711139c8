import { askLeaders, type LeaderQuestion, type PartitionName } from './by-leader.ts';
import type { KafkaClient } from './client.ts';
import type { ClusterDescription } from './describe-cluster.ts';
import { EARLIEST, LATEST, type ListedOffset, listOffsetsRequest, type View } from './protocol/list-offsets.ts';

export interface OffsetQuestion extends PartitionName {
  /**
   * `earliest`: log start offset; `latest`: high watermark; `last_stable`: last stable offset; `log_end`: the leader's log
   * end offset, which replicas may not have reached yet; a number (ms since 1970): the first record at or after it.
   */
  at: 'earliest' | 'latest' | 'last_stable' | 'log_end' | number;
}

/** `errorCode` is 0, or tells why there is no offset (see `askLeaders`); `offset` is -1 then, and where no record is that young. */
export type OffsetAnswer = ListedOffset;

/**
 * Offsets of partitions, in the order of the questions: one request per leader and view. A partition without a
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
    requestsOf(questions).map(async ({ view, items }) => {
      const got = await askLeaders(client, description, items, questionWith(view), signal);
      got.forEach((answer, i) => {
        answers[items[i]!.index] = answer;
      });
    }),
  );
  return answers;
}

type IndexedQuestion = OffsetQuestion & { index: number };

/** Questions that can share a request: of one view, no partition twice. */
function requestsOf(questions: readonly OffsetQuestion[]): { view: View; items: IndexedQuestion[] }[] {
  const requests = new Map<string, { view: View; items: IndexedQuestion[] }>();
  const seen = new Map<string, number>();
  questions.forEach((question, index) => {
    const view = viewOf(question.at);
    const partition = `${view} ${question.topic}/${question.partition}`;
    const occurrence = seen.get(partition) ?? 0;
    seen.set(partition, occurrence + 1);
    const key = `${view} ${occurrence}`;
    const request = requests.get(key) ?? { view, items: [] };
    requests.set(key, request);
    request.items.push({ ...question, index });
  });
  return [...requests.values()];
}

function questionWith(view: View): LeaderQuestion<IndexedQuestion, OffsetAnswer> {
  return {
    what: 'cannot list the offsets of',
    // Log ends are asked for again and again, while holes are filled.
    notesLeaders: view === 'log',
    toRequest: (items) =>
      listOffsetsRequest(
        view,
        items.map(({ topic, partition, at, currentLeaderEpoch }) => ({
          topic,
          partition,
          timestamp: timestampOf(at),
          // Only where a follower would answer with an end of its own.
          ...(view === 'log' ? { currentLeaderEpoch } : {}),
        })),
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

function viewOf(at: OffsetQuestion['at']): View {
  if (at === 'log_end') return 'log';
  return at === 'last_stable' ? 'read_committed' : 'read_uncommitted';
}

function timestampOf(at: OffsetQuestion['at']): number {
  if (at === 'earliest') return EARLIEST;
  return typeof at === 'number' ? at : LATEST;
}
