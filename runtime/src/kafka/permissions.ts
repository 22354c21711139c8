/** Permissions as Kafka's ACLs and MSK's IAM name them, for errors that say what to grant. */
export const PERMISSION = {
  describeTopic: 'Describe on the topic (kafka-cluster:DescribeTopic)',
  describeConfigs: 'DescribeConfigs on the topic (kafka-cluster:DescribeTopicDynamicConfiguration)',
  alterConfigs: 'AlterConfigs on the topic (kafka-cluster:AlterTopicDynamicConfiguration)',
  describeGroup: 'Describe on the group (kafka-cluster:DescribeGroup)',
  commitOffsets: 'Read on group and topic (kafka-cluster:AlterGroup, kafka-cluster:ReadData)',
  deleteOffsets: 'Delete on the group and Read on the topic (kafka-cluster:DeleteGroup, kafka-cluster:ReadData)',
  deleteGroup: 'Delete on the group (kafka-cluster:DeleteGroup)',
} as const;
