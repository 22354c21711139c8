// npm run bench: this runtime beside Kafka's own tools, on the same data, broker and machine, in one run.
// Arguments: what to measure (default: all of json lz4 small wide exact s3), --rounds N (default 5), --no-write.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startKafka } from '../test/support/kafka/cluster.ts';
import { installKafka } from '../test/support/kafka/install.ts';
import { measureFar } from './far.ts';
import { measureHoles } from './holes.ts';
import { measureRemote } from './remote.ts';
import { resultsPage } from './results.ts';
import { dataSets, prepare } from './sets.ts';
import { measureTransfer, type SetResult } from './transfer.ts';
import { measureWide } from './wide.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string', default: '5' }, 'no-write': { type: 'boolean' } },
});
const names = [...dataSets.map(({ name }) => name), 'wide', 'exact', 's3'];
const unknown = positionals.find((name) => !names.includes(name));
if (unknown !== undefined) throw new Error(`${unknown} is none of ${names.join(', ')}`);
const wanted = (name: string) => positionals.length === 0 || positionals.includes(name);
const rounds = Number(values.rounds);
const scratch = await mkdtemp(join(tmpdir(), 'msk-backup-bench-'));
const say = (text: string) => process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${text}\n`);
try {
  const { classPath, version } = await installKafka();
  say('making the data');
  await prepare(scratch);
  const results: SetResult[] = [];
  const sets = dataSets.filter(({ name }) => wanted(name));
  if (sets.length > 0) {
    // What a round has written is to be gone before the next: else the disk has to take it, and later rounds wait for that.
    const kafka = await startKafka({ heap: '1g', config: { 'log.segment.delete.delay.ms': '0' } });
    try {
      for (const set of sets) results.push(await measureTransfer(scratch, kafka, set, rounds, say));
    } finally {
      await kafka.stop();
    }
  }
  const page = resultsPage(
    {
      sets: results,
      wide: wanted('wide') ? await measureWide(scratch, classPath, say) : undefined,
      holes: wanted('exact') ? await measureHoles(scratch, say) : undefined,
      far: wanted('exact') ? await measureFar(scratch, say) : undefined,
      remote: wanted('s3') ? await measureRemote(scratch, classPath, say) : undefined,
    },
    version,
    rounds,
  );
  process.stdout.write(page);
  if (!values['no-write']) await writeFile(join(import.meta.dirname, 'results.md'), page);
} finally {
  await rm(scratch, { recursive: true, force: true });
}
