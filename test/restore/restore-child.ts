/**
 * A restore in a process of its own, to be killed. Arguments: the job as JSON (its Maps as lists of entries), the options, and
 * optionally a regular expression: the process kills itself at the first step whose line matches (`stage NAME`, `note TEXT`,
 * `advance`). Prints `done` when it has ended by itself.
 */
import type { RestoreJob } from '../../runtime/src/config/job.ts';
import { runRestore } from '../../runtime/src/restore/run.ts';

const [job = '', options = '', fatal = ''] = process.argv.slice(2);
const parsed = JSON.parse(job) as RestoreJob & { partitionMapping: [number, number][] };

function step(line: string): void {
  if (fatal !== '' && new RegExp(fatal).test(line)) process.kill(process.pid, 'SIGKILL');
}

const { interrupted } = await runRestore(
  { ...parsed, partitionMapping: new Map(parsed.partitionMapping) },
  {
    signal: new AbortController().signal,
    progress: {
      stage: (name) => step(`stage ${name}`),
      advance: () => step('advance'),
      note: (_level, text) => step(`note ${text}`),
    },
  },
  JSON.parse(options),
);
process.stdout.write(interrupted ? 'interrupted\n' : 'done\n');
