import type { StoredDrill } from '../../drill/run-drill.ts';
import { meteredDrill } from '../../metrics/metered-drill.ts';
import { drillText } from '../drill-text.ts';
import { EXIT_CODES } from '../exit-codes.ts';
import type { CommonOptions } from '../options.ts';
import { readJob } from '../read-job.ts';
import type { Run } from '../run.ts';

/** `drill`: ends with `data` when what was restored is otherwise than the archive or the drill failed, which its report says. */
export async function execute({ options, context, log, print, metrics }: Run<CommonOptions>): Promise<number> {
  const job = await readJob(options, 'restore', log);
  const drill: StoredDrill = await meteredDrill(job, context, metrics);
  print({ ...drill.report, stored: drill.stored }, () => drillText(drill));
  if (context.signal.aborted) return EXIT_CODES.interrupted;
  return drill.report.succeeded ? EXIT_CODES.ok : EXIT_CODES.data;
}
