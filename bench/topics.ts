import type { KafkaCluster } from '../test/support/kafka/cluster.ts';

export async function createTopic(cluster: KafkaCluster, topic: string, partitions: number): Promise<void> {
  await topicCommand(cluster, ['--create', '--topic', topic, '--partitions', String(partitions)]);
}

export async function deleteTopic(cluster: KafkaCluster, topic: string): Promise<void> {
  await topicCommand(cluster, ['--delete', '--topic', topic]);
}

async function topicCommand(cluster: KafkaCluster, args: string[]): Promise<void> {
  const at = ['--bootstrap-server', cluster.bootstrapServers.join(',')];
  const { code, stdout, stderr } = await cluster.tool('org.apache.kafka.tools.TopicCommand', [...at, ...args]);
  if (code !== 0) throw new Error(`${args.join(' ')}:\n${stdout}${stderr}`);
}
