import { join } from 'node:path';
import { startKafka } from '../test/support/kafka/cluster.ts';
import { produce } from './kafka-tools.ts';
import type { Cost } from './measure.ts';
import { archiveIn, backup, restore } from './ours.ts';
import { createTopic } from './topics.ts';

const PARTITIONS = 2000;
const RECORDS = 600_000;

/** The same orders over 2,000 partitions: memory must not grow with their number. */
export interface WideResult {
  partitions: number;
  records: number;
  backup: Cost;
  restore: Cost;
}

export async function measureWide(
  scratch: string,
  classPath: string,
  say: (text: string) => void,
): Promise<WideResult> {
  // Each log maps two index files, whose default size times 4,000 partitions is more than a small machine wants to map.
  const kafka = await startKafka({ heap: '2g', config: { 'log.index.size.max.bytes': '65536' } });
  try {
    const servers = kafka.bootstrapServers.join(',');
    say(`wide: creating ${PARTITIONS} partitions`);
    await createTopic(kafka, 'wide', PARTITIONS);
    say(`wide: sending ${RECORDS} records`);
    await produce(
      scratch,
      classPath,
      servers,
      'wide',
      RECORDS,
      ['--payload-file', join(scratch, 'orders.jsonl')],
      ['buffer.memory=268435456'],
    );
    const archive = await archiveIn(join(scratch, 'archive', 'wide'));
    say('wide: backup');
    const saved = await backup(scratch, servers, ['wide'], archive);
    say('wide: restore');
    const restored = await restore(scratch, servers, { wide: 'wide-restored' }, archive);
    return { partitions: PARTITIONS, records: RECORDS, backup: saved, restore: restored };
  } finally {
    await kafka.stop();
  }
}
