import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readInt64, writeInt64 } from '../runtime/src/batch/header.ts';
import { walkBatches } from '../runtime/src/batch/walk.ts';
import { type KafkaCluster, startKafka } from '../test/support/kafka/cluster.ts';
import { javaClient } from '../test/support/kafka/java-client.ts';
import { archiveIn, backup, type RestoreRun, restore } from './ours.ts';

const LOG_START = 1_000_000_000;
const RECORDS = 1_000;

/** A partition whose first offset is far from 0, restored to exactly there. */
export interface FarResult {
  leadingOffsets: number;
  restore: RestoreRun;
}

export async function measureFar(scratch: string, say: (text: string) => void): Promise<FarResult> {
  const kafka = await startKafka({ heap: '1g' });
  try {
    const servers = kafka.bootstrapServers.join(',');
    const client = javaClient(kafka);
    await client.createTopic('far');
    const producer = await client.producer();
    await producer.send(
      'far',
      Array.from({ length: RECORDS }, (_, number) => ({ value: `${number}` })),
    );
    await moveLog(kafka, 'far-0', LOG_START);
    const [offsets] = await client.offsets('far');
    if (offsets?.start !== LOG_START) throw new Error(`the log starts at ${offsets?.start}`);
    const archive = await archiveIn(join(scratch, 'archive', 'far'));
    await backup(scratch, servers, ['far'], archive);
    say(`far: restore from offset ${LOG_START} on`);
    const run = await restore(scratch, servers, { far: 'far-again' }, archive, { offsets: 'exact' });
    const [again] = await client.offsets('far-again');
    if (again?.start !== LOG_START || again.end !== offsets.end)
      throw new Error(`restored to ${JSON.stringify(again)}, not ${JSON.stringify(offsets)}`);
    return { leadingOffsets: run.report.plan.leadingOffsets ?? 0, restore: run };
  } finally {
    await kafka.stop();
  }
}

/**
 * Gives a partition's log the place that it has after years, while its broker is down: the name of the segment says the
 * first offset, each batch has its own, and the file of leader epochs says where an epoch begins.
 */
async function moveLog(kafka: KafkaCluster, partition: string, by: number): Promise<void> {
  const [broker] = kafka.brokers;
  const directory = join(broker!.logDir, partition);
  await broker!.terminate();
  const segment = join(directory, `${'0'.repeat(20)}.log`);
  const log = await readFile(segment);
  for (const { start } of walkBatches(log, { topic: partition, partition: 0 }).batches)
    writeInt64(log, readInt64(log, start) + by, start);
  await writeFile(segment, log);
  await rename(segment, join(directory, `${String(by).padStart(20, '0')}.log`));
  for (const name of await readdir(directory))
    if (/\.(index|timeindex|txnindex|snapshot)$/.test(name)) await rm(join(directory, name));
  await writeFile(join(directory, 'leader-epoch-checkpoint'), `0\n1\n0 ${by}\n`);
  await broker!.start();
}
