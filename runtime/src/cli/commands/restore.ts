import { MskBackupError } from '../../errors.ts';
import { meteredRestore } from '../../metrics/metered-restore.ts';
import { finishRestore } from '../../restore/finish.ts';
import { planRestore } from '../../restore/run.ts';
import { EXIT_CODES } from '../exit-codes.ts';
import type { CommonOptions } from '../options.ts';
import { readJob } from '../read-job.ts';
import { finishedText, planText, reportText } from '../restore-text.ts';
import { withRestoreAtTarget } from '../restored-groups.ts';
import type { Run } from '../run.ts';

interface Options extends CommonOptions {
  backupId?: string;
  verify?: 'read';
  dryRun?: boolean;
  recreate?: boolean;
  finish?: boolean;
  restore?: string;
}

/** `restore`: ends with `interrupted` when it was stopped, with `data` when reading back showed differences. */
export async function execute(run: Run<Options>): Promise<number> {
  const { options, context, log, print, metrics } = run;
  if (options.finish) return finish(run);
  if (options.restore !== undefined) {
    throw new MskBackupError('usage', 'USAGE', '--restore goes with --finish; see msk-backup restore --help');
  }
  const configured = await readJob(options, 'restore', log);
  const job = options.backupId === undefined ? configured : { ...configured, backupId: options.backupId };
  const { recreate = false } = options;
  if (options.dryRun || job.dryRun) {
    const plan = await planRestore(job, context, { recreate });
    print(plan, () => `${planText(plan)}\n\nNothing was written: this was a dry run.`);
    return EXIT_CODES.ok;
  }
  const report = await meteredRestore(job, context, { verifyRead: options.verify === 'read', recreate }, metrics);
  print(report, () => reportText(report));
  if (report.interrupted) return EXIT_CODES.interrupted;
  return report.readBack && report.readBack.differences.length > 0 ? EXIT_CODES.data : EXIT_CODES.ok;
}

async function finish(run: Run<Options>): Promise<number> {
  return withRestoreAtTarget(run, async ({ journal, client }) => {
    const topics = await finishRestore(journal, client, run.context.signal);
    run.print({ restoreId: journal.restoreId, topics }, () => finishedText(journal.restoreId, topics));
    return EXIT_CODES.ok;
  });
}
