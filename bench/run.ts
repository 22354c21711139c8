// npm run bench: this runtime beside Kafka's own tools, on the same data, broker and machine, in one run.
// Arguments: names of data sets (default: all), --rounds N (default 3), --no-write.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type KafkaCluster, startKafka } from '../test/support/kafka/cluster.ts';
import { installKafka } from '../test/support/kafka/install.ts';
import { consume, produce } from './kafka-tools.ts';
import { type Cost, measure } from './measure.ts';
import { backup, restore } from './ours.ts';
import { resultsPage, type SetResult } from './results.ts';
import { dataSets, prepare } from './sets.ts';
import { measureWide } from './wide.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '3' },
    'no-write': { type: 'boolean' },
    'no-wide': { type: 'boolean' },
  },
});
const rounds = Number(values.rounds);
const scratch = await mkdtemp(join(tmpdir(), 'msk-backup-bench-'));
const say = (text: string) => process.stderr.write(`${text}\n`);
let kafka: KafkaCluster | undefined;
try {
  const { classPath } = await installKafka();
  say('starting a broker and making the data');
  await prepare(scratch);
  kafka = await startKafka({ heap: '1g' });
  const servers = kafka.bootstrapServers.join(',');
  const results: SetResult[] = [];
  for (const set of dataSets.filter(({ name }) => positionals.length === 0 || positionals.includes(name))) {
    await createTopic(kafka, set.name);
    say(`${set.name}: sending ${set.records} records`);
    const sent = await produce(
      scratch,
      classPath,
      servers,
      set.name,
      set.records,
      set.producerArguments(scratch),
      set.producerProperties,
    );
    const runs: Record<'limit' | 'consumer' | 'backup' | 'restore', Cost[]> = {
      limit: [],
      consumer: [],
      backup: [],
      restore: [],
    };
    let bytes = 0;
    for (let round = 1; round <= rounds; round++) {
      say(`${set.name}: round ${round} of ${rounds}`);
      const raw = await measure(scratch, [
        process.execPath,
        join(import.meta.dirname, 'raw-fetch.ts'),
        servers,
        set.name,
      ]);
      runs.limit.push({ ...raw, seconds: JSON.parse(raw.stdout).seconds });
      const consumed = await consume(scratch, classPath, servers, set.name, set.records);
      runs.consumer.push({ ...consumed, seconds: consumed.ownSeconds });
      const archive = join(scratch, 'archive', set.name);
      const saved = await backup(scratch, servers, [set.name], archive);
      bytes = saved.rawBytes;
      runs.backup.push({ ...saved, seconds: saved.ownSeconds });
      const target = `${set.name}-restored-${round}`;
      const restored = await restore(scratch, servers, { [set.name]: target }, archive);
      runs.restore.push({ ...restored, seconds: restored.ownSeconds });
      await deleteTopic(kafka, target);
    }
    results.push({ set, bytes, sent: { ...sent, seconds: sent.ownSeconds }, ...runs });
    await deleteTopic(kafka, set.name);
  }
  await kafka.stop();
  const wide = values['no-wide'] ? undefined : await measureWide(scratch, classPath, say);
  const page = resultsPage(results, wide, kafka.version, rounds);
  process.stdout.write(page);
  if (!values['no-write']) await writeFile(join(import.meta.dirname, 'results.md'), page);
} finally {
  await kafka?.stop();
  await rm(scratch, { recursive: true, force: true });
}

async function createTopic(cluster: KafkaCluster, topic: string): Promise<void> {
  await topicCommand(cluster, ['--create', '--topic', topic, '--partitions', '4']);
}

async function deleteTopic(cluster: KafkaCluster, topic: string): Promise<void> {
  await topicCommand(cluster, ['--delete', '--topic', topic]);
}

async function topicCommand(cluster: KafkaCluster, args: string[]): Promise<void> {
  const at = ['--bootstrap-server', cluster.bootstrapServers.join(',')];
  const { code, stdout, stderr } = await cluster.tool('org.apache.kafka.tools.TopicCommand', [...at, ...args]);
  if (code !== 0) throw new Error(`${args.join(' ')}:\n${stdout}${stderr}`);
}
