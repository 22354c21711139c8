import { afterAll, beforeAll, expect, test } from 'vitest';
import { type KafkaCluster, startKafka } from '../support/kafka/cluster.ts';
import { type JavaClient, javaClient } from '../support/kafka/java-client.ts';
import { backUp, content, restore } from './harness.ts';

let kafka: KafkaCluster;
let client: JavaClient;

beforeAll(async () => {
  kafka = await startKafka();
  client = javaClient(kafka);
});
afterAll(() => kafka?.stop());

const NOON = Date.UTC(2026, 0, 1, 12);

test('frames behind the last wanted record are accounted for once, however often a restore is run', async () => {
  const partitions = [0, 1, 2, 3, 4, 5, 6, 7];
  await client.createTopic('tail', { partitions: partitions.length });
  const producer = await client.producer();
  await producer.send(
    'tail',
    partitions.map((partition) => ({ partition, value: 'wanted', timestamp: NOON })),
  );
  const storage = await backUp(kafka, ['tail']);
  // Not known to be later without being read, and too much for the chunk of the first.
  const later = partitions.flatMap((partition) =>
    [1, 2, 3].map((n) => ({ partition, value: `${n}`.repeat(900_000), timestamp: NOON + n })),
  );
  await producer.send('tail', later);
  await backUp(kafka, ['tail'], storage, { backupId: 'later' });
  const over = { topicMapping: { tail: 'tail-again' }, timeWindow: { end: NOON } };
  for (let run = 0; run < 3; run++) await restore(kafka, storage, over);
  expect(content(await client.readAll('tail-again'))).toHaveLength(partitions.length);
}, 60_000);
