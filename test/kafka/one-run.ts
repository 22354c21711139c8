/** A program of its own: connects to argv[2], asks, closes, and has to end by itself, printing nothing but its last word. */
import { describeCluster } from '../../runtime/src/kafka/describe-cluster.ts';
import { createKafkaClient } from '../../runtime/src/kafka/kafkajs-client.ts';
import { fetchRequest } from '../../runtime/src/kafka/protocol/fetch.ts';

const client = createKafkaClient({
  bootstrapServers: [process.argv[2]!],
  security: { protocol: 'PLAINTEXT' },
  connectTimeoutMs: 10_000,
  requestTimeoutMs: 30_000,
});
await client.connect();
const { topics } = await describeCluster(client);
const { name: topic } = topics.find(({ internal }) => !internal)!;
const wanted = { topic, partition: 0, fetchOffset: 0, maxBytes: 1_000_000 };
const common = { isolationLevel: 'read_committed', maxBytes: 1_000_000, partitions: [wanted] } as const;
for (let i = 0; i < 3; i++) {
  await Promise.all([
    client.send(1, fetchRequest({ ...common, maxWaitMs: 0, minBytes: 0 }), 'fetch'),
    describeCluster(client),
  ]);
}
const waiting = client.send(1, fetchRequest({ ...common, maxWaitMs: 60_000, minBytes: 1_000_000 }), 'fetch').then(
  () => 'answered',
  ({ code }) => code,
);
await client.close();
process.stdout.write(await waiting);
