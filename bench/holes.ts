import { join } from 'node:path';
import { startKafka } from '../test/support/kafka/cluster.ts';
import { JavaClient } from '../test/support/kafka/java-client.ts';
import { randomNumbers } from './lines.ts';
import { archiveIn, backup, type RestoreRun, restore } from './ours.ts';

const PARTITIONS = 8;
const PRODUCERS = 4;
/** Of each producer. */
const TRANSACTIONS = 1320;
const ABORTED = 0.05;
const FILLERS = ['transactions', 'markers'] as const;

/** A topic that transactional producers wrote, restored with every record at its offset. */
export interface HolesResult {
  partitions: number;
  /** Runs of offsets without a record. */
  holes: number;
  /** Such offsets. */
  markers: number;
  runs: { filler: (typeof FILLERS)[number]; restore: RestoreRun }[];
}

export async function measureHoles(scratch: string, say: (text: string) => void): Promise<HolesResult> {
  const kafka = await startKafka({ heap: '1g' });
  try {
    const servers = kafka.bootstrapServers.join(',');
    const clients = Array.from({ length: PRODUCERS }, () => new JavaClient(kafka));
    say(`holes: ${PRODUCERS * TRANSACTIONS} transactions`);
    await sendTransactions(clients, 'holes');
    const source = await offsetsOf(clients[0]!, 'holes');
    const archive = await archiveIn(join(scratch, 'archive', 'holes'));
    await backup(scratch, servers, ['holes'], archive);
    const runs: HolesResult['runs'] = [];
    for (const filler of FILLERS) {
      say(`holes: restore with ${filler}`);
      const target = `holes-by-${filler}`;
      const options = { offsets: 'exact', fill_holes_with: filler };
      runs.push({ filler, restore: await restore(scratch, servers, { holes: target }, archive, options) });
      if ((await offsetsOf(clients[0]!, target)).join() !== source.join())
        throw new Error(`${target} has other offsets than the source`);
    }
    const markers = runs[0]!.restore.report.plan.markers ?? 0;
    // Each partition ends with a marker, so there is a hole behind every run of records.
    return { partitions: PARTITIONS, holes: runsOf(source), markers, runs };
  } finally {
    await kafka.stop();
  }
}

/**
 * Several producers at once, each with small transactions over partitions of its own: one that it commits leaves a hole in
 * each of them, one that it aborts makes the last hole longer.
 */
async function sendTransactions(clients: JavaClient[], topic: string): Promise<void> {
  await clients[0]!.createTopic(topic, { partitions: PARTITIONS });
  await Promise.all(
    clients.map(async (client, number) => {
      const random = randomNumbers(number);
      const producer = await client.producer({ 'transactional.id': `${topic}-${number}` });
      for (let transaction = 0; transaction < TRANSACTIONS; transaction++) {
        const length = (PARTITIONS / PRODUCERS) * (1 + Math.floor(random() * 4));
        const records = Array.from({ length }, (_, n) => ({
          partition: (number + n * PRODUCERS) % PARTITIONS,
          key: `${number}`,
          value: `reading ${transaction} of ${number}`,
        }));
        await producer.begin();
        await producer.send(topic, records);
        await (random() < ABORTED ? producer.abort() : producer.commit());
      }
    }),
  );
}

/** Of all records: partition and offset in one number. */
async function offsetsOf(client: JavaClient, topic: string): Promise<number[]> {
  const records = await client.readAll(topic);
  return records.map(({ partition, offset }) => partition * 2 ** 40 + offset);
}

function runsOf(offsets: number[]): number {
  return offsets.filter((offset, at) => offset !== (offsets[at - 1] ?? -1) + 1).length;
}
