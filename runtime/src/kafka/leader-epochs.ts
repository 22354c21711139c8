import { askLeaders, type PartitionName } from './by-leader.ts';
import type { KafkaClient } from './client.ts';
import type { ClusterDescription } from './describe-cluster.ts';
import { type EndOfEpoch, offsetForLeaderEpochRequest } from './protocol/offset-for-leader-epoch.ts';

export interface EpochQuestion extends PartitionName {
  leaderEpoch: number;
}

/**
 * Where leader epochs end in the logs as they are now, in the order of the questions; at most one question a partition.
 * An end below what has been read of that epoch means that the log was truncated. A partition without a reachable leader
 * has an `errorCode` in its answer (see `askLeaders`), and `endOffset` -1.
 */
export function endOfLeaderEpochs(
  client: KafkaClient,
  description: ClusterDescription,
  questions: readonly EpochQuestion[],
  signal?: AbortSignal,
): Promise<EndOfEpoch[]> {
  return askLeaders(
    client,
    description,
    questions,
    {
      what: 'cannot look up the leader epochs of',
      toRequest: offsetForLeaderEpochRequest,
      withoutAnswer: ({ topic, partition }, errorCode) => ({
        topic,
        partition,
        errorCode,
        leaderEpoch: -1,
        endOffset: -1,
      }),
    },
    signal,
  );
}
