import { join } from 'node:path';
import { startKafka } from '../test/support/kafka/cluster.ts';
import { startMinistack } from '../test/support/s3/emulator.ts';
import { produce } from './kafka-tools.ts';
import { backup, type OurRun, restore } from './ours.ts';
import { createTopic } from './topics.ts';

const RECORDS = 1_250_000;
const BUCKET = 'bench';

/** The lz4-compressed orders by way of S3: for the memory, since the emulator's speed is what it is. */
export interface RemoteResult {
  records: number;
  bytes: number;
  backup: OurRun;
  restore: OurRun;
}

export async function measureRemote(
  scratch: string,
  classPath: string,
  say: (text: string) => void,
): Promise<RemoteResult> {
  const s3 = await startMinistack();
  try {
    const kafka = await startKafka({ heap: '1g' });
    try {
      const servers = kafka.bootstrapServers.join(',');
      await createTopic(kafka, 'remote', 4);
      say(`s3: sending ${RECORDS} records`);
      const payload = ['--payload-file', join(scratch, 'orders.jsonl')];
      await produce(scratch, classPath, servers, 'remote', RECORDS, payload, ['compression.type=lz4']);
      await s3.createBucket(BUCKET);
      const archive = {
        storage: { backend: 's3', bucket: BUCKET, region: s3.region, endpoint: s3.endpoint, allow_http: true },
        env: s3.env,
      };
      say('s3: backup');
      const saved = await backup(scratch, servers, ['remote'], archive);
      say('s3: restore');
      const restored = await restore(scratch, servers, { remote: 'remote-restored' }, archive);
      return { records: RECORDS, bytes: saved.rawBytes, backup: saved, restore: restored };
    } finally {
      await kafka.stop();
    }
  } finally {
    await s3.stop();
  }
}
