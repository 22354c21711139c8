import type { ClusterResources } from './cluster-resources.ts';
import { allow, deny, type Statement } from './document.ts';

/**
 * Statements for MSK's IAM access control, named by what they let a client do. Which request needs which permission is Kafka's
 * (security/authorization-and-acls), which action grants it MSK's: "Semantics of IAM authorization policy actions and resources".
 */
export function connect(resources: ClusterResources, ...more: string[]): Statement {
  return allow(
    'ClusterConnect',
    [
      // SaslAuthenticate, on every connection
      'kafka-cluster:Connect',
      // ListGroups: a broker leaves out, without a word, what the principal may not see; with it all groups are told, and one that
      // the patterns match but the policy does not allow is an error
      'kafka-cluster:DescribeCluster',
      ...more,
    ],
    [resources.cluster],
  );
}

export const READ_TOPIC = [
  // Metadata, ListOffsets, OffsetForLeaderEpoch, and the topics in the answer of OffsetFetch
  'kafka-cluster:DescribeTopic',
  // DescribeConfigs: a snapshot holds each topic's configuration, and compacted topics are copied in another way
  'kafka-cluster:DescribeTopicDynamicConfiguration',
  // Fetch
  'kafka-cluster:ReadData',
];

export const RESTORE_TOPIC = [
  // Metadata, ListOffsets
  'kafka-cluster:DescribeTopic',
  // DescribeConfigs: what is switched off while restoring is written down before
  'kafka-cluster:DescribeTopicDynamicConfiguration',
  // IncrementalAlterConfigs: retention and compaction are paused, and given back
  'kafka-cluster:AlterTopicDynamicConfiguration',
  // CreateTopics, also to validate only
  'kafka-cluster:CreateTopic',
  // Produce
  'kafka-cluster:WriteData',
  // Fetch: to go on after a stop, to read back, and OffsetCommit, which asks for it on each topic
  'kafka-cluster:ReadData',
];

/** DeleteTopics of topics that a restore has made, and DeleteRecords of what leads up to the first offset: MSK has one action for both. */
export const DELETE_TOPIC = ['kafka-cluster:DeleteTopic'];

/** InitProducerId of the idempotent producer. */
export const PRODUCE_IDEMPOTENTLY = ['kafka-cluster:WriteDataIdempotently'];

/** WriteTxnMarkers (Kafka 3.8 and later; not on MSK Serverless). Whoever holds it may also change ACLs. */
export const WRITE_MARKERS = ['kafka-cluster:AlterCluster'];

export const READ_GROUP = [
  // FindCoordinator, OffsetFetch, DescribeGroups, ConsumerGroupDescribe
  'kafka-cluster:DescribeGroup',
];

export const COMMIT_GROUP = [
  ...READ_GROUP,
  // OffsetCommit
  'kafka-cluster:AlterGroup',
];

/** OffsetDelete: an undo deletes the offsets of groups that had none. */
export const DELETE_GROUP = ['kafka-cluster:DeleteGroup'];

export const FILL_HOLES = [
  // FindCoordinator, DescribeTransactions
  'kafka-cluster:DescribeTransactionalId',
  // InitProducerId with an id, AddPartitionsToTxn, EndTxn
  'kafka-cluster:AlterTransactionalId',
];

/** The same actions, taken away from topics that patterns would include. */
export function exceptTopics(actions: string[], topics: string[]): Statement[] {
  return topics.length === 0 ? [] : [deny('TopicsExcluded', actions, topics)];
}
