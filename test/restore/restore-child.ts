/**
 * A restore in a process of its own, to be killed. Arguments: the job as JSON (its Maps as lists of entries), and the options.
 * Prints `done` when it has ended by itself.
 */
import type { RestoreJob } from '../../runtime/src/config/job.ts';
import { runRestore } from '../../runtime/src/restore/run.ts';

const [job = '', options = ''] = process.argv.slice(2);
const parsed = JSON.parse(job) as RestoreJob & { partitionMapping: [number, number][] };
const { interrupted } = await runRestore(
  { ...parsed, partitionMapping: new Map(parsed.partitionMapping) },
  { signal: new AbortController().signal, progress: { stage() {}, advance() {}, note() {} } },
  JSON.parse(options),
);
process.stdout.write(interrupted ? 'interrupted\n' : 'done\n');
