import type { KafkaEndpoint } from '../../runtime/src/config/job.ts';
import type { KafkaCluster } from '../support/kafka/cluster.ts';
import { startProducer } from '../support/kafka/java-client.ts';

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

/** Produces values without keys with Kafka's own producer. */
export async function produceLines(
  cluster: KafkaCluster,
  topic: string,
  lines: string[],
  config?: Record<string, string>,
): Promise<void> {
  const producer = await startProducer(cluster, config);
  await producer.send(
    topic,
    lines.map((value) => ({ value })),
  );
  await producer.close();
}
