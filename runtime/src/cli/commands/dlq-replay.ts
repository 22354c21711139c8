import { openQueue, runReplay } from '../../dlq/run-dlq.ts';
import type { DlqOptions } from '../dlq-commands.ts';
import { EXIT_CODES } from '../exit-codes.ts';
import { counted } from '../output.ts';
import { readJob } from '../read-job.ts';
import type { Run } from '../run.ts';

/** `dlq replay`: ends with `data` when messages are left that no repetition will replay. */
export async function execute({ options, context, log, print }: Run<DlqOptions>): Promise<number> {
  const job = await readJob(options, 'backup', log);
  const { dryRun = false, limit } = options;
  const queue = await openQueue(options.queue);
  const report = await runReplay(job, queue, { dryRun, ...(limit !== undefined && { limit }) }, context);
  print(report, () => {
    const { replayed, records, recordsFromArchive, repeated, left } = report;
    return [
      `${counted(replayed, 'message')} ${dryRun ? 'would be' : 'were'} replayed: ${counted(records, 'record')}, ${recordsFromArchive} of them from the archive`,
      ...(repeated > 0 ? [`${counted(repeated, 'message')} had been replayed before`] : []),
      ...(left.length > 0 ? [`${counted(left.length, 'message')} stay on the queue:`] : []),
      ...left.map(({ id, why }) => `  ${id}: ${why}`),
    ].join('\n');
  });
  if (report.interrupted) return EXIT_CODES.interrupted;
  return report.left.length > 0 ? EXIT_CODES.data : EXIT_CODES.ok;
}
