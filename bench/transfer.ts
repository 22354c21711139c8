import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { KafkaCluster } from '../test/support/kafka/cluster.ts';
import { consume, produce } from './kafka-tools.ts';
import { type Cost, measure } from './measure.ts';
import { type Archive, archiveIn, backup, restore } from './ours.ts';
import type { DataSet } from './sets.ts';
import { createTopic, deleteTopic } from './topics.ts';

const RESTORES = {
  translate: { offsets: 'translate' },
  exact: { offsets: 'exact' },
  headers: { offsets: 'translate', include_original_offset_header: true },
};
type Restore = keyof typeof RESTORES;

export interface SetResult {
  set: DataSet;
  /** Bytes of the record batches. */
  bytes: number;
  sent: Cost;
  limit: Cost[];
  consumer: Cost[];
  backup: Cost[];
  restore: Record<Restore, Cost[]>;
}

/** A data set through Kafka's tools and ours, so many times. */
export async function measureTransfer(
  scratch: string,
  kafka: KafkaCluster,
  set: DataSet,
  rounds: number,
  say: (text: string) => void,
): Promise<SetResult> {
  const { classPath } = kafka;
  const servers = kafka.bootstrapServers.join(',');
  await createTopic(kafka, set.name, 4);
  say(`${set.name}: sending ${set.records} records`);
  const { name, records } = set;
  const sent = await produce(
    scratch,
    classPath,
    servers,
    name,
    records,
    set.producerArguments(scratch),
    set.producerProperties,
  );
  const result: SetResult = {
    set,
    bytes: 0,
    sent: { ...sent, seconds: sent.ownSeconds },
    limit: [],
    consumer: [],
    backup: [],
    restore: { translate: [], exact: [], headers: [] },
  };
  for (let round = 1; round <= rounds; round++) {
    say(`${name}: round ${round} of ${rounds}`);
    const raw = await measure(scratch, [process.execPath, join(import.meta.dirname, 'raw-fetch.ts'), servers, name]);
    result.limit.push({ ...raw, seconds: JSON.parse(raw.stdout).seconds });
    const consumed = await consume(scratch, classPath, servers, name, records);
    result.consumer.push({ ...consumed, seconds: consumed.ownSeconds });
    const archive = await archiveIn(join(scratch, 'archive', name));
    const saved = await backup(scratch, servers, [name], archive);
    result.bytes = saved.rawBytes;
    result.backup.push({ ...saved, seconds: saved.ownSeconds });
    for (const kind of inTurn(['translate', ...set.otherwise], round)) {
      result.restore[kind].push(await restoreOnce(scratch, kafka, name, archive, kind));
    }
  }
  await deleteTopic(kafka, name);
  return result;
}

/** Each is first once in a while: the broker is busy with what came before. */
function inTurn(kinds: Restore[], round: number): Restore[] {
  const first = (round - 1) % kinds.length;
  return [...kinds.slice(first), ...kinds.slice(0, first)];
}

async function restoreOnce(scratch: string, kafka: KafkaCluster, topic: string, archive: Archive, kind: Restore) {
  const target = `${topic}-${kind}`;
  const servers = kafka.bootstrapServers.join(',');
  const run = await restore(scratch, servers, { [topic]: target }, archive, RESTORES[kind]);
  await deleteTopic(kafka, target);
  // The broker takes the files away after it has answered, and the next run would wait for the same disk.
  await sleep(2_000);
  return { ...run, seconds: run.ownSeconds };
}
