import { afterAll, beforeAll, expect, test } from 'vitest';
import { runCli } from '../cli/run-cli.ts';
import { type KafkaCluster, startKafka } from '../support/kafka/cluster.ts';
import { javaClient } from '../support/kafka/java-client.ts';
import { type AwsEmulator, startMinistack } from '../support/s3/emulator.ts';
import { metricSets } from './embedded-metric-format.ts';

let kafka: KafkaCluster;
let aws: AwsEmulator;
let env: Record<string, string>;

beforeAll(async () => {
  [kafka, aws] = await Promise.all([startKafka(), startMinistack()]);
  env = { ...aws.env, MSK_BACKUP_METRICS: 'emf' };
  await aws.createBucket('kafka-backups');
  const java = javaClient(kafka);
  await java.createTopic('orders');
  const producer = await java.producer();
  await producer.send('orders', [{ value: 'one' }, { value: 'two' }]);
});
afterAll(async () => {
  await Promise.all([kafka?.stop(), aws?.stop()]);
});

/** Of packs and index objects, as the bucket lists them. */
async function storedBytes(): Promise<number> {
  const kept = [...(await aws.list('kafka-backups', 'msk/orders/'))].filter(([key]) => /\/(packs|index)\//.test(key));
  expect(kept.length).toBeGreaterThan(1);
  return kept.reduce((sum, [, size]) => sum + size, 0);
}

test('an archive in a bucket is bucket/prefix, for its backups and for its age', { timeout: 60_000 }, async () => {
  const input = `
source: {bootstrap_servers: "${kafka.bootstrapServers}", topics: {include: [orders]}}
storage: {backend: s3, bucket: kafka-backups, prefix: /msk/orders/, endpoint: "${aws.endpoint}", allow_http: true, path_style: true}
`;
  const backup = await runCli(['backup', '--config', '-'], { input, env });
  expect(backup.code).toBe(0);
  const [ran, ...more] = metricSets(backup.stdout);
  expect(more).toEqual([]);
  const bytes = await storedBytes();
  expect(ran).toMatchObject({
    dimensions: { Archive: 'kafka-backups/msk/orders' },
    values: { RecordsBackedUp: 2, BackupSucceeded: 1, StoredBytes: bytes },
  });

  const path = `s3://kafka-backups/msk/orders?endpoint=${aws.endpoint}`;
  const age = await runCli(['age', '--path', path], { env });
  expect(age.code).toBe(0);
  expect(metricSets(age.stdout)).toMatchObject([
    {
      dimensions: { Archive: 'kafka-backups/msk/orders' },
      values: { BackupAgeSeconds: expect.any(Number), StoredBytes: bytes },
    },
  ]);
  // A user of the archive is told where it is, and nothing else of the place.
  expect(age.stdout).toMatch(/^archive {3}s3:\/\/kafka-backups\/msk\/orders$/m);
});

test('without its bucket a backup fails and says so', { timeout: 60_000 }, async () => {
  const input = `
source: {bootstrap_servers: "${kafka.bootstrapServers}", topics: {include: [orders]}}
storage: {backend: s3, bucket: kafka-gone, endpoint: "${aws.endpoint}", allow_http: true, path_style: true}
`;
  const { code, stdout } = await runCli(['backup', '--config', '-'], { input, env });
  expect(code).toBeGreaterThan(1);
  const [failed, ...more] = metricSets(stdout);
  expect(more).toEqual([]);
  expect(failed!.dimensions).toEqual({ Archive: 'kafka-gone' });
  expect(failed!.values).toEqual({
    BackupSucceeded: 0,
    RecordsBackedUp: 0,
    BackupSizeBytes: 0,
    BackupDurationSeconds: expect.any(Number),
  });
});
