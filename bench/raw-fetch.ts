// The limit: fetches a topic through our connections and throws everything away. Prints {seconds, bytes} as JSON.

import { walkBatches } from '../runtime/src/batch/walk.ts';
import { describeCluster } from '../runtime/src/kafka/describe-cluster.ts';
import { createKafkaClient } from '../runtime/src/kafka/kafkajs-client.ts';
import { listOffsets } from '../runtime/src/kafka/list-offsets.ts';
import { fetchRequest } from '../runtime/src/kafka/protocol/fetch.ts';

const [servers, topic] = process.argv.slice(2) as [string, string];
const client = createKafkaClient({
  bootstrapServers: servers.split(','),
  security: { protocol: 'PLAINTEXT' },
  connectTimeoutMs: 10_000,
  requestTimeoutMs: 30_000,
});
await client.connect();
const began = performance.now();
const cluster = await describeCluster(client, [topic]);
const partitions = cluster.topics[0]!.partitions;
const ends = await listOffsets(
  client,
  cluster,
  partitions.map(({ partition }) => ({ topic, partition, at: 'last_stable' as const })),
);
let open = ends.map(({ partition, offset }) => ({ partition, position: 0, end: offset }));
let bytes = 0;
while (open.length > 0) {
  const answer = await client.send(
    partitions[0]!.leader,
    fetchRequest({
      isolationLevel: 'read_committed',
      maxWaitMs: 500,
      minBytes: 1,
      maxBytes: 8 * 1024 * 1024,
      partitions: open.map(({ partition, position }) => ({
        topic,
        partition,
        fetchOffset: position,
        maxBytes: 2 * 1024 * 1024,
      })),
    }),
    'fetch',
  );
  for (const fetched of answer.partitions) {
    const state = open.find(({ partition }) => partition === fetched.partition)!;
    const { batches, end } = walkBatches(fetched.records, { topic, partition: fetched.partition });
    bytes += end;
    state.position = (batches.at(-1)?.lastOffset ?? state.position - 1) + 1;
  }
  open = open.filter(({ position, end }) => position < end);
}
console.log(JSON.stringify({ seconds: (performance.now() - began) / 1000, bytes }));
await client.close();
