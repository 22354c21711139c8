import type { KafkaEndpoint } from '../../runtime/src/config/job.ts';
import type { KafkaCluster } from '../support/kafka/cluster.ts';

/** The settings of a job for a test cluster. */
export function endpointOf(cluster: KafkaCluster, settings: Partial<KafkaEndpoint> = {}): KafkaEndpoint {
  return {
    bootstrapServers: cluster.bootstrapServers,
    security: { protocol: 'PLAINTEXT' },
    connectTimeoutMs: 10_000,
    requestTimeoutMs: 30_000,
    ...settings,
  };
}

/** Values as records of one topic, one request each line of Kafka's own console producer has room for. */
export async function produceLines(
  cluster: KafkaCluster,
  topic: string,
  lines: string[],
  options: string[] = [],
): Promise<void> {
  const main = cluster.version.startsWith('3.6')
    ? 'kafka.tools.ConsoleProducer'
    : 'org.apache.kafka.tools.ConsoleProducer';
  const args = ['--bootstrap-server', cluster.bootstrapServers.join(','), '--topic', topic, ...options];
  const { code, stderr } = await cluster.tool(main, args, { stdin: `${lines.join('\n')}\n` });
  if (code !== 0 || /ERROR/.test(stderr)) throw new Error(`the console producer failed: ${stderr}`);
}

/** Commits offsets for a group that has no members, with Kafka's own tool. */
export async function commitOffset(cluster: KafkaCluster, group: string, topic: string, offset: number): Promise<void> {
  const main = cluster.version.startsWith('3.6')
    ? 'kafka.admin.ConsumerGroupCommand'
    : 'org.apache.kafka.tools.consumer.group.ConsumerGroupCommand';
  const { code, stdout, stderr } = await cluster.tool(main, [
    '--bootstrap-server',
    cluster.bootstrapServers.join(','),
    ...['--reset-offsets', '--group', group, '--topic', topic, '--to-offset', String(offset), '--execute'],
  ]);
  if (code !== 0 || !stdout.includes(topic)) throw new Error(`the consumer group tool failed: ${stdout}${stderr}`);
}
