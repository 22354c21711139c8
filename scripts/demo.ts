// npm run demo: two backups of a real Kafka cluster to one S3 region, the loss of that cluster, and a restore into an empty
// one from the replica in the other region. A function that reads orders goes on there where it was. Ends with 0 only when
// every record is at its offset again and every order was processed once.
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Snapshot } from '../runtime/src/archive/snapshot.ts';
import { type KafkaCluster, startKafka } from '../test/support/kafka/cluster.ts';
import { javaClient } from '../test/support/kafka/java-client.ts';
import { type AwsEmulator, startMinistack } from '../test/support/s3/emulator.ts';
import { mskBackup } from './demo/command.ts';
import { type Fingerprint, fingerprint } from './demo/fingerprint.ts';
import { nextOffsets, processOrders } from './demo/order-function.ts';
import { showBackups, showFunction, showTopics } from './demo/report.ts';
import { createTopics, TOPICS, trade } from './demo/shop.ts';

const BACKUP = join(import.meta.dirname, 'demo', 'msk-backup.yaml');
const RESTORE = join(import.meta.dirname, 'demo', 'msk-restore.yaml');
const PRIMARY = 'kafka-backups-us-west-2';
const REPLICA = 'kafka-backups-us-east-1';

const began = Date.now();
const clusters: KafkaCluster[] = [];
let aws: AwsEmulator | undefined;
try {
  await demo();
} catch (error) {
  console.error(`\nThe demo failed: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
} finally {
  await Promise.all([...clusters.map((cluster) => cluster.stop()), aws?.stop()]);
}

async function demo(): Promise<void> {
  step('A Kafka cluster in us-west-2, and S3 in us-west-2 and us-east-1');
  const [source, s3] = await Promise.all([start(), startMinistack({ regions: ['us-west-2', 'us-east-1'] })]);
  aws = s3;
  await s3.createBucket(REPLICA, { region: 'us-east-1', versioning: true });
  await s3.createBucket(PRIMARY, { region: 'us-west-2', replicateTo: REPLICA });
  const env: Record<string, string> = {
    ...s3.env,
    S3_ENDPOINT: s3.endpoint,
    SOURCE_BROKERS: source.bootstrapServers.join(','),
  };

  step(
    'A shop writes orders (in transactions, some aborted), order events (with tombstones), notifications (all codecs)',
  );
  const client = javaClient(source);
  await createTopics(client);
  await trade(client, 0, 70_000);

  step('The first backup');
  const first = await backup(env);
  step('The shop goes on, and a function reads half of the orders, as Lambda does: batch by batch, each committed');
  await trade(client, 70_000, 20_000);
  const before = await fingerprints(source);
  const orders = before.get('orders')!.records;
  const processed = await processOrders(client, Math.floor(orders / 2));
  const left = await nextOffsets(client);

  step('The second backup copies only what is new');
  const second = await backup(env);
  if (second.added.records >= first.added.records) throw new Error('the second backup copied everything again');
  await mskBackup(['groups', '--config', BACKUP], env);

  step('S3 replicates the archive to us-east-1; then the cluster is lost');
  const replicating = Date.now();
  await s3.waitForReplication(PRIMARY, REPLICA);
  const replicationSeconds = (Date.now() - replicating) / 1000;
  await source.stop();
  await mskBackup(['verify', '--config', RESTORE, '--depth', 'full'], { ...env, DR_BROKERS: 'none:1' });

  step('A new, empty cluster in us-east-1, and the restore from the replica bucket');
  const target = await start();
  env.DR_BROKERS = target.bootstrapServers.join(',');
  await mskBackup(['restore', '--config', RESTORE, '--dry-run'], env);
  const restoring = Date.now();
  await mskBackup(['restore', '--config', RESTORE, '--verify', 'read'], env);
  const restoreSeconds = (Date.now() - restoring) / 1000;

  step('What Kafka’s own consumer reads in the new cluster, and the function goes on there');
  const found = await nextOffsets(javaClient(target));
  const after = await fingerprints(target);
  const rest = await processOrders(javaClient(target), orders - processed.length, true);

  step('What was backed up, what it cost, and what came back');
  showBackups([first, second]);
  const same = showTopics(before, after);
  const once = showFunction({ orders, before: processed, left, found, after: rest });
  console.log(
    `Waited ${replicationSeconds.toFixed(1)} s for the replica; restored and read back in ${restoreSeconds.toFixed(1)} s; ` +
      `the whole demo took ${((Date.now() - began) / 1000).toFixed(0)} s.`,
  );
  if (!same) throw new Error('what came back is not what was there');
  if (!once) throw new Error('the function did not go on where it was');
}

async function start(): Promise<KafkaCluster> {
  const cluster = await startKafka();
  clusters.push(cluster);
  return cluster;
}

async function backup(env: Record<string, string>): Promise<Snapshot> {
  const stdout = await mskBackup(['backup', '--config', BACKUP, '--json'], env);
  const { snapshots } = JSON.parse(stdout) as { snapshots: Snapshot[] };
  const [snapshot] = snapshots;
  if (snapshot?.kind !== 'complete') throw new Error('the backup made no complete snapshot');
  // A second backup in the same second would get the same TIMESTAMP.
  await sleep(1000);
  return snapshot;
}

async function fingerprints(cluster: KafkaCluster): Promise<Map<string, Fingerprint>> {
  const found = new Map<string, Fingerprint>();
  for (const topic of TOPICS) found.set(topic, await fingerprint(javaClient(cluster), topic));
  return found;
}

function step(title: string): void {
  console.log(`\n── ${title}`);
}
