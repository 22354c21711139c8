import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { backUp, content, newStorage, restore } from '../restore/harness.ts';
import { type KafkaCluster, startKafka } from '../support/kafka/cluster.ts';
import { toolClass } from '../support/kafka/console.ts';
import { javaClient, readAll } from '../support/kafka/java-client.ts';
import { BACKUP, iamEndpoint, keysOf, REGION, useCredentials, verdictsDuring } from './iam-client.ts';

/** Renewed in the last fifth, which is longer than the broker holds a request back because of the quota. */
const SESSION_MS = 5000;
const PARTITIONS = 3;
const VALUE_BYTES = 10_000;
const RECORDS = 900;
/** Slow enough for some sessions: the topic has 9 MB. */
const BYTES_PER_SECOND = 1_500_000;

let kafka: KafkaCluster;

beforeAll(async () => {
  kafka = await startKafka({
    iam: { region: REGION, keys: [BACKUP], sessionMs: SESSION_MS },
    // The broker counts over two seconds, so that a quota holds from the start.
    config: { 'quota.window.num': '2' },
  });
});
afterAll(() => kafka?.stop());
beforeEach(() => useCredentials(keysOf(BACKUP)));
afterEach(() => {
  vi.unstubAllEnvs();
});

async function fill(topic: string): Promise<void> {
  const client = javaClient(kafka);
  await client.createTopic(topic, { partitions: PARTITIONS });
  const producer = await client.producer();
  const noise = Buffer.alloc(VALUE_BYTES / 2, topic).toString('hex');
  await producer.send(
    topic,
    Array.from({ length: RECORDS }, (_, index) => ({ partition: index % PARTITIONS, key: `k${index}`, value: noise })),
  );
  await producer.close();
}

async function limitFetches(bytesPerSecond: number): Promise<void> {
  const { code, stderr } = await kafka.tool(toolClass(kafka, 'configs'), [
    ...['--bootstrap-server', kafka.bootstrapServers[0]!, '--alter', '--entity-type', 'clients'],
    ...['--entity-name', 'msk-backup', '--add-config', `consumer_byte_rate=${bytesPerSecond}`],
  ]);
  if (code !== 0) throw new Error(stderr);
}

it('a backup and a restore of several sessions each lose no request and copy every record once', async () => {
  const topic = `orders-${randomUUID()}`;
  await fill(topic);
  await limitFetches(BYTES_PER_SECOND);
  const storage = await newStorage();

  const backup = await verdictsDuring(kafka, () =>
    backUp(kafka, [topic], storage, { source: iamEndpoint(kafka), fetchMaxBytes: 256 * 1024 }),
  );
  expect(backup.result).toBe(storage);
  expect(backup).toMatchObject({ refused: [], connections: 2, expired: 0 });
  // More logins than connections: sessions were renewed.
  expect(backup.accepted.length).toBeGreaterThanOrEqual(3);

  const restored = await verdictsDuring(kafka, () =>
    restore(kafka, storage, {
      target: iamEndpoint(kafka),
      topicMapping: { [topic]: `${topic}-restored` },
      rateLimitBytesPerSec: BYTES_PER_SECOND,
    }),
  );
  expect(restored.result).not.toBeInstanceOf(Error);
  expect(restored).toMatchObject({ refused: [], expired: 0 });
  expect(restored.accepted.length).toBeGreaterThan(restored.connections);

  const [source, target] = [await readAll(kafka, topic), await readAll(kafka, `${topic}-restored`)];
  expect(source).toHaveLength(RECORDS);
  expect(content(target)).toEqual(content(source));
});
