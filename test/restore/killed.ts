import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { RestoreJob } from '../../runtime/src/config/job.ts';
import type { RestoreOptions } from '../../runtime/src/restore/run.ts';
import { startNode } from '../cli/run-cli.ts';

const CHILD = fileURLToPath(new URL('./restore-child.ts', import.meta.url));

/**
 * Runs a restore in a process of its own and kills it as soon as the condition holds.
 * @returns whether it was killed before it ended by itself
 */
export async function killedWhen(
  job: RestoreJob,
  reached: () => Promise<boolean>,
  options: RestoreOptions = {},
): Promise<boolean> {
  const { child, ended } = startRestore(job, options);
  const watching = (async () => {
    while (child.exitCode === null && child.signalCode === null) {
      if (await reached()) return child.kill('SIGKILL');
      await sleep(10);
    }
    return false;
  })();
  const [{ signal, stdout, stderr }] = await Promise.all([ended, watching]);
  if (signal !== 'SIGKILL' && !stdout.includes('done')) throw new Error(`the restore ended by itself:\n${stderr}`);
  return signal === 'SIGKILL';
}

/**
 * Runs a restore in a process of its own that kills itself at a step: see restore-child.ts.
 * @returns whether it was killed before it ended by itself
 */
export async function killedAt(job: RestoreJob, step: RegExp, options: RestoreOptions = {}): Promise<boolean> {
  const { signal, stdout, stderr } = await startRestore(job, options, step).ended;
  if (signal !== 'SIGKILL' && !stdout.includes('done')) throw new Error(`the restore ended by itself:\n${stderr}`);
  return signal === 'SIGKILL';
}

function startRestore(job: RestoreJob, options: RestoreOptions, step?: RegExp) {
  const plain = JSON.stringify({ ...job, partitionMapping: [...job.partitionMapping] });
  return startNode([CHILD, plain, JSON.stringify(options), step?.source ?? '']);
}
