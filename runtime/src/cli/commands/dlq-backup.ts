import { openQueue, runKeep } from '../../dlq/run-dlq.ts';
import type { DlqOptions } from '../dlq-commands.ts';
import { EXIT_CODES } from '../exit-codes.ts';
import { counted } from '../output.ts';
import { readJob } from '../read-job.ts';
import type { Run } from '../run.ts';

export async function execute({ options, context, log, print }: Run<DlqOptions>): Promise<number> {
  const job = await readJob(options, 'backup', log);
  const report = await runKeep(job, await openQueue(options.queue), context);
  print(
    report,
    () => `${counted(report.kept, 'message')} kept in ${report.location}, ${report.known} were there already`,
  );
  return report.interrupted ? EXIT_CODES.interrupted : EXIT_CODES.ok;
}
